// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The simulator as scripts see it: every order in which those who wait can go on is tried, and a profile's orders are its kernel's.
#include "sim_site.hpp"

#include <set>

#include "devlock/backend/sim/example.hpp"
#include "stage.hpp"
#include "support/catch.hpp"

using namespace fidelity;
namespace example = devlock::sim::example;

namespace {

// What `what` was answered in the end, in any order.
std::set<std::string> answers_of(const Script& script, const std::string& what, const devlock::sim::Profile& profile) {
  std::set<std::string> seen;
  Turns::Choices choices;
  for (bool more = true; more; more = Turns::instance().next(choices)) {
    Turns::instance().begin(choices);
    auto host = SimSite::Host::make(devlock::sim::example_blueprint().kernel(profile));
    REQUIRE(host.has_value());
    Context context;
    for (const auto address : {example::pair_root, example::edu_root}) {
      REQUIRE(host->probe(context.assume(), address).has_value());
    }
    SimSite site(*host);
    for (const Note& note :
         Stage<SimSite>(site, std::vector<Address>{example::edu}, std::vector<std::string>{"vfio-pci"}).run(script)) {
      if (note.what.find(what) != std::string::npos) {
        seen.insert(note.answer);
      }
    }
  }
  return seen;
}

}  // namespace

TEST_CASE("who waits for group_lock while a device closes finds the group in use in 6.1 only") {
  const Script script{{Op::open_all, 0, 0, 0, 0},
                      {Op::hold, 0, 0, 0, memory_lock},
                      {Op::close_device, 1, 0, 0, 0},
                      {Op::unset_container, 2, 0, 0, 0}};
  const std::string asked = "actor 2's unset_container";
  CHECK(answers_of(script, asked, devlock::sim::linux_6_12) == std::set<std::string>{"ok"});
  CHECK(answers_of(script, asked, devlock::sim::linux_6_1) == std::set<std::string>{"ok", "held EBUSY"});
}

TEST_CASE("a bind that waits while the override is cleared is refused in 6.12; in 6.1 both wait, in either order") {
  const Script script{
      {Op::open_all, 0, 0, 0, 0}, {Op::unbind, 0, 0, 0, 0}, {Op::bind, 1, 0, 0, 0}, {Op::clear_override, 2, 0, 0, 0}};
  const std::string asked = "actor 1's bind";
  CHECK(answers_of(script, asked, devlock::sim::linux_6_12) == std::set<std::string>{"gone ENODEV"});
  CHECK(answers_of(script, asked, devlock::sim::linux_6_1) ==
        std::set<std::string>{"gone ENODEV", "ok, then vfio-pci"});
}

TEST_CASE("a reset of a function waits for whoever brings it out of low power") {
  const Script script{
      {Op::set_override, 0, 0, 0, 0},   {Op::probe, 0, 0, 0, 0},         {Op::open_container, 0, 0, 0, 0},
      {Op::open_group, 0, 0, 0, 0},     {Op::set_container, 0, 0, 0, 0}, {Op::set_iommu, 0, 0, 0, 0},
      {Op::hold, 0, 0, 0, memory_lock}, {Op::open_device, 1, 0, 0, 0},   {Op::reset_function, 2, 0, 0, 0}};
  for (const auto& profile : devlock::sim::profiles) {
    CHECK(answers_of(script, "9. actor 2", profile) == std::set<std::string>{"blocks"});
    CHECK(answers_of(script, "actor 2's reset_function", profile) == std::set<std::string>{"ok"});
  }
}

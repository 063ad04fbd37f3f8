// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The simulator's mediated devices as scripts see them: a removal that waits, what is answered meanwhile, and what is left.
#include "sim_mdev_site.hpp"

#include <algorithm>

#include "devlock/backend/sim/example.hpp"
#include "mdev_desk.hpp"
#include "mdev_generator.hpp"
#include "stage.hpp"
#include "support/catch.hpp"

using namespace fidelity;

namespace {

Notes run(const Script& script, const devlock::sim::Profile& profile) {
  Turns::instance().begin({});
  auto simulator = SimMdevHost::Simulator::make(devlock::sim::example_blueprint().kernel(profile));
  REQUIRE(simulator.has_value());
  SimMdevHost host(*simulator, profile);
  REQUIRE(host.bus().register_parent("mtty", 2, {{"mtty-1", 1}, {"mtty-2", 2}}).has_value());
  SimMdevSite site(host, "mtty");
  Notes notes = Stage<SimMdevSite, MdevDesk>(site, std::vector<std::string>{"mtty-1", "mtty-2", "mtty-0"}).run(script);
  Context context;
  REQUIRE(host.bus().unregister_parent(context.assume(), "mtty").has_value());
  return notes;
}
std::string answer(const Notes& notes, const std::string& what) {
  const auto found = std::find_if(notes.begin(), notes.end(),
                                  [&](const Note& note) { return note.what.find(what) != std::string::npos; });
  return found == notes.end() ? "nothing" : found->answer;
}

}  // namespace

TEST_CASE("a removal waits for the open device, a second one does not, and its name and ports are taken meanwhile") {
  const Script script{{Op::open_all, 0, 0, 0, 0},    {Op::remove_mdev, 1, 0, 0, 0}, {Op::remove_mdev, 2, 0, 0, 0},
                      {Op::create_mdev, 0, 0, 0, 0}, {Op::create_mdev, 0, 1, 0, 1}, {Op::open_device, 0, 0, 1, 0},
                      {Op::status, 0, 0, 0, 0}};
  for (const auto& profile : devlock::sim::profiles) {
    const Notes notes = run(script, profile);
    CHECK(answer(notes, "1. ") == "ok, then it is there");
    CHECK(answer(notes, "2. ") == "blocks");
    CHECK(answer(notes, "3. ") == "gone ENOENT");
    CHECK(answer(notes, "4. ") == "held EEXIST");
    CHECK(answer(notes, "5. ") == "exhausted ENOSPC");
    CHECK(answer(notes, "6. ") == (profile.opens_while_unbinding ? "ok" : "gone ENODEV"));
    CHECK(answer(notes, "7. ") == "ok viable container");
    CHECK(answer(notes, "then actor 1's remove_mdev") == "ok, then it is not there");
    CHECK(answer(notes, "left: mdev 0") == "it is not there");
    CHECK(answer(notes, "left: the group of mdev 0") == "gone ENOENT");
    CHECK(answer(notes, "left: instances") == "2 of mtty-1");
  }
}

TEST_CASE("scripts are what their seed says, of 8 steps or more by 2 or 3 actors, on handles that there are") {
  for (std::uint64_t seed = 0; seed != 200; ++seed) {
    const Script script = MdevGenerator(seed, {}).draw();
    const Script again = MdevGenerator(seed, {}).draw();
    CHECK(std::equal(script.begin(), script.end(), again.begin(), again.end(), [](const Step& one, const Step& other) {
      return one.op == other.op && one.actor == other.actor && one.function == other.function &&
             one.handle == other.handle && one.choice == other.choice;
    }));
    CHECK(script.size() >= 8U);
    CHECK(script.size() <= 20U);
    CHECK(std::all_of(script.begin(), script.end(), [](const Step& step) {
      return step.actor < most_actors && step.function < mdevs && step.handle < handles &&
             step.choice < (step.op == Op::create_mdev ? MdevGenerator::types : 1U);
    }));
  }
}

TEST_CASE("an operation that is left out is in no script") {
  const std::array left_out{Op::remove_mdev};
  for (std::uint64_t seed = 0; seed != 50; ++seed) {
    const Script script = MdevGenerator(seed, left_out).draw();
    CHECK(std::none_of(script.begin(), script.end(), [](const Step& step) { return step.op == Op::remove_mdev; }));
  }
}

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A hot reset under the program's own locks: the scope out of the kernel's list, tried, asked again, and given back.
#include "devlock/backend/hot_reset.hpp"

#include <barrier>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "devlock/backend/sim/example.hpp"
#include "devlock/sync/std.hpp"
#include "support/catch.hpp"
#include "unit/backend/sim/support.hpp"

using namespace devlock;
using sim_test::answer;

namespace {
using Lock = DeviceLock<StdSync>;
using Tree = pci::Topology<Lock>;

constexpr pci::Address bridge{0, 0, 1, 0};
constexpr pci::Address one{0, 1, 0, 0};
constexpr pci::Address two{0, 1, 0, 1};
constexpr pci::Address below{0, 2, 0, 0};

// Another thread that has a lock until the end of the scope.
class Holder {
 public:
  explicit Holder(Lock::DevicePart& lock)
      : thread_([this, &lock] {
          vfio::ThreadContext root;
          Guard guard{root, lock};
          step_.arrive_and_wait();
          step_.arrive_and_wait();
        }) {
    step_.arrive_and_wait();
  }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;
  ~Holder() {
    step_.arrive_and_wait();
    thread_.join();
  }

 private:
  std::barrier<> step_{2};
  std::thread thread_;
};

struct Group {
  int id;
};
// Answers from a script, and tells what the caller held when it was asked.
struct Device {
  std::vector<std::vector<AffectedFunction>> lists;
  std::function<void(const char*)> asked = [](const char*) {};
  Result<void> outcome = {};
  std::size_t questions = 0;
  int resets = 0;

  [[nodiscard]] pci::Address address() const { return one; }
  Result<std::vector<AffectedFunction>> hot_reset_info(vfio::ContextFor<vfio::dev_set_lock>, std::size_t room) {
    asked("info");
    const auto& list = lists[std::min(questions++, lists.size() - 1)];
    if (list.empty() || list.size() > room) {
      return failure(make_error(Operation::hot_reset_info, to_string(one), ENODEV, "no bus", "another way"));
    }
    return list;
  }
  Result<void> hot_reset(vfio::ContextFor<vfio::dev_set_lock>, std::span<Group* const> groups) {
    asked("reset");
    CHECK(groups.size() == 1);
    ++resets;
    return outcome;
  }
};
// Who may wait for dev_set_lock may ask for it: not who has a memory_lock, and so not who has a config access block.
template <class Context>
concept may_reset = requires(const Context& context, Device& device, Group* const (&mine)[1], const Tree& tree) {
  try_hot_reset(context, device, mine, tree);
};
static_assert(may_reset<vfio::ThreadContext> && may_reset<vfio::ContextFor<vfio::dev_set_lock>>);
static_assert(may_reset<devlock::ContextFor<vfio::VfioOrder, vfio::open_device>>);
static_assert(!may_reset<vfio::ContextFor<vfio::igate>> && !may_reset<vfio::ContextFor<vfio::memory_lock>>);

struct Rig {
  Rig() {
    REQUIRE(tree.add(bridge) != nullptr);
    REQUIRE(tree.add(one, bridge) != nullptr);
    REQUIRE(tree.add(two, bridge) != nullptr);
    device.lists = {{{two, 7}, {one, 7}}};
  }
  Result<void> run() {
    Group* const mine[] = {&group};
    return try_hot_reset(root.assume(), device, mine, tree);
  }
  Lock& lock(pci::Address address) { return tree.find(address)->lock; }
  // Which of the device locks are free, as seen by another thread.
  std::string free() {
    std::string all;
    std::thread([&] {
      vfio::ThreadContext other;
      for (const pci::Address address : {bridge, one, two}) {
        TryGuard guard{other.assume(), lock(address).device()};
        all += guard ? '1' : '0';
      }
    }).join();
    return all;
  }

  Tree tree;
  Group group{7};
  Device device;
  vfio::ThreadContext root;
};
}  // namespace

TEST_CASE("the scope has the bridge first and then what the kernel lists, in the tree's order", "[hot_reset]") {
  Rig rig;
  const auto scope = hot_reset_scope(rig.tree, one, rig.device.lists[0]);
  REQUIRE(scope);
  CHECK(scope->has_bridge());
  CHECK(std::vector<pci::Address>(scope->affected().begin(), scope->affected().end()) == std::vector{one, two});
  CHECK(scope->locks()[0] == &rig.lock(bridge).device());
  CHECK(scope->locks()[2] == &rig.lock(two).device());
  // No more than what is listed, though the bus has more.
  const auto alone = hot_reset_scope(rig.tree, one, std::vector<AffectedFunction>{{one, 7}});
  REQUIRE(alone);
  CHECK(alone->affected().size() == 1);
}

TEST_CASE("a function without a lock of the program is not the program's", "[hot_reset]") {
  Rig rig;
  rig.device.lists = {{{one, 7}, {below, 9}}};
  const auto refused = rig.run();
  CHECK(answer(refused) == "EINVAL not owned");
  CHECK(refused.error().reason.find("0000:02:00.0") != std::string::npos);
  CHECK(rig.device.resets == 0);
  rig.device.lists = {{{two, 7}}};
  CHECK(answer(rig.run()) == "EINVAL not owned");
}

TEST_CASE("all device locks of the scope are held over the second question and the reset, and free after it",
          "[hot_reset]") {
  Rig rig;
  std::string seen;
  rig.device.asked = [&](const char* what) { seen += std::string(what) + ' ' + rig.free() + '\n'; };
  CHECK(answer(rig.run()) == "ok");
  CHECK(seen == "info 111\ninfo 000\nreset 000\n");
  CHECK(rig.free() == "111");
  CHECK(rig.device.resets == 1);
}

TEST_CASE("whatever lock of the scope another thread has, it is named, nothing is asked for, and the rest is free",
          "[hot_reset]") {
  for (const pci::Address address : {bridge, one, two}) {
    Rig rig;
    Holder holder(rig.lock(address).device());
    const auto refused = rig.run();
    INFO(to_string(address));
    CHECK(answer(refused) == "EAGAIN contended");
    CHECK(refused.error().reason.find("lock of " + to_string(address)) != std::string::npos);
    CHECK(rig.device.questions == 1);
    CHECK(rig.device.resets == 0);
    std::string expected = "111";
    expected[address == bridge ? 0 : address == one ? 1 : 2] = '0';
    CHECK(rig.free() == expected);
  }
}

TEST_CASE("a list that changed before its functions were locked is contention, and nothing was reset", "[hot_reset]") {
  using Lists = std::vector<std::vector<AffectedFunction>>;
  for (const Lists& lists : {Lists{{{one, 7}, {two, 7}}, {{one, 7}}}, Lists{{{one, 7}}, {{one, 7}, {two, 7}}},
                             Lists{{{one, 7}, {two, 7}}, {{one, 7}, {two, 8}}}}) {
    Rig rig;
    rig.device.lists = lists;
    const auto refused = rig.run();
    CHECK(answer(refused) == "EAGAIN contended");
    CHECK(refused.error().reason.find("changed") != std::string::npos);
    CHECK(rig.device.resets == 0);
    CHECK(rig.free() == "111");
  }
}

TEST_CASE("once an unplug of any of the functions was asked for, no hot reset begins", "[hot_reset]") {
  for (const pci::Address address : {bridge, one, two}) {
    for (const bool gone : {false, true}) {
      Rig rig;
      gone ? rig.lock(address).mark_gone() : void(rig.lock(address).revoke());
      const auto refused = rig.run();
      CHECK(answer(refused) == "ENODEV gone");
      CHECK(refused.error().reason.find(to_string(address) + (gone ? " left" : ": its unplug")) != std::string::npos);
      CHECK(rig.device.resets == 0);
      CHECK(rig.free() == "111");
    }
  }
}

TEST_CASE("an error of the kernel comes back as it is, with every lock given back", "[hot_reset]") {
  Rig rig;
  rig.device.outcome = failure(make_error(Operation::hot_reset, to_string(one), EBUSY, "memory", "wait"));
  CHECK(answer(rig.run()) == "EBUSY contended");
  CHECK(rig.free() == "111");
  rig.device.lists = {{{one, 7}}, {}};
  rig.device.questions = 0;
  CHECK(answer(rig.run()) == "ENODEV gone");
  CHECK(rig.free() == "111");
  rig.device.lists = {{}};
  CHECK(answer(rig.run()) == "ENODEV gone");
  CHECK(rig.device.resets == 1);
}

TEST_CASE("the simulator's pair resets under the program's locks", "[hot_reset]") {
  sim_test::Rig rig;
  rig.give(sim::example::pair_a, "vfio-pci");
  rig.give(sim::example::pair_b, "vfio-pci");
  auto session = rig.open(sim::example::pair_a);
  Tree tree;
  const auto info = rig.host.device(sim::example::pair_a);
  REQUIRE(info);
  REQUIRE(tree.add(info->bridges.back()) != nullptr);
  REQUIRE(tree.add(sim::example::pair_a, info->bridges.back()) != nullptr);
  sim::Group<StdSync>* const mine[] = {&session.group};
  rig.root.assume();
  Through through{rig.root, session.device};
  const auto reset = [&] {
    return try_hot_reset(through.assume(), session.device, mine, tree);
  };
  const auto refused = reset();  // the program has no lock for the other function
  CHECK(answer(refused) == "EINVAL not owned");
  REQUIRE(tree.add(sim::example::pair_b, info->bridges.back()) != nullptr);
  CHECK(answer(reset()) == "ok");
}

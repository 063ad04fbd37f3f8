// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
#include <mutex>

#include "unit/backend/sim/support.hpp"

using namespace sim_test;

namespace {

std::vector<sim::Observation> everything(Rig& rig) {
  std::vector<sim::Observation> all;
  for (const auto* function : rig.host.machine().functions()) {
    all.push_back(function->registers.observe());
  }
  return all;
}
auto& lock_of(Rig& rig, pci::Address address) {
  return rig.host.machine().find(address)->lock();
}

// Known to be bad (the first seed's patch as it first landed): saves before it has the locks, and restores even if it never
// got them.
template <class Context, class Target, class Scope>
Result<void> save_first_try_reset(const Context& context, Target& target, const Scope& scope)
    DEVLOCK_REQUIRES(context) {
  for (const pci::Address address : scope.affected()) {
    (void)target.save(address).has_value();
  }
  Result<void> outcome;
  {
    HierarchicalTryLock locked{context, scope};
    outcome =
        locked ? target.reset(scope) : failure(make_error(Operation::reset_function, "it", EAGAIN, "taken", "wait"));
  }
  for (const pci::Address address : scope.affected()) {
    (void)target.restore(address).has_value();
  }
  return outcome;
}

}  // namespace

TEST_CASE("a function reset resets that function and restores it") {
  Rig rig;
  rig.root.assume();
  const auto before = rig.observer.observe(example::card);
  const auto sibling = rig.observer.observe(example::switch_edu);
  REQUIRE(answer(rig.host.reset_function(rig.root, example::card)) == "ok");
  const auto after = rig.observer.observe(example::card);
  CHECK(after.config == before.config);
  CHECK(after.resets == before.resets + 1);
  CHECK(rig.observer.observe(example::switch_edu) == sibling);
}

TEST_CASE("a bridge has no function reset") {
  Rig rig;
  rig.root.assume();
  CHECK(answer(rig.host.reset_function(rig.root, example::downstream_a)) == "ENOTTY unsupported");
}

TEST_CASE("a bus reset resets all that is below the bridge and not the bridge") {
  Rig rig;
  const auto before = everything(rig);
  REQUIRE(answer(rig.host.try_reset_bus(example::upstream)) == "ok");
  for (const pci::Address below : {example::downstream_a, example::card, example::downstream_b, example::switch_edu}) {
    CHECK(rig.observer.observe(below).resets == 1);
  }
  for (const pci::Address outside : {example::switch_root, example::upstream, example::pair_a, example::edu}) {
    CHECK(rig.observer.observe(outside).resets == 0);
  }
  const auto after = everything(rig);
  for (std::size_t place = 0; place != before.size(); ++place) {
    CHECK(after[place].config == before[place].config);
  }
}

TEST_CASE("a bus reset needs a bridge") {
  Rig rig;
  CHECK(answer(rig.host.try_reset_bus(example::card)) == "ENOTTY unsupported");
}

TEST_CASE("a slot reset resets the functions of the slot together") {
  Rig rig;
  REQUIRE(answer(rig.host.try_reset_slot(example::pair_b)) == "ok");
  CHECK(rig.observer.observe(example::pair_a).resets == 1);
  CHECK(rig.observer.observe(example::pair_b).resets == 1);
  CHECK(rig.observer.observe(example::pair_root).resets == 0);
}

TEST_CASE("one taken lock of the scope makes a bus reset contended, and nothing is disturbed") {
  Rig rig;
  const auto before = everything(rig);
  const auto check = [&](auto& lock, const char* whose) {
    Elsewhere held(lock);
    const auto result = rig.host.try_reset_bus(example::upstream);
    CHECK(answer(result) == "EAGAIN contended");
    CHECK(result.error().object == whose);
    CHECK(rig.observer.held_locks().size() == 1);  // what was taken on the way was given back
  };
  check(lock_of(rig, example::upstream).device(), "0000:01:00.0");
  check(lock_of(rig, example::downstream_a).config(), "0000:02:00.0");
  check(lock_of(rig, example::card).device(), "0000:03:00.0");
  check(lock_of(rig, example::switch_edu).config(), "0000:04:00.0");
  CHECK(everything(rig) == before);
  const Elsewhere outside(lock_of(rig, example::switch_root).device());
  CHECK(answer(rig.host.try_reset_bus(example::upstream)) == "ok");
}

TEST_CASE("a slot reset is contended by its bridge and its other function") {
  Rig rig;
  for (const pci::Address taken : {example::pair_root, example::pair_a}) {
    const Elsewhere held(lock_of(rig, taken).device());
    CHECK(answer(rig.host.try_reset_slot(example::pair_b)) == "EAGAIN contended");
  }
  CHECK(answer(rig.host.try_reset_slot(example::pair_b)) == "ok");
}

TEST_CASE("VFIO_DEVICE_RESET takes the function's locks and not its bridge's, as Linux does") {
  Rig rig;
  rig.root.assume();
  rig.give(example::edu, "vfio-pci");
  auto session = rig.open(example::edu);
  {
    const Elsewhere bridge(lock_of(rig, example::edu_root).device());
    CHECK(answer(session.device.reset(rig.root)) == "ok");
  }
  const auto before = rig.observer.observe(example::edu);
  {
    const Elsewhere config(lock_of(rig, example::edu).config());
    const auto result = session.device.reset(rig.root);
    CHECK(answer(result) == "EAGAIN contended");
    CHECK(result.error().reason == "its lock is held by another thread");
  }
  CHECK(rig.observer.observe(example::edu) == before);
}

TEST_CASE("sysfs reset waits for the bridge and for the function") {
  Rig rig;
  for (const pci::Address taken : {example::edu_root, example::edu}) {
    std::string result;
    std::atomic<bool> released{false};
    bool early = true;
    std::thread resetter;
    {
      const Elsewhere held(lock_of(rig, taken).device());
      resetter = std::thread([&] {
        vfio::ThreadContext root;
        result = answer(rig.host.reset_function(root, example::edu));
        early = !released.load();
      });
      rig.observer.await_waiting_for_lock(example::edu, 1);
      released.store(true);
    }
    resetter.join();
    CHECK(result == "ok");
    CHECK_FALSE(early);
  }
  CHECK(rig.observer.observe(example::edu).resets == 2);
}

TEST_CASE("a try of a function is EAGAIN for its own locks, not for its bridge's, and ENOTTY without a reset") {
  Rig rig;
  const auto before = rig.observer.observe(example::edu);
  {
    const Elsewhere held(lock_of(rig, example::edu).config());
    CHECK(answer(rig.host.try_reset_function(example::edu)) == "EAGAIN contended");
  }
  CHECK(rig.observer.observe(example::edu) == before);
  const Elsewhere bridge(lock_of(rig, example::edu_root).device());
  CHECK(answer(rig.host.try_reset_function(example::edu)) == "ok");
  CHECK(answer(rig.host.try_reset_function(example::upstream)) == "ENOTTY unsupported");
  CHECK(answer(rig.host.try_reset_function({0, 9, 0, 0})) == "ENOENT gone");
}

TEST_CASE("a slot and a bus are waited for where a try is contended") {
  Rig rig;
  const auto waits_for = [&](pci::Address taken, pci::Address asked, auto operation) {
    std::string result;
    bool early = true;
    std::atomic<bool> released{false};
    std::thread resetter;
    {
      const Elsewhere held(lock_of(rig, taken).device());
      resetter = std::thread([&] {
        vfio::ThreadContext root;
        result = answer(operation(root));
        early = !released.load();
      });
      rig.observer.await_waiting_for_lock(asked, 1);
      released.store(true);
    }
    resetter.join();
    CHECK_FALSE(early);
    return result;
  };
  for (const pci::Address taken : {example::pair_root, example::pair_a, example::pair_b}) {
    CHECK(waits_for(taken, example::pair_b,
                    [&](auto& root) { return rig.host.reset_slot(root.assume(), example::pair_b); }) == "ok");
    CHECK(waits_for(taken, example::pair_root,
                    [&](auto& root) { return rig.host.reset_bus(root.assume(), example::pair_root); }) == "ok");
  }
  CHECK(rig.observer.observe(example::pair_a).resets == 6);
  CHECK(rig.observer.observe(example::pair_root).resets == 0);
  rig.root.assume();
  CHECK(answer(rig.host.reset_bus(rig.root, example::card)) == "ENOTTY unsupported");
  CHECK(answer(rig.host.reset_slot(rig.root, {0, 9, 0, 0})) == "ENOENT gone");
}

TEST_CASE("reset methods are tried in order: ENOTTY is for the next one, any other error is the answer") {
  constexpr pci::Address port{0, 0, 1, 0};
  constexpr pci::Address alone{0, 1, 0, 0};
  constexpr pci::Address other_port{0, 0, 2, 0};
  constexpr pci::Address first{0, 2, 0, 0};
  constexpr pci::Address second{0, 2, 0, 1};
  constexpr pci::Address bare{0, 0, 3, 0};
  using pci::ResetMethod;
  const auto with = [](pci::Address address, std::optional<pci::Address> bridge, std::vector<ResetMethod> methods) {
    return sim::FunctionSpec{
        .address = address, .bridge = bridge, .iommu_group = {}, .reset_methods = std::move(methods)};
  };
  sim::Blueprint plan;
  plan.root_port(port).root_port(other_port);
  plan.function(with(alone, port, {ResetMethod::pm, ResetMethod::bus}));
  plan.function(with(first, other_port, {ResetMethod::bus}))
      .function(with(second, other_port, {ResetMethod::bus, ResetMethod::pm}));
  plan.function(with(bare, {}, {}));
  auto host = sim::Host::make(plan);
  REQUIRE(host.has_value());
  Rig rig(std::move(*host));
  rig.root.assume();
  const auto reset = [&](pci::Address address) { return answer(rig.host.reset_function(rig.root.assume(), address)); };
  CHECK(reset(alone) == "ok");
  rig.host.inject(Operation::reset_function, alone, ENOTTY);
  CHECK(reset(alone) == "ok");  // pm did not, the bus did
  CHECK(rig.observer.observe(alone).resets == 2);
  rig.host.inject(Operation::reset_function, alone, ENOTTY, 2);
  CHECK(reset(alone) == "ENOTTY unsupported");
  rig.host.inject(Operation::reset_function, alone, EIO);
  CHECK(reset(alone) == "EIO failed");  // pm failed, and nothing else was tried
  CHECK(rig.observer.observe(alone).resets == 2);
  CHECK(rig.observer.observe(alone).saves == rig.observer.observe(alone).restores);
  // A bus that is shared is no reset of one of its functions.
  CHECK(reset(first) == "ENOTTY unsupported");
  CHECK(reset(second) == "ok");
  CHECK(rig.observer.observe(first).resets == 0);
  const auto untouched = rig.observer.observe(bare);
  CHECK(reset(bare) == "ENOTTY unsupported");
  CHECK(rig.observer.observe(bare) == untouched);
  CHECK_FALSE(rig.host.device(bare)->resettable);
}

TEST_CASE("a reset that fails restores what it saved and gives every lock back") {
  Rig rig;
  const auto before = everything(rig);
  rig.host.inject(Operation::reset_bus, example::card, EIO);
  CHECK(answer(rig.host.try_reset_bus(example::upstream)) == "EIO failed");
  const auto after = everything(rig);
  for (std::size_t place = 0; place != before.size(); ++place) {
    CHECK(after[place].config == before[place].config);
    CHECK(after[place].resets == 0);
    CHECK(after[place].saves == after[place].restores);
  }
  CHECK(rig.observer.held_locks().empty());
  CHECK(answer(rig.host.try_reset_bus(example::upstream)) == "ok");
}

TEST_CASE("a device reset that fails says which operation and leaves the device usable") {
  Rig rig;
  rig.root.assume();
  rig.give(example::edu, "vfio-pci");
  auto session = rig.open(example::edu);
  rig.host.inject(Operation::reset_device, example::edu, EIO, 2);
  CHECK(answer(session.device.reset(rig.root)) == "EIO failed");
  CHECK(session.device.reset(rig.root).error().operation == Operation::reset_device);
  CHECK(answer(session.device.reset(rig.root)) == "ok");
}

TEST_CASE("a restore without a save is refused and changes nothing") {
  Rig rig;
  sim::ResetTarget<StdSync> target(rig.host.machine(), Operation::reset_function);
  const auto before = rig.observer.observe(example::edu);
  CHECK(answer(target.restore(example::edu)) == "EIO failed");
  CHECK(rig.observer.observe(example::edu) == before);
}

TEST_CASE("the reset that saves before it has its locks is caught: the other's device is disturbed") {
  Rig rig;
  const auto scope = *rig.host.machine().tree().scope(pci::ScopeKind::function, example::edu);
  sim::ResetTarget<StdSync> target(rig.host.machine(), Operation::reset_function);
  const auto before = rig.observer.observe(example::edu);
  const Elsewhere held(lock_of(rig, example::edu).device());
  UncheckedContext<vfio::VfioOrder> root("a try");
  root.assume();
  REQUIRE(answer(pci::try_reset(root, target, scope)) == "EAGAIN contended");
  CHECK(rig.observer.observe(example::edu) == before);
  REQUIRE(answer(save_first_try_reset(root, target, scope)) == "EAGAIN contended");
  CHECK_FALSE(rig.observer.observe(example::edu) == before);
}

TEST_CASE("the onlooker sees a lock that is not given back") {
  Rig rig;
  {
    const Elsewhere held(lock_of(rig, example::card).config());
    CHECK(rig.observer.held_locks() == std::vector<std::string>{"config_access 0000:03:00.0"});
  }
  CHECK(rig.observer.held_locks().empty());
}

TEST_CASE("bus resets, slot resets and function resets race without a lost lock or a lost restore") {
  Rig rig;
  constexpr int rounds = 300;
  std::vector<std::thread> threads;
  std::atomic<int> unexpected{0};
  const auto run = [&](auto operation) {
    threads.emplace_back([&, operation] {
      vfio::ThreadContext root;
      for (int round = 0; round != rounds; ++round) {
        const std::string got = operation(root);
        unexpected += got == "ok" || got == "EAGAIN contended" ? 0 : 1;
      }
    });
  };
  run([&](auto&) { return answer(rig.host.try_reset_bus(example::upstream)); });
  run([&](auto&) { return answer(rig.host.try_reset_bus(example::downstream_a)); });
  run([&](auto&) { return answer(rig.host.try_reset_slot(example::card)); });
  run([&](auto& root) { return answer(rig.host.reset_function(root.assume(), example::card)); });
  for (auto& thread : threads) {
    thread.join();
  }
  CHECK(unexpected == 0);
  for (const auto& state : everything(rig)) {
    CHECK(state.saves == state.restores);
    CHECK_FALSE(state.saved);
    CHECK(state.config.bar != 0);
  }
  CHECK(rig.observer.observe(example::card).resets >= rounds);  // the waiting ones at least
}

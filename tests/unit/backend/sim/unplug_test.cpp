// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The first seed, live: an unbind holds the device lock and waits for a descriptor, whose holder asks for a reset. A thread that is
// blocked for ever fails the test by its time limit.
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>

#include "unit/backend/sim/support.hpp"

using namespace sim_test;

TEST_CASE(
    "while an unbind waits, the function shows no driver: another unbind finds none, and a probe looks without the "
    "lock") {
  Rig rig;
  rig.root.assume();
  rig.give(example::edu, "vfio-pci");
  auto session = rig.open(example::edu);
  std::string unbound;
  std::thread unbinder([&] {
    vfio::ThreadContext root;
    unbound = answer(rig.host.unbind(root, example::edu));
  });
  rig.observer.await_unbind_wait(example::edu);
  CHECK(rig.host.device(example::edu)->driver.empty());
  CHECK(answer(rig.host.unbind(rig.root, example::edu)) == "ENODEV gone");
  const auto probed = rig.host.probe(rig.root, example::edu);
  CHECK((probed && probed->empty()));
  CHECK(unbound.empty());
  CHECK(answer(session.device.close(rig.root)) == "ok");
  unbinder.join();
  CHECK(unbound == "ok");
}

TEST_CASE("while an unbind waits, a reset is contended at once, sysfs reset waits, and the close lets both go on") {
  Rig rig;
  rig.root.assume();
  rig.give(example::edu, "vfio-pci");
  auto session = rig.open(example::edu);
  REQUIRE(answer(session.device.watch_unplug(rig.root)) == "ok");
  const auto before = rig.observer.observe(example::edu);

  std::atomic<bool> closed{false};
  std::string unbound;
  std::string reset;
  bool unbound_early = true;
  bool reset_early = true;
  std::thread unbinder([&] {
    vfio::ThreadContext root;
    unbound = answer(rig.host.unbind(root, example::edu));
    unbound_early = !closed.load();
  });
  rig.observer.await_unbind_wait(example::edu);
  CHECK(*session.device.unplug_requested());
  CHECK(rig.host.machine().find(example::edu)->lock().life() == DeviceLife::revoking);

  std::thread resetter([&] {
    vfio::ThreadContext root;
    reset = answer(rig.host.reset_function(root, example::edu));
    reset_early = !closed.load();
  });
  rig.observer.await_waiting_for_lock(example::edu, 1);

  const auto contended = session.device.reset(rig.root);
  CHECK(answer(contended) == "EAGAIN contended");
  CHECK(contended.error().operation == Operation::reset_device);
  CHECK(contended.error().remedy == "close it");
  const auto refused = session.group.open_device(rig.root, example::edu);
  CHECK(answer(refused) == "ENODEV gone");
  CHECK(refused.error().reason == "the function is being unbound");
  CHECK(answer(rig.host.try_reset_bus(example::edu_root)) == "EAGAIN contended");
  CHECK(rig.observer.observe(example::edu) == before);  // nothing was disturbed
  CHECK(rig.observer.unbind_waits(example::edu));
  CHECK(rig.observer.waiting_for_lock(example::edu) == 1);

  closed.store(true);
  CHECK(answer(session.device.close(rig.root)) == "ok");
  unbinder.join();
  resetter.join();
  CHECK(unbound == "ok");
  CHECK_FALSE(unbound_early);
  CHECK(reset == "ok");
  CHECK_FALSE(reset_early);
  CHECK(rig.driver_of(example::edu).empty());
  CHECK(rig.observer.observe(example::edu).resets ==
        before.resets + 1);  // sysfs's; the one at the close found the lock taken
  CHECK_FALSE(rig.observer.unbind_waits(example::edu));
  CHECK(rig.host.machine().find(example::edu)->lock().life() == DeviceLife::live);
  rig.give(example::edu, "vfio-pci");
}

TEST_CASE("an unbind waits for the last of several descriptors") {
  Rig rig;
  rig.root.assume();
  rig.give(example::edu, "vfio-pci");
  auto session = rig.open(example::edu);
  auto second = std::make_unique<sim::Device<StdSync>>(rig.open_device(session.group, example::edu));
  std::atomic<bool> done{false};
  std::thread unbinder([&] {
    vfio::ThreadContext root;
    done = rig.host.unbind(root, example::edu).has_value();
  });
  rig.observer.await_unbind_wait(example::edu);
  REQUIRE(answer(session.device.close(rig.root)) == "ok");
  CHECK(answer(second->reset(rig.root)) == "EAGAIN contended");
  CHECK_FALSE(done.load());
  second.reset();  // the destructor closes as close() does
  unbinder.join();
  CHECK(done.load());
}

TEST_CASE("who begins to watch while an unbind waits is told at once") {
  Rig rig;
  rig.root.assume();
  rig.give(example::edu, "vfio-pci");
  auto session = rig.open(example::edu);
  std::thread unbinder([&] {
    vfio::ThreadContext root;
    (void)rig.host.unbind(root, example::edu).has_value();
  });
  rig.observer.await_unbind_wait(example::edu);
  CHECK(answer(session.device.watch_unplug(rig.root)) == "ok");
  CHECK(*session.device.unplug_requested());
  CHECK(answer(session.device.close(rig.root)) == "ok");
  unbinder.join();
}

TEST_CASE("an unbind of one function waits for that function's descriptors alone") {
  Rig rig;
  rig.root.assume();
  rig.give(example::pair_a, "vfio-pci");
  rig.give(example::pair_b, "vfio-pci");
  auto session = rig.open(example::pair_a);
  CHECK(answer(rig.host.unbind(rig.root, example::pair_b)) == "ok");
  CHECK(answer(session.device.reset(rig.root)) == "ok");
}

TEST_CASE("a function that goes back to its host driver while others reset ends in order") {
  Rig rig;
  rig.root.assume();
  constexpr int rounds = 40;
  int resets = 0;
  int contended = 0;
  int other = 0;
  for (int round = 0; round != rounds; ++round) {
    rig.give(example::card, "vfio-pci");
    auto session = rig.open(example::card);
    REQUIRE(answer(session.device.watch_unplug(rig.root)) == "ok");
    std::thread unbinder([&] {
      vfio::ThreadContext root;
      (void)rig.host.unbind(root, example::card).has_value();
    });
    std::thread bus([&] { (void)rig.host.try_reset_bus(example::downstream_a).has_value(); });
    while (!*session.device.unplug_requested()) {
      const std::string got = answer(session.device.reset(rig.root));
      ++(got == "ok" ? resets : got == "EAGAIN contended" ? contended : other);
      std::this_thread::yield();
    }
    contended += answer(session.device.reset(rig.root)) == "EAGAIN contended" ? 1 : 0;
    CHECK(answer(session.device.close(rig.root)) == "ok");
    unbinder.join();
    bus.join();
    CHECK(rig.driver_of(example::card).empty());
  }
  INFO(resets << " resets, " << contended << " contended");
  CHECK(other == 0);
  CHECK(contended >= rounds);  // at least the one after each request
  const auto state = rig.observer.observe(example::card);
  CHECK(state.saves == state.restores);
  CHECK_FALSE(state.saved);
}

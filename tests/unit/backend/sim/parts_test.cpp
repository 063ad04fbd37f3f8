// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
#include <thread>
#include <vector>

#include "devlock/backend/sim/config_space.hpp"
#include "devlock/backend/sim/driver.hpp"
#include "devlock/backend/sim/gauge.hpp"
#include "devlock/sync/std.hpp"
#include "support/catch.hpp"

using devlock::StdSync;
namespace sim = devlock::sim;

TEST_CASE("a leaf lets one thread in at a time and passes on what it is given") {
  const sim::Leaf<StdSync> leaf;
  int count = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i != 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n != 1000; ++n) {
        leaf.with([&] { ++count; });
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  CHECK(leaf.with([&] { return count; }) == 4000);
}

TEST_CASE("a gauge counts who is inside, and wakes who waits for that") {
  sim::Gauge<StdSync> gauge;
  auto first = gauge.enter();
  CHECK(gauge.value() == 1);
  std::thread waiter([&] { gauge.await_at_least(3); });
  auto second = gauge.enter();
  auto third = gauge.enter();
  waiter.join();
  first = std::move(second);  // the first one leaves
  CHECK(gauge.value() == 2);
  first.leave();
  first.leave();
  second.leave();
  CHECK(gauge.value() == 1);
  { const auto moved = std::move(third); }
  CHECK(gauge.value() == 0);
}

TEST_CASE("a reset takes a function back to power on, and a restore undoes that once") {
  sim::Registers<StdSync> registers;
  registers.assign(0x1000U);
  registers.enable();
  const auto before = registers.observe();
  CHECK(before.config == sim::ConfigSpace{sim::ConfigSpace::memory_and_master, 0x1000U});
  registers.save();
  CHECK(registers.observe().config.command == sim::ConfigSpace::intx_off);
  CHECK(registers.observe().saved);
  registers.reset();
  CHECK(registers.observe().config == sim::ConfigSpace{});
  CHECK(registers.restore());
  CHECK(registers.observe().config == before.config);
  CHECK_FALSE(registers.restore());
  const auto after = registers.observe();
  CHECK(after.saves == 1);
  CHECK(after.resets == 1);
  CHECK(after.restores == 1);
}

TEST_CASE("a reset without save and restore is seen") {
  sim::Registers<StdSync> registers;
  registers.assign(0x1000U);
  registers.reset();
  CHECK(registers.observe().config.bar == 0U);
}

TEST_CASE("a driver matches by ids, by class or by override") {
  const sim::Driver by_id{.name = "a", .ids = {{1, 2, 0}}, .manages_dma = false, .is_vfio = false};
  CHECK(by_id.matches(1, 2, 9, ""));
  CHECK_FALSE(by_id.matches(1, 3, 9, ""));
  CHECK_FALSE(by_id.matches(1, 2, 9, "b"));
  CHECK(by_id.matches(7, 7, 7, "a"));
  const sim::Driver by_class{.name = "b", .ids = {{0, 0, 9}}, .manages_dma = false, .is_vfio = false};
  CHECK(by_class.matches(1, 2, 9, ""));
  CHECK_FALSE(by_class.matches(1, 2, 8, ""));
  const sim::Driver by_override{.name = "c", .ids = {}, .manages_dma = true, .is_vfio = true};
  CHECK_FALSE(by_override.matches(1, 2, 9, ""));
  CHECK(by_override.matches(1, 2, 9, "c"));
}

TEST_CASE("a driver's name is a file name of sysfs") {
  CHECK(sim::valid_driver_name("vfio-pci"));
  for (const char* bad : {"", ".", "..", "a/b", "a b", "a\n", "\x7f"}) {
    CHECK_FALSE(sim::valid_driver_name(bad));
  }
  CHECK(sim::valid_driver_name(std::string(255, 'x')));
  CHECK_FALSE(sim::valid_driver_name(std::string(256, 'x')));
}

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// DeviceLock and its config-access block: mutual exclusion, memory order, the waiting and the trying way, and the life
// of the device.
#include "devlock/lock/device_lock.hpp"

#include "devlock/order/guard.hpp"
#include "devlock/order/try_guard.hpp"
#include "devlock/vfio/order.hpp"
#include "model/support/expect.hpp"
#include "model/support/watched_mutex.hpp"
#include "model/support/wrong_sync.hpp"

namespace {

using namespace model;
using devlock::DeviceLife;
using devlock::DeviceLock;
using devlock::Guard;
using devlock::TryGuard;
using devlock::check::mark;
using devlock::vfio::ThreadContext;

// Everybody waits for the config-access block and writes the same data.
template <class S, unsigned Threads>
struct Blockers {
  static constexpr unsigned threads = Threads;
  void thread(unsigned index) {
    ThreadContext root;
    Guard blocked{root, lock.config()};
    if (devlock::check::times_blocked() != 0) {
      mark("waited");
    }
    require(++inside == 1, "one blocker at a time");
    last.set(static_cast<int>(index));
    devlock::check::step();
    --inside;
  }
  DeviceLock<S> lock;
  devlock::RelacySync::var<int> last{-1};
  int inside = 0;
};
TEST_CASE("The config-access block lets one thread in and shows it what the one before wrote") {
  expect_verified<Blockers<devlock::RelacySync, 2>>("two blockers", {"waited"});
}
TEST_CASE("A relaxed unlock of the config-access block is found as a data race") {
  expect_found<Blockers<NoRelease, 2>>("config-access, relaxed unlock", Outcome::data_race, 10);
}
TEST_CASE("A relaxed try of the config-access block is found as a data race") {
  expect_found<Blockers<NoAcquire, 2>>("config-access, relaxed try", Outcome::data_race, 10);
}
TEST_CASE("An unlock of the config-access block that wakes nobody is found as a lost wakeup") {
  expect_found<Blockers<Silent, 2>>("config-access, no notification", Outcome::lost_wakeup, 1000);
}

// One thread waits for the whole lock, one tries it, one blocks config access alone.
struct ThreeWays {
  static constexpr unsigned threads = 3;
  ThreeWays() { forget_held_locks(); }
  void thread(unsigned index) {
    ThreadContext root;
    if (index == 0) {
      Guard both{root, lock};
      use(index);
    } else if (index == 1) {
      Guard blocked{root, lock.config()};
      config_data.set(1);
    } else {
      TryGuard both{root, lock};
      require(devlock::check::times_blocked() == 0, "a try never waits");
      if (both) {
        mark("took both");
        use(index);
      } else {
        mark(lock.device().native().holder() == nobody ? "config access was blocked" : "the device was locked");
        require(held_locks[index].size == 0, "both or nothing: device_lock was kept");
      }
    }
  }
  void use(unsigned index) {
    require(lock.device().native().holder() == static_cast<int>(index), "device_lock is held");
    lock.device().native().data().set(static_cast<int>(index));
    config_data.set(static_cast<int>(index));
  }
  void after() { require(lock.device().native().holder() == nobody, "device_lock is free"); }

  DeviceLock<WatchedSync> lock;
  devlock::RelacySync::var<int> config_data{-1};
};
TEST_CASE("Waiting, trying and blocking config access alone exclude each other, and a try takes both or nothing") {
  expect_verified<ThreeWays>("three ways", {"took both", "config access was blocked", "the device was locked"});
}

// V2: config access before device_lock. It does not compile without the escape hatch.
struct ConfigFirst {
  static constexpr unsigned threads = 2;
  void thread(unsigned index) {
    ThreadContext root;
    if (index == 0) {
      Guard both{root, lock};
    } else {
      Guard blocked{root, lock.config()};
      devlock::UncheckedContext<devlock::vfio::VfioOrder> unchecked("shows the deadlock of the wrong order");
      Guard device{unchecked, lock.device()};
    }
  }
  DeviceLock<devlock::RelacySync> lock;
};
TEST_CASE("Config access before device_lock is found as a deadlock (V2)") {
  expect_found<ConfigFirst>("V2, config access first", Outcome::deadlock, 1000);
}

// Two ask for the unplug, of which one is the first; a third sees the device go.
template <class S>
struct Unplug {
  static constexpr unsigned threads = 3;
  void thread(unsigned index) {
    if (index == 2) {
      if (lock.life() == DeviceLife::gone) {
        mark("saw it gone");
        require(why.get() == 7, "what was written before the device went");
      }
    } else if (lock.revoke()) {
      require(++first == 1, "one request is the first");
      why.set(7);
      lock.mark_gone();
    } else {
      mark("not the first");
    }
  }
  void after() {
    require(first == 1, "one request is the first");
    require(lock.life() == DeviceLife::gone, "the device is gone");
  }
  DeviceLock<S> lock;
  devlock::RelacySync::var<int> why{0};
  int first = 0;
};
TEST_CASE("One of two unplug requests is the first, and who sees the device gone sees what was written before") {
  expect_verified<Unplug<devlock::RelacySync>>("unplug", {"saw it gone", "not the first"});
}
TEST_CASE("A device marked gone without release is found as a data race") {
  expect_found<Unplug<NoRelease>>("unplug, relaxed", Outcome::data_race, 1000);
  expect_found<Unplug<NoAcquire>>("unplug, relaxed look", Outcome::data_race, 1000);
}

}  // namespace

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The two parts of a device's lock, and its life: made of a mutex and a block, which a script follows, and of one word.
// One thread plays two here, which the validator would take for what it is.
#define DEVLOCK_VALIDATE 0
#include "devlock/lock/device_lock.hpp"

#include <thread>
#include <type_traits>

#include "devlock/order/guard.hpp"
#include "devlock/order/try_guard.hpp"
#include "devlock/sync/std.hpp"
#include "devlock/vfio/order.hpp"
#include "support/catch.hpp"
#include "support/scripted_sync.hpp"

namespace {

using namespace devlock;
using test::ScriptedSync;
using Real = DeviceLock<StdSync>;
using Scripted = DeviceLock<ScriptedSync>;

struct Fixture {
  Fixture() { ScriptedSync::reset(); }
  std::string journal() { return ScriptedSync::journal.take(); }
  Scripted lock;
  vfio::ThreadContext root;
};

TEST_CASE_METHOD(Fixture, "A guard takes device_lock before the config-access block and gives back in reverse") {
  root.assume();
  { Guard guard{root, lock}; }
  REQUIRE(journal() == "+m ?c -c -m ");
}

TEST_CASE_METHOD(Fixture, "A try takes the parts in the same order") {
  root.assume();
  {
    TryGuard guard{root, lock};
    REQUIRE(guard);
  }
  REQUIRE(journal() == "?m ?c -c -m ");
}

TEST_CASE_METHOD(Fixture, "A try that finds device_lock taken leaves config access alone") {
  root.assume();
  Guard bind{root, lock.device()};
  journal();
  TryGuard guard{bind, lock};
  REQUIRE_FALSE(guard);
  REQUIRE(journal() == "!m ");
}

TEST_CASE_METHOD(Fixture, "A try that finds config access blocked gives device_lock back") {
  root.assume();
  Guard config{root, lock.config()};
  journal();
  {
    TryGuard guard{config, lock};
    REQUIRE_FALSE(guard);
    REQUIRE(journal() == "?m !c -m ");
  }
  REQUIRE(journal().empty());
  REQUIRE(ScriptedSync::journal.misuses == 0);
}

TEST_CASE_METHOD(Fixture, "A guard waits for the config-access block with device_lock held") {
  root.assume();
  Guard config{root, lock.config()};
  journal();
  // As another thread would: its root knows nothing of this thread's block, and Clang nothing of what happens during a wait.
  ScriptedSync::on_wait = [&]() DEVLOCK_UNANALYSED { config.release(); };
  const UncheckedContext<vfio::VfioOrder> other("the script ends the block while this one waits");
  Guard guard{other, lock};
  REQUIRE(journal() == "+m !c -c ?c ");
  REQUIRE(ScriptedSync::waits == 1);
}

TEST_CASE_METHOD(Fixture, "The parts are taken alone, device_lock first") {
  root.assume();
  Guard bind{root, lock.device()};
  Guard config{bind, lock.config()};
  REQUIRE(journal() == "+m ?c ");
  REQUIRE(std::is_same_v<decltype(config)::held, Held<vfio::VfioOrder, vfio::device_lock, vfio::config_access>>);
}

TEST_CASE_METHOD(Fixture, "Both classes join the set") {
  root.assume();
  Guard guard{root, lock};
  REQUIRE(std::is_same_v<decltype(guard)::held, Held<vfio::VfioOrder, vfio::device_lock, vfio::config_access>>);
}

// Whether another thread can take it now.
template <class Lock>
bool is_free(Lock& lock) {
  bool free = false;
  std::thread([&] {
    vfio::ThreadContext other;
    TryGuard guard{other, lock};
    free = guard.owns_lock();
  }).join();
  return free;
}
TEST_CASE("In one word, each part excludes itself and the whole, and leaves the other part free") {
  Real lock;
  vfio::ThreadContext root;
  {
    Guard bind{root, lock.device()};
    CHECK_FALSE(is_free(lock));
    CHECK_FALSE(is_free(lock.device()));
    CHECK(is_free(lock.config()));
  }
  {
    Guard blocked{root, lock.config()};
    CHECK_FALSE(is_free(lock));
    CHECK(is_free(lock.device()));
    CHECK_FALSE(is_free(lock.config()));
  }
  {
    Guard both{root, lock};
    CHECK_FALSE(is_free(lock.device()));
    CHECK_FALSE(is_free(lock.config()));
  }
  CHECK(is_free(lock));
}
TEST_CASE("In one word, the parts are given back in either order") {
  Real lock;
  vfio::ThreadContext root;
  Guard bind{root, lock.device()};
  {
    Guard blocked{bind, lock.config()};
    CHECK_FALSE(is_free(lock.config()));
  }
  CHECK(is_free(lock.config()));
  CHECK_FALSE(is_free(lock.device()));
  bind.release();
  CHECK(is_free(lock));
}

TEST_CASE("A device is live, then revoking, then gone") {
  Real lock;
  REQUIRE(lock.life() == DeviceLife::live);
  REQUIRE(lock.revoke());
  REQUIRE(lock.life() == DeviceLife::revoking);
  lock.mark_gone();
  REQUIRE(lock.life() == DeviceLife::gone);
}

TEST_CASE("Only the first request for an unplug revokes") {
  Real lock;
  REQUIRE(lock.revoke());
  REQUIRE_FALSE(lock.revoke());
  REQUIRE(lock.life() == DeviceLife::revoking);
  lock.mark_gone();
  REQUIRE_FALSE(lock.revoke());
  REQUIRE(lock.life() == DeviceLife::gone);
}

TEST_CASE("A device that is bound again is live and can be revoked again") {
  Real lock;
  REQUIRE(lock.revoke());
  lock.revive();
  REQUIRE(lock.life() == DeviceLife::live);
  REQUIRE(lock.revoke());
}

TEST_CASE("Of several threads that revoke a device one succeeds") {
  Real lock;
  std::atomic<int> winners{0};
  const auto work = [&] { winners += lock.revoke() ? 1 : 0; };
  std::thread one(work);
  std::thread two(work);
  work();
  one.join();
  two.join();
  REQUIRE(winners == 1);
}

TEST_CASE("Threads that wait for a device, for its parts or for both in turn all have their turns") {
  Real lock;
  long of_device = 0;  // plain on purpose
  long of_config = 0;
  constexpr int rounds = 5000;
  const auto both = [&] {
    vfio::ThreadContext root;
    for (int i = 0; i != rounds; ++i) {
      Guard guard{root, lock};
      ++of_device;
      ++of_config;
    }
  };
  const auto one_by_one = [&] {
    vfio::ThreadContext root;
    for (int i = 0; i != rounds; ++i) {
      Guard bind{root, lock.device()};
      ++of_device;
      Guard blocked{bind, lock.config()};
      ++of_config;
    }
  };
  const auto device = [&] {
    vfio::ThreadContext root;
    for (int i = 0; i != rounds; ++i) {
      Guard bind{root, lock.device()};
      ++of_device;
    }
  };
  const auto config = [&] {
    vfio::ThreadContext root;
    for (int i = 0; i != rounds; ++i) {
      Guard blocked{root, lock.config()};
      ++of_config;
    }
  };
  std::thread threads[] = {std::thread(both), std::thread(one_by_one), std::thread(device), std::thread(config)};
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(of_device == 3 * rounds);
  CHECK(of_config == 3 * rounds);
}

TEST_CASE("Threads that lock a device exclude each other, whether they wait or try") {
  Real lock;
  long sum = 0;
  const auto waiter = [&] {
    vfio::ThreadContext root;
    for (int i = 0; i != 5000; ++i) {
      Guard guard{root, lock};
      ++sum;
    }
  };
  const auto trier = [&] {
    vfio::ThreadContext root;
    for (int taken = 0; taken != 5000;) {
      TryGuard guard{root, lock};
      if (guard) {
        ++sum;
        ++taken;
      }
    }
  };
  std::thread one(waiter);
  std::thread two(trier);
  waiter();
  one.join();
  two.join();
  REQUIRE(sum == 15000);
}

}  // namespace

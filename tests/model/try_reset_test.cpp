// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// pci::try_reset as shipped, from two threads on overlapping scopes: only locked devices are touched, a failure leaves
// device state and locks as they were, restore if and only if save. Its wrong variants must be found.
#include "devlock/pci/reset.hpp"

#include "devlock/order/guard.hpp"
#include "model/support/expect.hpp"
#include "model/support/switch.hpp"

namespace {

using namespace model;
using devlock::DeviceLife;
using devlock::ErrorClass;
using devlock::Result;
using devlock::check::mark;
using devlock::vfio::ThreadContext;

using Lock = devlock::DeviceLock<WatchedSync>;

constexpr int running = 0;
constexpr int quiet = 1;
constexpr int erased = 2;

// A host of one switch. The state of a function is the data of its lock's mutex, so that touching it without the lock
// is a race; and the host looks itself whether the toucher holds the lock.
class Host {
 public:
  explicit Host(Switch<Lock>& host) : host_(&host) {}

  Result<void> check(const ResetScope<Lock>&) { return {}; }
  Result<void> save(Address address) {
    change(address, running, quiet);
    return {};
  }
  Result<void> reset(const ResetScope<Lock>& scope) {
    if (scope.has_bridge()) {
      locked(scope.address_of(0));  // the reset goes through the bridge
    }
    for (const Address address : scope.affected()) {
      change(address, quiet, erased);
    }
    return {};
  }
  Result<void> restore(Address address) {
    auto& state = locked(address).data();
    require(state.get() != running, "restore only after save");
    state.set(running);
    return {};
  }

 private:
  WatchedSync::mutex& locked(Address address) {
    Lock& lock = host_->tree.find(address)->lock;
    require(mutex_of(lock).holder() == self(), "only locked devices are touched");
    require(lock.life() != DeviceLife::gone, "a device that left is not touched");
    return mutex_of(lock);
  }
  void change(Address address, int from, int to) {
    auto& state = locked(address).data();
    require(state.get() == from, "each step follows the one before");
    state.set(to);
  }
  Switch<Lock>* host_;
};

// The algorithm as shipped.
struct TryReset {
  static Result<void> run(const ThreadContext& context, Host& host, const ResetScope<Lock>& scope)
      DEVLOCK_REQUIRES(context) {
    return devlock::pci::try_reset(context, host, scope);
  }
};

// V1: save before the trylock, and restore after it even if it failed.
struct SavesFirst {
  static Result<void> run(const ThreadContext& context, Host& host, const ResetScope<Lock>& scope)
      DEVLOCK_REQUIRES(context) {
    for (const Address address : scope.affected()) {
      (void)host.save(address);
    }
    Result<void> outcome = devlock::failure(devlock::make_error(devlock::Operation::reset_function, "", EAGAIN, ""));
    {
      devlock::HierarchicalTryLock locked{context, scope};
      if (locked) {
        outcome = host.reset(scope);
      }
    }
    for (const Address address : scope.affected()) {
      (void)host.restore(address);
    }
    return outcome;
  }
};

// Looks whether the devices are there, then locks them.
struct LooksBeforeLocking {
  static Result<void> run(const ThreadContext& context, Host& host, const ResetScope<Lock>& scope)
      DEVLOCK_REQUIRES(context) {
    if (auto live = devlock::pci::detail::refuse_unless_live(scope); !live) {
      return live;
    }
    devlock::HierarchicalTryLock locked{context, scope};
    if (!locked) {
      return devlock::failure(devlock::make_error(devlock::Operation::reset_function, "", EAGAIN, ""));
    }
    return devlock::pci::detail::reset_locked(locked, host, scope);
  }
};

template <class Algorithm, class Requests>
struct Resets {
  static constexpr unsigned threads = 2;
  Resets() { forget_held_locks(); }

  void reset(unsigned index) {
    ThreadContext root;
    Host host(*switch_);
    const Result<void> done = Algorithm::run(root, host, switch_->touched[index]);
    require(devlock::check::times_blocked() == 0, "try_reset never waits");
    require(held_locks[index].size == 0, "every lock is given back");
    if (done) {
      mark("reset");
    } else if (done.error().error_class == ErrorClass::contended) {
      mark("contended");
      require(done.error().error_number == EAGAIN, "contended is EAGAIN");
    } else {
      mark("gone");
      require(done.error().error_class == ErrorClass::gone && done.error().error_number == ENODEV, "gone is ENODEV");
    }
  }
  void thread(unsigned index) { reset(index); }
  void after() {
    for (auto* node : switch_->tree.walk()) {
      require(mutex_of(node->lock).holder() == nobody, "every lock is free");
      require(mutex_of(node->lock).data().get() == running, "device state is as it was");
    }
  }

  devlock::check::Untracked<SwitchWithScopes<Lock, Requests>> switch_;
};

struct ParentAndChild {
  static constexpr Request of_threads[] = {{ScopeKind::function, down0}, {ScopeKind::function, end0}};
};
struct BusAndEnd {
  static constexpr Request of_threads[] = {{ScopeKind::bus, down0}, {ScopeKind::function, end0}};
};

TEST_CASE("Two threads reset a function and the one below it: each resets all of its scope or touches nothing") {
  expect_verified<Resets<TryReset, ParentAndChild>>("function, function below", {"reset", "contended"});
}
TEST_CASE("Two threads reset a bus and a function on it: each resets all of its scope or touches nothing") {
  expect_verified<Resets<TryReset, BusAndEnd>>("bus, function on it", {"reset", "contended"});
}
TEST_CASE("A reset that saves before it has the locks disturbs a device that is not its own, and is found (V1)") {
  expect_found<Resets<SavesFirst, ParentAndChild>>("V1, saves first", Outcome::assertion, 10,
                                                   "only locked devices are touched");
}

// One thread resets, the other unplugs: asks for it, waits for the device, and takes it away.
template <class Algorithm>
struct Unplug : Resets<Algorithm, ParentAndChild> {
  void thread(unsigned index) {
    if (index == 0) {
      ThreadContext root;
      Lock& lock = this->switch_->tree.find(end0)->lock;
      lock.revoke();
      devlock::Guard device{root, lock.device()};
      lock.mark_gone();
    } else {
      this->reset(index);
    }
  }
};
TEST_CASE("A reset against an unplug is done, contended or refused because the device leaves") {
  expect_verified<Unplug<TryReset>>("reset, unplug", {"reset", "contended", "gone"});
}
TEST_CASE("A reset that looks for the device before it has the locks touches one that left, and is found") {
  expect_found<Unplug<LooksBeforeLocking>>("looks before locking", Outcome::assertion, 100000,
                                           "a device that left is not touched");
}

}  // namespace

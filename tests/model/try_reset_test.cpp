// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// pci::try_reset as shipped, from two threads on overlapping scopes: only locked devices are touched, a failure leaves
// device state and locks as they were, restore if and only if save. Its wrong variants must be found.
#include "model/catalogue/pci/reset_faults.hpp"

#include "model/support/expect.hpp"

namespace {

using namespace catalogue::pci;
using catalogue::ThreadContext;
using model::end0;
using model::expect_found;
using model::expect_verified;
using model::Outcome;

// Looks whether the devices are there, then locks them.
struct LooksBeforeLocking {
  template <class Context>
  static Result<void> run(const Context& context, Host& host, const ResetScope<Lock>& scope) DEVLOCK_REQUIRES(context) {
    if (auto live = devlock::pci::detail::refuse_unless_live(scope); !live) {
      return live;
    }
    devlock::HierarchicalTryLock locked{context, scope};
    return locked ? devlock::pci::detail::reset_locked(locked, host, scope) : contended();
  }
};

TEST_CASE("Two threads reset a function and the one below it: each resets all of its scope or touches nothing") {
  expect_verified<Resets<TryReset, ParentAndChild>>("function, function below", {"reset", "contended, rolled back"});
}
TEST_CASE("Two threads reset a bus and a function on it: each resets all of its scope or touches nothing") {
  expect_verified<Resets<TryReset, BusAndEnd>>("bus, function on it", {"reset", "contended, rolled back"});
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
  expect_verified<Unplug<TryReset>>("reset, unplug", {"reset", "contended, rolled back", "gone"});
}
TEST_CASE("A reset that looks for the device before it has the locks touches one that left, and is found") {
  expect_found<Unplug<LooksBeforeLocking>>("looks before locking", Outcome::assertion, 100000,
                                           "a device that left is not touched");
}

}  // namespace

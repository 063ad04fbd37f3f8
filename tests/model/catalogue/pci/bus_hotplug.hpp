// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A bus reset while a function comes to that bus or leaves it. The kernel locks, rolls back and unlocks by walking the live list
// of the bus: what came in between is unlocked without having been locked, what left in between stays locked. The library records what it
// took, looks under the locks whether the list is still the same, and then resets; a hot-add that holds the bridge keeps it so.
// Always: what a reset hits is locked; every unlock matches a lock; only functions that are there are touched.
// Source: pci_bus_lock, pci_bus_trylock, pci_bus_unlock in drivers/pci/pci.c.
#pragma once

#include "model/catalogue/pci/changing_bus.hpp"

namespace catalogue::pci {

struct RecordsWhatItTook {
  static Result<void> run(BusHost& host, const ResetScope<Lock>& scope) {
    ThreadContext root;
    return devlock::pci::try_reset(root, host, scope);
  }
};

/// Each wrong variant is the text below with one of these switched.
struct NoFault {
  static constexpr bool rollback_walks_the_list = false;  ///< pci_bus_trylock
  static constexpr bool unlock_walks_the_list = false;    ///< pci_bus_unlock
  static constexpr bool looks_at_the_life = true;
  static constexpr bool looks_under_the_locks = true;  ///< else before it has them
};
struct RollbackWalksTheList : NoFault {
  static constexpr bool rollback_walks_the_list = true;
};
struct UnlockWalksTheList : NoFault {
  static constexpr bool unlock_walks_the_list = true;
};
struct ResetsWhatLeft : NoFault {
  static constexpr bool looks_at_the_life = false;
};
struct LooksTooEarly : NoFault {
  static constexpr bool looks_under_the_locks = false;
};

template <class Fault>
struct ResetByHand {
  static Result<void> run(BusHost& host, const ResetScope<Lock>& scope) {
    ThreadContext root;
    Result<void> done = Fault::looks_under_the_locks ? Result<void>() : host.unchanged(scope);
    if (!done) {
      return done;
    }
    for (std::size_t place = 0; place != scope.locks().size(); ++place) {
      if (!devlock::LockAccess::try_lock(*scope.locks()[place])) {
        if (Fault::rollback_walks_the_list) {
          give_back(host.bus().list(root), scope.address_of(place));
        } else {
          give_back(scope, scope.address_of(place));
        }
        mark("contended further down, rolled back");
        return contended();
      }
    }
    const Unchecked locked("a walk by hand");
    if (Fault::looks_at_the_life) {
      done = devlock::pci::detail::refuse_unless_live(scope);
    }
    if (done && Fault::looks_under_the_locks) {
      done = host.unchanged(scope);
    }
    if (done) {
      done = devlock::pci::detail::reset_locked(locked, host, scope);
    }
    give_back(Fault::unlock_walks_the_list ? host.bus().list(root) : scope, std::nullopt);
    return done;
  }

 private:
  // Unlocks, the last one first, what is listed; with `until`, what is listed before that function.
  static void give_back(const ResetScope<Lock>& listed, std::optional<Address> until) {
    for (std::size_t place = listed.locks().size(); place != 0; --place) {
      if (!until || listed.address_of(place - 1) < *until) {
        devlock::LockAccess::unlock(*listed.locks()[place - 1]);
      }
    }
  }
};

template <class How>
struct BusReset {
  static constexpr const char* name = "bus reset";
  static void run(ChangingBus& bus) {
    ThreadContext root;
    BusHost host(bus);
    const ResetScope<Lock> scope = bus.list(root);
    const Result<void> done = How::run(host, scope);
    if (done) {
      mark(scope.affected().size() == 2 ? "reset both" : "reset one");
    } else {
      mark(done.error().error_class == ErrorClass::gone ? "gone" : "contended, rolled back");
    }
  }
};

template <class How, class Add>
using ResetAgainstHotAdd = OnTheBus<false, BusReset<How>, HotAdd<Add>>;
template <class How>
using ResetAgainstHotRemove = OnTheBus<true, BusReset<How>, HotRemove<false>>;
/// A function leaves that was taken, while one further down is somebody else's.
template <class How>
using ResetAgainstHotRemoveAndBind = OnTheBus<true, BusReset<How>, HotRemove<true>, HoldsPlugged>;

}  // namespace catalogue::pci

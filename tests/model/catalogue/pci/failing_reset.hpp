// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A reset whose save fails at one function, or that itself fails at one, at every place of its scope in turn, while another thread
// resets a part of that scope. Nothing that fails has changed the function at which it does.
// Always: what was saved is restored and nothing else, the locks are given back, the failure is reported.
// Source: pci_bus_save_and_disable_locked, pci_bus_restore_locked, __pci_reset_bus in drivers/pci/pci.c. There a save cannot fail;
// that it may is the contract of pci::ResetTarget.
#pragma once

#include "model/catalogue/pci/try_reset.hpp"

namespace catalogue::pci {

/// The first thread resets its scope once for each function of it, with `fails` failing there; the others reset theirs once.
template <class How, class Requests, Step fails>
struct FailsInTurn : Resets<How, Requests> {
  void thread(unsigned index) {
    if (index != 0) {
      this->reset(index);
      return;
    }
    for (std::size_t place = 0; place != this->switch_->touched[0].affected().size(); ++place) {
      this->reset(0, {fails, place});
    }
  }
};

enum class Slip {
  none,
  keeps_saved,            ///< a failed save returns at once: those before it stay quiet
  restores_one_too_many,  ///< after a failed save, the function whose save failed is restored too
  keeps_quiet,            ///< a failed reset returns at once: nothing is restored
  keeps_locks             ///< a failed reset returns with the locks
};

/// The steps of a reset by hand, with a mistake where one of them fails, or with none.
template <Slip slip>
struct Slips {
  template <class Context>
  static Result<void> run(const Context&, Host& host, const ResetScope<Lock>& scope) {
    const auto locks = scope.locks();
    for (std::size_t taken = 0; taken != locks.size(); ++taken) {
      if (!devlock::LockAccess::try_lock(*locks[taken])) {
        devlock::ReverseRollback::undo(locks, taken);
        return refused(EAGAIN, to_string(scope.address_of(taken)));
      }
    }
    const Result<void> done = locked(host, scope);
    if (slip != Slip::keeps_locks || done) {
      devlock::ReverseRollback::undo(locks, locks.size());
    }
    return done;
  }

 private:
  static Result<void> locked(Host& host, const ResetScope<Lock>& scope) {
    const auto affected = scope.affected();
    Result<void> done;
    std::size_t saved = 0;
    while (done && saved != affected.size()) {
      done = host.save(affected[saved]);
      saved += done ? 1 : 0;
    }
    const bool all_saved = static_cast<bool>(done);
    if (all_saved) {
      done = host.reset(scope);
    }
    if ((slip == Slip::keeps_saved && !all_saved) || (slip == Slip::keeps_quiet && all_saved && !done)) {
      return done;
    }
    const bool one_more = slip == Slip::restores_one_too_many && !all_saved;
    for (const Address address : affected.first(saved + (one_more ? 1 : 0))) {
      (void)host.restore(address);
    }
    return done;
  }
};

}  // namespace catalogue::pci

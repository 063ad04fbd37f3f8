// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The wrong variants of an error recovery: the text of pci::recover for a frozen channel, each with one mistake.
// Source: pcie_do_recovery in drivers/pci/pcie/err.c; pci_walk_bus in drivers/pci/bus.c.
#pragma once

#include "model/catalogue/pci/recovery.hpp"

namespace catalogue::pci {

/// Each has one of these switched.
struct RecoversWell {
  static constexpr bool waits_under_the_list = false;  ///< pci_walk_bus
  static constexpr bool takes_the_lock = true;
  static constexpr bool asks_what_left = false;
  static constexpr bool resets_first = false;
  static constexpr bool looks_once_what_is_there = false;
  static constexpr bool resumes_at_once = false;
  static constexpr bool resumes_nobody = false;
};
struct WaitsUnderTheBusList : RecoversWell {
  static constexpr bool waits_under_the_list = true;
};
struct TakesNoLock : RecoversWell {
  static constexpr bool takes_the_lock = false;
};
struct AsksWhatLeft : RecoversWell {
  static constexpr bool asks_what_left = true;
};
struct ResetsFirst : RecoversWell {
  static constexpr bool resets_first = true;
};
struct LooksOnce : RecoversWell {
  static constexpr bool looks_once_what_is_there = true;
};
struct ResumesAtOnce : RecoversWell {
  static constexpr bool resumes_at_once = true;
};
struct ResumesNobody : RecoversWell {
  static constexpr bool resumes_nobody = true;
};

template <class Fault>
class RecoversByHand {
 public:
  static Result<RecoveryVote> run(RecoveryHost& host, const ResetScope<Lock>& scope) {
    if (Fault::resets_first) {
      if (auto done = reset(host, scope); !done) {
        return devlock::failure(std::move(done).error());
      }
    }
    RecoveryVote vote = ask_all(host, scope, RecoveryVote::can_recover,
                                [&](Address address) { return host.error_detected(address, Channel::frozen); });
    if (!Fault::resets_first) {
      if (auto done = reset(host, scope); !done) {
        return devlock::failure(std::move(done).error());
      }
    }
    const auto resume = [&](Address address) {
      if (!Fault::resumes_nobody) {
        host.resume(address);
      }
      return RecoveryVote::none;
    };
    const bool needs_reset = vote == RecoveryVote::need_reset;
    vote = ask_all(host, scope, RecoveryVote::recovered, [&](Address address) {
      const RecoveryVote one = needs_reset ? host.slot_reset(address) : host.mmio_enabled(address);
      if (Fault::resumes_at_once && one == RecoveryVote::recovered) {
        resume(address);
      }
      return one;
    });
    if (!Fault::resumes_at_once && vote == RecoveryVote::recovered) {
      (void)ask_all(host, scope, vote, resume);
    }
    return vote;
  }

 private:
  static Result<void> reset(RecoveryHost& host, const ResetScope<Lock>& scope) {
    ThreadContext root;
    return Fault::looks_once_what_is_there ? devlock::pci::reset(root, host, devlock::pci::detail::still_there(scope))
                                           : devlock::pci::detail::reset_what_is_there(root, host, scope);
  }
  template <class Ask>
  static RecoveryVote ask_all(RecoveryHost& host, const ResetScope<Lock>& scope, RecoveryVote vote, const Ask& ask) {
    if constexpr (Fault::waits_under_the_list) {
      ThreadContext root;
      const devlock::SharedGuard walking{root, host.bus().list_lock()};
      return ask_each(scope, vote, ask);
    } else {
      return ask_each(scope, vote, ask);
    }
  }
  template <class Ask>
  static RecoveryVote ask_each(const ResetScope<Lock>& scope, RecoveryVote vote, const Ask& ask) {
    for (std::size_t place = 1; place != scope.locks().size(); ++place) {
      Lock& lock = *scope.locks()[place];
      const auto visit = [&] {
        if (Fault::asks_what_left || lock.life() != devlock::DeviceLife::gone) {
          vote = merge(vote, ask(scope.address_of(place)));
        }
      };
      if constexpr (Fault::takes_the_lock) {
        const Unchecked below("pci_walk_bus: device_lock under pci_bus_sem");
        const devlock::Guard one{below, lock.device()};
        visit();
      } else {
        visit();
      }
    }
    return vote;
  }
};

}  // namespace catalogue::pci

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Error recovery of what is below a bridge: the drivers are told, the bus is reset if the channel is frozen, and the drivers say whether
// they can go on. Linux walks the live bus list with pci_bus_sem held and waits for each device_lock under it, while a reset reads
// pci_bus_sem under device_lock. Here the functions are those of a scope, listed before, and one device_lock at a time is held.
//
//   auto vote = pci::recover(context, target, *tree.scope(pci::ScopeKind::subordinate, port), pci::Channel::frozen);
//
// Not checked: that a driver's answer is true. An unbind that waits for an open descriptor holds its device_lock, and a recovery
// waits for it as in Linux.
// Source: pcie_do_recovery in drivers/pci/pcie/err.c.
#pragma once

#include "devlock/order/guard.hpp"
#include "devlock/pci/reset.hpp"

namespace devlock::pci {

/// What a driver answers, and what all answers come to. As enum pci_ers_result.
enum class RecoveryVote { none, can_recover, need_reset, disconnect, recovered, no_driver };

constexpr const char* to_string(RecoveryVote vote) {
  switch (vote) {
    case RecoveryVote::none:
      return "none";
    case RecoveryVote::can_recover:
      return "can recover";
    case RecoveryVote::need_reset:
      return "needs a reset";
    case RecoveryVote::disconnect:
      return "disconnect";
    case RecoveryVote::recovered:
      return "recovered";
    case RecoveryVote::no_driver:
      return "a driver without error handling";
  }
  return "unknown";
}

/// Two answers together; `so_far` is that of the functions before.
constexpr RecoveryVote merge(RecoveryVote so_far, RecoveryVote next) {
  if (next == RecoveryVote::no_driver || next == RecoveryVote::none) {
    return next == RecoveryVote::none ? so_far : next;
  }
  switch (so_far) {
    case RecoveryVote::can_recover:
    case RecoveryVote::recovered:
      return next;
    case RecoveryVote::disconnect:
      return next == RecoveryVote::need_reset ? next : so_far;
    default:
      return so_far;
  }
}

/// Can the functions still be reached?
enum class Channel { normal, frozen };

/// A reset target whose drivers can be asked. Each is called with the function's device_lock held.
template <class T, class Lock>
concept RecoveryTarget = ResetTarget<T, Lock> && requires(T& target, Address address, Channel channel, Lock& lock) {
  { target.error_detected(address, channel) } -> std::same_as<RecoveryVote>;
  { target.mmio_enabled(address) } -> std::same_as<RecoveryVote>;
  { target.slot_reset(address) } -> std::same_as<RecoveryVote>;
  {target.resume(address)};
  lock.device();
};

namespace detail {
// Asks the functions that are there, one after the other, each under its own lock.
template <class Context, class Lock, class Ask>
RecoveryVote ask_all(const Context& context, const ResetScope<Lock>& scope, RecoveryVote vote, const Ask& ask)
    DEVLOCK_REQUIRES(context) {
  for (std::size_t place = scope.has_bridge() ? 1 : 0; place != scope.locks().size(); ++place) {
    Lock& lock = *scope.locks()[place];
    Guard one{context, lock.device()};
    if (lock.life() != DeviceLife::gone) {
      vote = merge(vote, ask(scope.address_of(place)));
    }
  }
  return vote;
}

// What of a scope is still there: the rest is not asked, and does not keep the others from their reset.
template <class Lock>
ResetScope<Lock> still_there(const ResetScope<Lock>& scope) {
  ResetScope<Lock> there(scope.kind(), scope.target());
  for (std::size_t place = 0; place != scope.locks().size(); ++place) {
    Lock& lock = *scope.locks()[place];
    if (place == 0 && scope.has_bridge()) {
      there.add_bridge(scope.address_of(place), lock);
    } else if (lock.life() != DeviceLife::gone) {
      there.add(scope.address_of(place), lock);
    }
  }
  return there;
}

// What leaves while the reset waits for its locks is left out too. Ends, for each round has fewer functions.
template <class Context, class Target, class Lock>
Result<void> reset_what_is_there(const Context& context, Target& target, const ResetScope<Lock>& scope)
    DEVLOCK_REQUIRES(context) {
  for (ResetScope<Lock> there = still_there(scope);;) {
    Result<void> done = reset(context, target, there);
    if (done || done.error().error_class != ErrorClass::gone) {
      return done;
    }
    ResetScope<Lock> rest = still_there(there);
    if (rest.affected().size() == there.affected().size()) {
      return done;
    }
    there = std::move(rest);
  }
}
}  // namespace detail

/// Recovers what `scope` affects, a subordinate one as a rule. The result is `recovered`, or the vote that stood in its way; the error
/// that of the reset. The drivers are resumed only after `recovered`. EAGAIN of a target that has `unchanged`: a function came meanwhile,
/// whose driver knows of nothing; list again and recover again, all are told anew.
template <LockContext Context, class Target, class Lock>
requires RecoveryTarget<Target, Lock> && devlock::detail::permitted<detail::reset_verdict<Context, Target, Lock>>
    Result<RecoveryVote> recover(const Context& context, Target& target, const ResetScope<Lock>& scope, Channel channel)
DEVLOCK_REQUIRES(context) {
  RecoveryVote vote = detail::ask_all(context, scope, RecoveryVote::can_recover,
                                      [&](Address address) { return target.error_detected(address, channel); });
  if (channel == Channel::frozen) {
    if (auto done = detail::reset_what_is_there(context, target, scope); !done) {
      return failure(std::move(done).error());
    }
  }
  if (vote == RecoveryVote::can_recover) {
    vote = detail::ask_all(context, scope, RecoveryVote::recovered,
                           [&](Address address) { return target.mmio_enabled(address); });
  }
  if (vote == RecoveryVote::need_reset) {
    vote = detail::ask_all(context, scope, RecoveryVote::recovered,
                           [&](Address address) { return target.slot_reset(address); });
  }
  if (vote == RecoveryVote::recovered) {
    (void)detail::ask_all(context, scope, vote, [&](Address address) {
      target.resume(address);
      return RecoveryVote::none;
    });
  }
  return vote;
}

}  // namespace devlock::pci

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The reset algorithm, one text for every host, scope and way of locking: can it be reset at all → lock the whole scope or report
// contention → is the scope still what is there → save and quiesce → reset → restore → unlock. Nothing is touched before the
// locks are held, and a failure leaves device state and locks as they were.
//
//   auto scope = tree.scope(pci::ScopeKind::function, address);
//   if (auto done = pci::try_reset(context, target, *scope); !done) report(to_string(done.error()));
//
// Not checked: that the target resets no more than the scope says.
// Source: pci_try_reset_function, pci_reset_function, pci_try_reset_bus in drivers/pci/pci.c.
#pragma once

#include "devlock/backend/classify.hpp"
#include "devlock/lock/device_lock.hpp"
#include "devlock/lock/hierarchical_lock.hpp"
#include "devlock/lock/hierarchical_try_lock.hpp"
#include "devlock/order/lifetime.hpp"
#include "devlock/pci/reset_scope.hpp"

namespace devlock::pci {

namespace detail {
// Stands for the guard of the locked scope where only the shape of a target is looked at.
struct AnyContext {
  template <class Order, class X>
  operator ContextFor<Order, X>() const;  // NOLINT(google-explicit-constructor)
};
}  // namespace detail

/// What a reset is performed on. `check` answers whether the scope can be reset and changes nothing; `unchanged`, which a target may
/// leave out, answers with the locks held whether the scope still lists what is there (EAGAIN if not); `save` keeps a
/// function's state and quiesces it; `reset` resets what the scope affects; `restore` puts the state back. A target whose
/// kernel does save and restore by itself makes them succeed without an action, and says so. A `reset` that waits for a lock class
/// takes a ContextFor that class before the scope, and is given that of the locked scope.
template <class T, class Lock>
concept ResetTarget = requires(T& target, const ResetScope<Lock>& scope, Address address) {
  { target.check(scope) } -> std::same_as<Result<void>>;
  { target.save(address) } -> std::same_as<Result<void>>;
  { target.restore(address) } -> std::same_as<Result<void>>;
} && (requires(T& target, const ResetScope<Lock>& scope) {
  { target.reset(scope) } -> std::same_as<Result<void>>;
} || requires(T& target, const ResetScope<Lock>& scope, detail::AnyContext context) {
  { target.reset(context, scope) } -> std::same_as<Result<void>>;
});

constexpr Operation reset_operation(ScopeKind kind) {
  switch (kind) {
    case ScopeKind::function:
    case ScopeKind::physical: return Operation::reset_function;
    case ScopeKind::slot: return Operation::reset_slot;
    case ScopeKind::bus:
    case ScopeKind::subordinate: return Operation::reset_bus;
  }
  return Operation::reset_function;
}

namespace detail {
// The locks are held, by `locked`: save all, reset, restore what was saved, from the top down: what is below a bridge is reached only
// once the bridge has its bus numbers again. Source: pci_bus_restore_locked in drivers/pci/pci.c.
template <class Context, class Target, class Lock>
Result<void> reset_locked(const Context& locked, Target& target, const ResetScope<Lock>& scope)
    DEVLOCK_REQUIRES(locked) {
  const auto affected = scope.affected();
  Result<void> outcome;
  std::size_t saved = 0;
  while (outcome && saved != affected.size()) {
    outcome = target.save(affected[saved]);
    saved += outcome ? 1 : 0;
  }
  if (outcome) {
    if constexpr (requires { target.reset(scope); }) {
      outcome = target.reset(scope);
    } else {
      outcome = target.reset(locked, scope);
    }
  }
  for (const Address address : affected.first(saved)) {
    auto restored = target.restore(address);
    if (outcome && !restored) {
      outcome = std::move(restored);
    }
  }
  return outcome;
}

template <class Lock>
Result<void> refuse_unless_live(const ResetScope<Lock>& scope) {
  for (std::size_t place = 0; place != scope.locks().size(); ++place) {
    const DeviceLife life = scope.locks()[place]->life();
    if (life != DeviceLife::live) {
      return failure(Error{reset_operation(scope.kind()), to_string(scope.address_of(place)), ENODEV, ErrorClass::gone,
                           life == DeviceLife::gone ? "the device left" : "its unplug was asked for",
                           "close its descriptors and give it back"});
    }
  }
  return {};
}
}  // namespace detail

namespace detail {
// How the locks of a scope are taken: all at once or not at all, or waited for.
struct Trying {
  template <class Context, class Lock>
  using Walk = HierarchicalTryLock<devlock::detail::try_verdict<typename Context::held, Lock>, Lock>;
};
struct Waiting {
  template <class Context, class Lock>
  using Walk = HierarchicalLock<devlock::detail::walk_verdict<typename Context::held, Lock>, Lock>;
};

// The algorithm.
template <class Way, class Context, class Target, class Lock>
Result<void> reset_by(const Context& context, Target& target, const ResetScope<Lock>& scope) DEVLOCK_REQUIRES(context) {
  if (auto possible = target.check(scope); !possible) {
    return possible;
  }
  typename Way::template Walk<Context, Lock> locked{context, scope};
  if constexpr (requires { locked.contended_at(); }) {
    if (!locked) {
      return failure(make_error(reset_operation(scope.kind()), to_string(scope.address_of(locked.contended_at())),
                                EAGAIN, "its lock is held by another thread", "try again once that operation is done"));
    }
  }
  if (auto live = refuse_unless_live(scope); !live) {
    return live;
  }
  if constexpr (requires { target.unchanged(scope); }) {
    if (auto same = target.unchanged(scope); !same) {
      return same;
    }
  }
  return reset_locked(locked, target, scope);
}
}  // namespace detail

/// Resets `scope` if all its locks are free now; else `contended`, with the function whose lock was taken. Never waits for
/// a lock of its scope, so it compiles under any context under which the target itself may wait for what it asks for.
template <LockContext Context, class Target, class Lock>
  requires ResetTarget<Target, Lock>
Result<void> try_reset(const Context& context, Target& target, const ResetScope<Lock>& scope)
    DEVLOCK_REQUIRES(context) {
  return detail::reset_by<detail::Trying>(context, target, scope);
}

namespace detail {
// What is held during a reset: what the context holds, and the descriptor that the target goes through, if it does.
template <class HeldSet, class Target>
struct reset_set {
  using type = HeldSet;
};
template <class Order, class... Elements, Lifetime Target>
struct reset_set<Held<Order, Elements...>, Target> {
  using type = Held<Order, Elements..., typename Target::lifetime_class>;
};
template <class Context, class Target, class Lock>
using reset_verdict = devlock::detail::wait_verdict<typename reset_set<typename Context::held, Target>::type, Lock>;
}  // namespace detail

/// The waiting form. Compiles only where the context may still wait for the locks of the scope: not under anything that comes
/// after device_lock. A target that resets through an open descriptor says so by its `lifetime_class`, and is then refused
/// whatever the context holds: an unbind that waits for that descriptor holds the lock that this would wait for.
template <LockContext Context, class Target, class Lock>
  requires ResetTarget<Target, Lock> && devlock::detail::permitted<detail::reset_verdict<Context, Target, Lock>>
Result<void> reset(const Context& context, Target& target, const ResetScope<Lock>& scope) DEVLOCK_REQUIRES(context) {
  return detail::reset_by<detail::Waiting>(context, target, scope);
}

/// What a compiler prints for a context that may not wait: Refusal names the rule, the class and what is held.
template <LockContext Context, class Target, class Lock, class Refusal = detail::reset_verdict<Context, Target, Lock>>
  requires ResetTarget<Target, Lock> && (!devlock::detail::permitted<Refusal>)
Result<void> reset(const Context& context, Target& target, const ResetScope<Lock>& scope) = delete;

}  // namespace devlock::pci

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A context says what this thread may hold. ThreadContext is the root: nothing held, one per thread. Every guard is the
// context of what is taken under it. ContextFor<Order, X> crosses a call: by value, empty, and it permits X and everything after X.
//
//   void open_group(devlock::ContextFor<VfioOrder, group_lock> context);   // the callee waits for group_lock or later
//   devlock::ThreadContext<VfioOrder> root;
//   open_group(root);                                                      // or any guard whose classes precede group_lock
//
// Not checked by the types alone: that a thread has one root, that a root is used by its own thread, and that a context is not
// used while a guard made from it lives.
#pragma once

#include "devlock/order/verdict.hpp"

namespace devlock {

/// The set that a context stands for; what guards take by reference.
template <class HeldSet>
struct HeldTag {
  using held = HeldSet;
  using order = typename HeldSet::order;
};

/// Base of every context but ContextFor: neither copied nor moved, because the thread's held set is not.
template <class HeldSet>
struct HeldContext : HeldTag<HeldSet> {
  HeldContext() = default;
  HeldContext(const HeldContext&) = delete;
  HeldContext& operator=(const HeldContext&) = delete;
};

/// Anything that says what its thread may hold: a root, a guard, a ContextFor.
template <class C>
concept LockContext = requires { typename C::held; } && std::derived_from<C, HeldTag<typename C::held>>;

/// The root of a thread that holds nothing. Make one at the top of each thread.
template <class Order>
class ThreadContext : public HeldContext<Held<Order>> {
 public:
  ThreadContext() noexcept {}
};

/// The escape hatch: a root in the middle of a thread, for adoption step by step and for programs that are wrong
/// on purpose. `reason` says why; grep for the name finds every use.
template <class Order>
class UncheckedContext : public HeldContext<Held<Order>> {
 public:
  explicit UncheckedContext(const char (&)[1]) = delete;
  template <std::size_t N>
  explicit UncheckedContext(const char (&reason)[N]) noexcept {
    (void)reason;
  }
};

/// An UncheckedContext: `auto context = unchecked_context<Order>("why the types cannot see it");`
template <class Order, std::size_t N>
UncheckedContext<Order> unchecked_context(const char (&reason)[N]) noexcept {
  return UncheckedContext<Order>(reason);
}
/// An empty reason is none.
template <class Order>
UncheckedContext<Order> unchecked_context(const char (&)[1]) = delete;

namespace detail {
// Everything held strictly precedes X. The relation is that of the context's own order, which knows at least as much.
template <class HeldSet, class X>
inline constexpr bool bounded_by = false;
template <class Order, class... Elements, class X>
inline constexpr bool bounded_by<Held<Order, Elements...>, X> = (admits_v<Order, Elements, X> && ...) && knows_v<Order, X>;
template <class HeldSet, class X>
using bound_refusal = typename verdict<HeldSet, X>::type;
}  // namespace detail

/// A context from which a class X, and all after it, may be waited for. For templates; elsewhere take a ContextFor.
template <class Context, class X>
concept MayAcquire = LockContext<Context> && LockClass<X> && detail::bounded_by<typename Context::held, X>;

/// A context as a parameter: the caller may hold anything strictly before X, the callee may take X and what follows it.
/// Passed by value it costs nothing. The bound X stays in the set of everything that the callee takes.
template <class Order, LockClass X>
class ContextFor : public HeldTag<Held<Order, Below<X>>> {
  static_assert(contains_class<Order, X>, "devlock: the class of a ContextFor is not in its hierarchy; add a Before to it");

 public:
  /// Implicit, so that a guard is passed as it is.
  template <class Context>
    requires MayAcquire<Context, X> && std::same_as<typename Context::order, Order>
  constexpr ContextFor(const Context&) noexcept {}  // NOLINT(google-explicit-constructor)
  /// What a compiler prints for a caller that holds too much: Refusal names the rule, X and what is held.
  template <LockContext Context, class Refusal = detail::bound_refusal<typename Context::held, X>>
    requires(!MayAcquire<Context, X> && std::same_as<typename Context::order, Order>)
  ContextFor(const Context&) = delete;
};

}  // namespace devlock

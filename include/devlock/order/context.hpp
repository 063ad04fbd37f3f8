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
// Not checked by the types alone, but by Clang and by the validator: that a thread has one root, that a context is used by its
// own thread, and that it is not used while a guard made from it lives.
#pragma once

// First, because a message begins with the way to the header that it is about.
#include "devlock/order/malformed.hpp"

#include "devlock/order/capability.hpp"
#include "devlock/order/instance.hpp"
#include "devlock/order/verdict.hpp"
#include "devlock/validate/mark.hpp"

namespace devlock {

/// Every context, whatever it holds.
class ContextTag {
 protected:
  ContextTag() = default;
};

/// The set that a context stands for. Only contexts are one.
template <class HeldSet>
class HeldTag : public ContextTag {
 public:
  using held = HeldSet;
  using order = typename HeldSet::order;

 protected:
  HeldTag() = default;
};

/// Anything that says what its thread may hold: a root, a guard, a ContextFor.
template <class C>
concept LockContext = std::is_base_of_v<HeldTag<typename C::held>, C>;

template <class Order, LockClass X>
class ContextFor;

namespace detail {

template <class HeldSet, class X>
inline constexpr Ruling bound_ruling =
    judge_bound(HeldSet::order::table, held_elements<HeldSet>::list, held_elements<HeldSet>::count, class_key<X>, X::name);
template <class HeldSet, class X>
inline constexpr bool bounded_by = bound_ruling<HeldSet, X> == Ruling::permitted;

template <class HeldSet, class X>
using bound_refusal = decltype(refusal<bound_ruling<HeldSet, X>, X, HeldSet>());

// A context of `Actual` may be passed where `Asked` is expected: the same order, or one that extends it.
template <class Actual, class Asked>
inline constexpr bool order_covers = std::same_as<Actual, Asked>;
template <class Actual, class Asked>
  requires requires { typename Actual::bases; }
inline constexpr bool order_covers<Actual, Asked> = std::same_as<Actual, Asked> || Actual::bases::template cover<Asked>;

template <class Actual, class Asked>
inline constexpr bool order_covers<Reported<Actual>, Asked> = true;

}  // namespace detail

/// A context from which a class X, and all after it, may be waited for. For templates; elsewhere take a ContextFor.
template <class Context, class X>
concept MayAcquire = LockContext<Context> && LockClass<X> && detail::bounded_by<typename Context::held, X>;

/// Base of every context but ContextFor: neither copied nor moved, because the thread's held set is not.
template <class HeldSet>
class HeldContext : public HeldTag<HeldSet>, public detail::InstanceLink<detail::holds_keyed<HeldSet>> {
 public:
  HeldContext(const HeldContext&) = delete;
  HeldContext& operator=(const HeldContext&) = delete;

  /// Passes this context to a function: implicit, so that a guard is passed as it is.
  template <class Order, LockClass X>
    requires detail::bounded_by<HeldSet, X> && detail::order_covers<typename HeldSet::order, Order>
  operator ContextFor<Order, X>() const DEVLOCK_RETURNS_CAPABILITY(entered) {  // NOLINT(google-explicit-constructor)
    return ContextFor<Order, X>(mark.reference());
  }
  /// What a compiler prints for a caller that holds too much: Refusal names the rule, X and what is held.
  template <class Order, LockClass X, class Refusal = detail::bound_refusal<HeldSet, X>>
    requires(!detail::bounded_by<HeldSet, X> && detail::order_covers<typename HeldSet::order, Order>)
  operator ContextFor<Order, X>() const = delete;
  /// Tells Clang, at the top of a lambda that captures this context by reference, that it is entered there. Gives itself, so that a
  /// short lambda passes `context.assume()` on.
  const HeldContext& assume() const DEVLOCK_ASSERTS(entered) DEVLOCK_RETURNS_CAPABILITY(*this) { return *this; }

  DEVLOCK_NO_UNIQUE_ADDRESS Capability entered;
  DEVLOCK_NO_UNIQUE_ADDRESS validate::ContextMark mark;

 protected:
  HeldContext() = default;
  ~HeldContext() = default;
};

/// The capability of a context, for annotations.
template <class HeldSet>
const Capability& cap_of(const HeldContext<HeldSet>& context) DEVLOCK_RETURNS_CAPABILITY(context.entered);

/// The root of a thread that holds nothing. Make one at the top of each thread.
template <class Order>
class DEVLOCK_SCOPED_CAPABILITY ThreadContext : public HeldContext<Held<detail::order_given<Order>>> {
  static_assert(detail::is_order<Order>,
                "devlock: the order of a context is a complete struct that derives from devlock::Hierarchy<...>");

 public:
  explicit ThreadContext(validate::Where where = validate::Where::current()) DEVLOCK_ACQUIRES(this->entered)
      DEVLOCK_UNANALYSED {
    this->mark.template enter_root<typename ThreadContext::order>(where);
  }
  ThreadContext(const ThreadContext&) = delete;
  ThreadContext& operator=(const ThreadContext&) = delete;
  ~ThreadContext() DEVLOCK_RELEASES() DEVLOCK_UNANALYSED { this->mark.leave(); }
};

/// The escape hatch: a root in the middle of a thread, for adoption step by step and for programs that are wrong
/// on purpose. `reason` says why; grep for the name finds every use. The validator goes on checking what is taken under it.
template <class Order>
class DEVLOCK_SCOPED_CAPABILITY UncheckedContext : public HeldContext<Held<detail::order_given<Order>>> {
  static_assert(detail::is_order<Order>,
                "devlock: the order of a context is a complete struct that derives from devlock::Hierarchy<...>");

 public:
  explicit UncheckedContext(const char (&)[1]) = delete;
  template <std::size_t N>
  explicit UncheckedContext(const char (&reason)[N], validate::Where where = validate::Where::current())
      DEVLOCK_ACQUIRES(this->entered) DEVLOCK_UNANALYSED {
    this->mark.template enter_unchecked<typename UncheckedContext::order>(reason, where);
  }
  ~UncheckedContext() DEVLOCK_RELEASES() DEVLOCK_UNANALYSED { this->mark.leave(); }
};

/// An UncheckedContext: `auto context = unchecked_context<Order>("why the types cannot see it");`. Not a function, because Clang
/// does not follow a context that is returned.
template <class Order>
using unchecked_context = UncheckedContext<Order>;

/// A context as a parameter: the caller may hold anything strictly before X, the callee may take X and what follows it.
/// Passed by value it costs nothing. The bound X stays in the set of everything that the callee takes; permissions by instance
/// order and nest locks do not pass.
template <class Order, LockClass X>
class DEVLOCK_CAPABILITY("lock context") ContextFor : public HeldTag<Held<detail::order_given<Order>, Below<X>>>,
                                                      public detail::InstanceLink<false> {
  static_assert(detail::is_order<Order>,
                "devlock: the order of a context is a complete struct that derives from devlock::Hierarchy<...>");
  static_assert(contains_class<detail::order_given<Order>, X>,
                "devlock: the class of a ContextFor is not in its hierarchy; add a Before to it");

 public:
  explicit constexpr ContextFor(validate::ContextReference reference) noexcept : mark(reference) {}

  /// The same context for a function that asks for it by value; Clang loses sight of a copy.
  [[nodiscard]] constexpr ContextFor again() const DEVLOCK_RETURNS_CAPABILITY(*this) { return *this; }
  /// Passes on a narrower bound.
  template <class Other, LockClass Y>
    requires(!std::same_as<X, Y> || !std::same_as<Order, Other>) && detail::bounded_by<typename ContextFor::held, Y> &&
            detail::order_covers<Order, Other>
  constexpr operator ContextFor<Other, Y>() const DEVLOCK_RETURNS_CAPABILITY(*this) {  // NOLINT
    return ContextFor<Other, Y>(mark);
  }
  template <class Other, LockClass Y, class Refusal = detail::bound_refusal<typename ContextFor::held, Y>>
    requires(!detail::bounded_by<typename ContextFor::held, Y> && detail::order_covers<Order, Other>)
  operator ContextFor<Other, Y>() const = delete;
  /// Tells Clang, at the top of a lambda that captures this context, that it is entered there.
  void assume() const DEVLOCK_ASSERTS(this) {}

  DEVLOCK_NO_UNIQUE_ADDRESS validate::ContextReference mark;
};

template <class Order, LockClass X>
const ContextFor<Order, X>& cap_of(const ContextFor<Order, X>& context) DEVLOCK_RETURNS_CAPABILITY(context);

namespace detail {
template <class HeldSet>
struct parent_of {
  using type = HeldContext<HeldSet>;
};
template <class Order, class X>
struct parent_of<Held<Order, Below<X>>> {
  using type = ContextFor<Order, X>;
};
template <class Given, class X>
struct parent_of<Held<Reported<Given>, Below<X>>> {
  using type = ContextFor<Given, X>;
};
/// What a guard under `HeldSet` takes as its parent: a root or a guard, or a parameter.
template <class HeldSet>
using Parent = typename parent_of<HeldSet>::type;
}  // namespace detail

// For what is no context: an annotation is looked at before a concept refuses the call, and has no opinion.
template <class T>
  requires(!requires(const T& context) { context.assume(); })
const Capability& cap_of(const T&);

}  // namespace devlock

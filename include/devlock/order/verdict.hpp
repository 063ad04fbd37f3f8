// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The rule itself, once: may a thread with this Held set wait for this lock? The answer is a type. Permission is the set; a
// refusal is a type whose name is the rule and whose arguments are the class asked for and what is held, so that it
// is the first thing a compiler prints:
//
//   use of deleted function 'Guard<lock_order_inversion<group_lock, Held<VfioOrder, kvm_lock>>, ...>'
//
// A try needs no permission: it only needs a class that the hierarchy knows.
#pragma once

#include "devlock/order/held.hpp"

namespace devlock {

/// The class asked for precedes one that is held: another thread may take the two in the declared order.
template <class Asked, class HeldSet>
struct lock_order_inversion {};
/// No path connects the class asked for with one that is held: two threads may nest them both ways.
template <class Asked, class HeldSet>
struct no_order_between {};
/// A lock of this class is held: which instance comes first is not known.
template <class Asked, class HeldSet>
struct same_class_held_already {};
/// The hierarchy has no edge with this class: add a Before to it.
template <class Asked, class HeldSet>
struct lock_class_not_in_hierarchy {};

namespace detail {

template <class HeldSet, class Next>
struct verdict;
template <class Order, class... Elements, class Next>
struct verdict<Held<Order, Elements...>, Next> {
  using held = Held<Order, Elements...>;
  static constexpr auto decide() {
    if constexpr (!knows_v<Order, Next>) {
      return lock_class_not_in_hierarchy<Next, held>{};
    } else if constexpr ((admits_v<Order, Elements, Next> && ...)) {
      return held{};
    } else if constexpr ((same_v<Elements, Next> || ...)) {
      return same_class_held_already<Next, held>{};
    } else if constexpr ((inverts_v<Order, Elements, Next> || ...)) {
      return lock_order_inversion<Next, held>{};
    } else {
      return no_order_between<Next, held>{};
    }
  }
  using type = decltype(decide());
};

// Classes are asked for in turn, each with the ones before it held.
template <class HeldSet, class Result, class Classes>
struct verdict_list {
  using type = Result;
};
template <class HeldSet, class Order, class... Elements, class Next, class... Rest>
struct verdict_list<HeldSet, Held<Order, Elements...>, ClassList<Next, Rest...>> {
  using now = typename verdict<Held<Order, Elements...>, Next>::type;
  template <class Now>
  struct then {
    using type = Now;
  };
  template <class... Known>
  struct then<Held<Order, Known...>> : verdict_list<HeldSet, Held<Order, Known..., Next>, ClassList<Rest...>> {};
  using type = typename then<now>::type;
};
template <class HeldSet, class Order, class... Elements>
struct verdict_list<HeldSet, Held<Order, Elements...>, ClassList<>> {
  using type = HeldSet;
};

/// HeldSet if a thread with it may wait for a lock of type L, else the refusal.
template <class HeldSet, class L>
using wait_verdict = typename verdict_list<HeldSet, HeldSet, classes_of<L>>::type;

template <class HeldSet, class Classes>
struct try_verdict_list;
template <class Order, class... Elements, class... Classes>
struct try_verdict_list<Held<Order, Elements...>, ClassList<Classes...>> {
  using held = Held<Order, Elements...>;
  template <class Result, class... More>
  static constexpr auto decide(ClassList<More...>, Result result) {
    return result;
  }
  template <class Result, class First, class... More>
  static constexpr auto decide(ClassList<First, More...>, Result result) {
    if constexpr (knows_v<Order, First>) {
      return decide(ClassList<More...>{}, result);
    } else {
      return lock_class_not_in_hierarchy<First, held>{};
    }
  }
  using type = decltype(decide(ClassList<Classes...>{}, held{}));
};

/// HeldSet if the hierarchy knows the classes of L, else the refusal. Trying is allowed in any order.
template <class HeldSet, class L>
using try_verdict = typename try_verdict_list<HeldSet, classes_of<L>>::type;

template <class Verdict>
inline constexpr bool permitted = false;
template <class Order, class... Elements>
inline constexpr bool permitted<Held<Order, Elements...>> = true;

}  // namespace detail

/// A thread with `HeldSet` may wait for a lock of class `C`: every held class strictly precedes it.
template <class C, class HeldSet>
concept AcquirableWhileHolding = LockClass<C> && detail::permitted<typename detail::verdict<HeldSet, C>::type>;

}  // namespace devlock

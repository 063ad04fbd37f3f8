// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The ruling of rule.hpp as a type. Permission is the Held set itself; a refusal is a type whose name is the rule and whose arguments
// are the class asked for and what is held, so that it is the first thing a compiler prints:
//
//   use of deleted function 'Guard<lock_order_inversion<group_lock, Held<VfioOrder, kvm_lock>>, ...>'
//
// Not here: any rule. Change rule.hpp, and the check of the rules sees it.
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
/// This class is held as a reader, and a writer may be queued between the two readers.
template <class Asked, class HeldSet>
struct shared_after_shared {};
/// The nest lock that was named is not held exclusively by this thread.
template <class Asked, class Owner, class HeldSet>
struct nest_owner_not_held {};
/// A lock of this class is held that was not taken under the nest lock.
template <class Asked, class HeldSet>
struct held_outside_the_nest {};
/// The class does not name this owner as its `nest_owner`.
template <class Asked, class Owner, class HeldSet>
struct not_the_nest_owner {};
/// The lock has no class: put it into an Ordered, or give it a `lock_class`.
template <class Lock, class HeldSet>
struct lock_without_class {};
/// The hierarchy has no edge with this class: add a Before to it.
template <class Asked, class HeldSet>
struct lock_class_not_in_hierarchy {};
/// The hierarchy has a class of this name, and it is another one.
template <class Asked, class Known, class HeldSet>
struct another_class_of_this_name {};
/// A condition wait under a ContextFor: the callers' locks are not known, and none is given back during the wait.
template <class Asked, class HeldSet>
struct condition_wait_under_unknown_locks {};
/// A condition wait gives back its own lock only; these others stay held. Name them with holding<...> if they precede it.
template <class Asked, class HeldSet>
struct condition_wait_with_locks_held {};
/// A lock named for a condition wait does not precede the waited one, which is taken again when the wait ends.
template <class Asked, class HeldSet>
struct condition_wait_named_lock_not_before {};

namespace detail {

template <Ruling R, class Asked, class HeldSet, class Owner = void>
constexpr auto refusal() {
  if constexpr (R == Ruling::unknown_class) {
    return lock_class_not_in_hierarchy<Asked, HeldSet>{};
  } else if constexpr (R == Ruling::unknown_of_this_name) {
    using Order = typename HeldSet::order;
    return another_class_of_this_name<Asked, typename class_of_row<Order, Order::table.row_of(class_key<Asked>)>::type, HeldSet>{};
  } else if constexpr (R == Ruling::inversion) {
    return lock_order_inversion<Asked, HeldSet>{};
  } else if constexpr (R == Ruling::same_class) {
    return same_class_held_already<Asked, HeldSet>{};
  } else if constexpr (R == Ruling::shared_after_shared) {
    return shared_after_shared<Asked, HeldSet>{};
  } else if constexpr (R == Ruling::nest_owner_not_held) {
    return nest_owner_not_held<Asked, Owner, HeldSet>{};
  } else if constexpr (R == Ruling::nest_mixed) {
    return held_outside_the_nest<Asked, HeldSet>{};
  } else if constexpr (R == Ruling::sleep_under_bound) {
    return condition_wait_under_unknown_locks<Asked, HeldSet>{};
  } else if constexpr (R == Ruling::sleep_with_others || R == Ruling::sleep_without_lock) {
    return condition_wait_with_locks_held<Asked, HeldSet>{};
  } else if constexpr (R == Ruling::sleep_named_not_before) {
    return condition_wait_named_lock_not_before<Asked, HeldSet>{};
  } else {
    return no_order_between<Asked, HeldSet>{};
  }
}

/// How a lock is asked for.
enum class Mode : unsigned char { exclusive, shared };

template <class C, class Owner>
inline constexpr bool nests_under = requires { requires std::same_as<typename C::nest_owner, Owner>; };
struct no_owner {
  static constexpr char name[] = "no nest lock";
};
template <class Owner>
inline constexpr std::uint64_t owner_key = class_key<Owner>;
template <>
inline constexpr std::uint64_t owner_key<no_owner> = 0;

template <class C, Mode M, class Owner>
inline constexpr Request request_of{class_key<C>, M == Mode::shared, keyed_class<C>, owner_key<Owner>, C::name};

template <class HeldSet, class C, Mode M, class Owner>
inline constexpr Ruling wait_ruling = Ruling::unknown_class;
template <class Order, class... Elements, class C, Mode M, class Owner>
inline constexpr Ruling wait_ruling<Held<Order, Elements...>, C, M, Owner> =
    judge_wait(Order::table, ElementList<sizeof...(Elements)>{{element_of<Elements>..., {}}}.list, sizeof...(Elements),
               request_of<C, M, Owner>);
template <class HeldSet, class C, class Owner>
inline constexpr Ruling try_ruling =
    judge_try(HeldSet::order::table, held_elements<HeldSet>::list, held_elements<HeldSet>::count,
              request_of<C, Mode::exclusive, Owner>);

template <class C, class Owner>
inline constexpr bool nest_fits = nests_under<C, Owner>;
template <class C>
inline constexpr bool nest_fits<C, no_owner> = true;

// A ruling as a type: the permission, or the refusal. Classes, not functions: compilers are several times faster at them.
template <bool NestFits, Ruling R, class Permission, class Asked, class Owner, class HeldSet>
struct ruled {
  using type = decltype(refusal<R, Asked, HeldSet, Owner>());
};
template <class Permission, class Asked, class Owner, class HeldSet>
struct ruled<true, Ruling::permitted, Permission, Asked, Owner, HeldSet> {
  using type = Permission;
};
template <Ruling R, class Permission, class Asked, class Owner, class HeldSet>
struct ruled<false, R, Permission, Asked, Owner, HeldSet> {
  using type = not_the_nest_owner<Asked, Owner, HeldSet>;
};

// Classes are asked for in turn, each with the ones before it held. The answer is Original, the set before all of them.
template <class Original, class HeldSet, class Classes, Mode M, class Owner>
struct wait_verdict_of;
template <class Original, class HeldSet, class Last, Mode M, class Owner>
struct wait_verdict_of<Original, HeldSet, ClassList<Last>, M, Owner>
    : ruled<nest_fits<Last, Owner>, wait_ruling<HeldSet, Last, M, Owner>, Original, Last, Owner, HeldSet> {};
template <class Original, class HeldSet, class Lock, Mode M, class Owner>
struct wait_verdict_of<Original, HeldSet, Unclassified<Lock>, M, Owner> {
  using type = lock_without_class<Lock, HeldSet>;
};
template <bool Permitted, class Original, class HeldSet, class Classes, Mode M, class Owner>
struct wait_verdict_of_rest;
template <class Original, class Order, class... Elements, class First, class... Rest, Mode M, class Owner>
struct wait_verdict_of_rest<true, Original, Held<Order, Elements...>, ClassList<First, Rest...>, M, Owner>
    : wait_verdict_of<Original, Held<Order, Elements..., First>, ClassList<Rest...>, M, Owner> {};
template <class Original, class HeldSet, class First, class... Rest, Mode M, class Owner>
struct wait_verdict_of_rest<false, Original, HeldSet, ClassList<First, Rest...>, M, Owner>
    : wait_verdict_of<Original, HeldSet, ClassList<First>, M, Owner> {};
template <class Original, class HeldSet, class First, class Second, class... Rest, Mode M, class Owner>
struct wait_verdict_of<Original, HeldSet, ClassList<First, Second, Rest...>, M, Owner>
    : wait_verdict_of_rest<nest_fits<First, Owner> && wait_ruling<HeldSet, First, M, Owner> == Ruling::permitted, Original,
                           HeldSet, ClassList<First, Second, Rest...>, M, Owner> {};

/// HeldSet if a thread with it may wait for a lock of type L, else the refusal.
template <class HeldSet, class L, Mode M = Mode::exclusive, class Owner = no_owner>
using wait_verdict = typename wait_verdict_of<HeldSet, HeldSet, classes_of<L>, M, Owner>::type;

template <class HeldSet, class Classes, class Owner>
struct try_verdict_of;
template <class HeldSet, class Last, class Owner>
struct try_verdict_of<HeldSet, ClassList<Last>, Owner>
    : ruled<nest_fits<Last, Owner>, try_ruling<HeldSet, Last, Owner>, HeldSet, Last, Owner, HeldSet> {};
template <class HeldSet, class Lock, class Owner>
struct try_verdict_of<HeldSet, Unclassified<Lock>, Owner> {
  using type = lock_without_class<Lock, HeldSet>;
};
template <class HeldSet, class First, class Second, class... Rest, class Owner>
struct try_verdict_of<HeldSet, ClassList<First, Second, Rest...>, Owner>
    : try_verdict_of<HeldSet,
                     std::conditional_t<nest_fits<First, Owner> && try_ruling<HeldSet, First, Owner> == Ruling::permitted,
                                        ClassList<Second, Rest...>, ClassList<First>>,
                     Owner> {};

/// HeldSet if the hierarchy knows the classes of L, else the refusal. Trying is allowed in any order.
template <class HeldSet, class L, class Owner = no_owner>
using try_verdict = typename try_verdict_of<HeldSet, classes_of<L>, Owner>::type;

/// Permission to take a lock under the nest lock of class Owner.
template <class HeldSet, class Owner>
struct UnderNest {};

template <class Verdict>
inline constexpr bool permitted = false;
template <class HeldSet, class Owner>
inline constexpr bool permitted<UnderNest<HeldSet, Owner>> = true;
template <class Order, class... Elements>
inline constexpr bool permitted<Held<Order, Elements...>> = true;

}  // namespace detail

/// A thread with `HeldSet` may wait for a lock of class `C`: every held class strictly precedes it.
template <class C, class HeldSet>
concept AcquirableWhileHolding =
    LockClass<C> && (detail::wait_ruling<HeldSet, C, detail::Mode::exclusive, detail::no_owner> == detail::Ruling::permitted);

}  // namespace devlock

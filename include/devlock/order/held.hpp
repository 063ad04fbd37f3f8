// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What a thread may hold, as a type: a SET of classes and an upper bound. A failed try leaves its class in the set of the
// guard that tried, which is safe: the set may say too much, never too little.
//
//   Held<VfioOrder>                       nothing
//   Held<VfioOrder, group_lock, kvm_lock> two locks, in whatever order they came
//   Held<VfioOrder, Below<group_lock>>    unknown callers' locks, all of them strictly before group_lock
//
// One level, as in "the innermost lock held", is not enough: a tried lock joins out of order, and the next wait is
// checked against all of them.
#pragma once

#include "devlock/order/hierarchy.hpp"

namespace devlock {

/// The set of classes that a thread may hold under `Order`. Elements are lock classes or Below<X>.
template <class Order, class... Elements>
struct Held {
  using order = Order;
};

/// A bound instead of a class: everything that the caller holds strictly precedes X.
template <class X>
struct Below {};

namespace detail {

template <class Order, class A, class B>
inline constexpr bool precedes_v = Order::table.precedes(class_key<A>, class_key<B>);

template <class Order, class C>
inline constexpr bool knows_v = Order::table.contains(class_key<C>);

template <class A, class B>
inline constexpr bool same_v = false;
template <class A>
inline constexpr bool same_v<A, A> = true;

// May a thread that holds Element wait for Next?
template <class Order, class Element, class Next>
inline constexpr bool admits_v = precedes_v<Order, Element, Next>;
template <class Order, class X, class Next>
inline constexpr bool admits_v<Order, Below<X>, Next> = same_v<X, Next> || precedes_v<Order, X, Next>;

// Does Next come before what Element stands for, so that waiting for it is an inversion?
template <class Order, class Element, class Next>
inline constexpr bool inverts_v = precedes_v<Order, Next, Element>;
template <class Order, class X, class Next>
inline constexpr bool inverts_v<Order, Below<X>, Next> = precedes_v<Order, Next, X>;

template <class HeldSet, class... More>
struct add_to;
template <class Order, class... Elements, class... More>
struct add_to<Held<Order, Elements...>, ClassList<More...>> {
  using type = Held<Order, Elements..., More...>;
};

/// HeldSet with the classes of lock type L.
template <class HeldSet, class L>
using held_with = typename add_to<HeldSet, classes_of<L>>::type;

}  // namespace detail

/// True if `Outer` strictly precedes `Inner` in `Order`: an edge or a path of edges leads there.
template <class Order, LockClass Outer, LockClass Inner>
inline constexpr bool precedes = detail::precedes_v<Order, Outer, Inner>;

/// True if `Order` has an edge that mentions `C`.
template <class Order, LockClass C>
inline constexpr bool contains_class = detail::knows_v<Order, C>;

}  // namespace devlock

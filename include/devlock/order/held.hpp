// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What a thread may hold, as a type: a SET of elements. A failed try leaves its class in the set of the guard that tried, which is
// safe: the set may say too much, never too little.
//
//   Held<VfioOrder>                        nothing
//   Held<VfioOrder, group_lock, kvm_lock>  two locks, in whatever order they came
//   Held<VfioOrder, Below<group_lock>>     unknown callers' locks, all of them strictly before group_lock
//
// One level, as in "the innermost lock held", is not enough: a tried lock joins out of order, and the next wait is
// checked against all of them.
#pragma once

#include "devlock/order/hierarchy.hpp"
#include "devlock/order/rule.hpp"

namespace devlock {

/// The set of what a thread may hold under `Order`: lock classes, Shared, Nested, Below.
template <class Order, class... Elements>
struct Held {
  using order = Order;
};

/// A class that is held as a reader.
template <class C>
struct Shared {};
/// A class that is held under the nest lock of class `Owner`, which was named when it was taken.
template <class C, class Owner>
struct Nested {};
/// A bound instead of a class: everything that the caller holds strictly precedes X.
template <class X>
struct Below {};

namespace detail {

template <class Order, class A, class B>
inline constexpr bool precedes_v = Order::table.precedes(class_key<A>, class_key<B>);

template <class Order, class C>
inline constexpr bool knows_v = Order::table.contains(class_key<C>) && Order::table.has_name(Order::table.row_of(class_key<C>), C::name);

template <class E>
inline constexpr Element element_of{Hold::exclusive, class_key<E>, 0};
template <class C>
inline constexpr Element element_of<Shared<C>>{Hold::shared, class_key<C>, 0};
template <class C, class Owner>
inline constexpr Element element_of<Nested<C, Owner>>{Hold::nested, class_key<C>, class_key<Owner>};
template <class X>
inline constexpr Element element_of<Below<X>>{Hold::below, class_key<X>, 0};

// An array is never empty, so one unused element follows.
template <std::size_t Count>
struct ElementList {
  Element list[Count + 1];
};
template <class HeldSet>
struct held_elements;
template <class Order, class... Elements>
struct held_elements<Held<Order, Elements...>> {
  static constexpr std::size_t count = sizeof...(Elements);
  static constexpr Element list[count + 1]{element_of<Elements>..., {}};
};

template <class HeldSet, class Elements>
struct add_to;
template <class Order, class... Elements, class... More>
struct add_to<Held<Order, Elements...>, ClassList<More...>> {
  using type = Held<Order, Elements..., More...>;
};

/// HeldSet with the classes of lock type L.
template <class HeldSet, class L>
using held_with = typename add_to<HeldSet, classes_of<L>>::type;

template <class Classes>
struct shared_classes;
template <class... C>
struct shared_classes<ClassList<C...>> {
  using type = ClassList<Shared<C>...>;
};
/// HeldSet with the classes of lock type L, held as a reader.
template <class HeldSet, class L>
using held_with_shared = typename add_to<HeldSet, typename shared_classes<classes_of<L>>::type>::type;

template <class Classes, class Owner>
struct nested_classes;
template <class... C, class Owner>
struct nested_classes<ClassList<C...>, Owner> {
  using type = ClassList<Nested<C, Owner>...>;
};
/// HeldSet with the classes of lock type L, under the nest lock of class Owner.
template <class HeldSet, class L, class Owner>
using held_with_nested = typename add_to<HeldSet, typename nested_classes<classes_of<L>, Owner>::type>::type;

}  // namespace detail

/// True if `Outer` strictly precedes `Inner` in `Order`: an edge or a path of edges leads there.
template <class Order, LockClass Outer, LockClass Inner>
inline constexpr bool precedes = detail::precedes_v<Order, Outer, Inner>;

/// True if `Order` has an edge that mentions `C`, this very class and not another one of its name.
template <class Order, LockClass C>
inline constexpr bool contains_class = detail::knows_v<Order, C>;

}  // namespace devlock

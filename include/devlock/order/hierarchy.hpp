// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A hierarchy is a named struct over edges. It is a partial order: any directed acyclic graph will do, classes
// that no path connects stay incomparable.
//
//   struct MyOrder : devlock::Hierarchy<devlock::Before<big_lock, group_lock>,
//                                       devlock::Before<group_lock, kvm_lock>> {};
//
// Name it by a struct: the edges then appear neither in symbols nor in messages. A cycle does not compile, nor do two
// classes with one name. Not checked: that the program follows the order where it does not go through devlock's guards.
#pragma once

#include <cstddef>

#include "devlock/order/lock_class.hpp"
#include "devlock/order/order_table.hpp"

namespace devlock {

/// Outer is taken before Inner: nobody waits for an Outer while holding an Inner.
template <class Outer, class Inner>
struct Before;

/// What a cyclic declaration is reported with: its classes in order, the first one repeated at the end.
template <class... Path>
struct cycle {};

namespace detail {

template <class... C>
struct class_pick {
  template <std::size_t I, class Head, class... Tail>
  static constexpr auto at() {
    if constexpr (I == 0) {
      return static_cast<Head*>(nullptr);
    } else {
      return at<I - 1, Tail...>();
    }
  }
  template <std::size_t I>
  using type = std::remove_pointer_t<decltype(at<I, C...>())>;
};

template <class Path>
inline constexpr bool acyclic = false;
template <>
inline constexpr bool acyclic<cycle<>> = true;

// The edges that close the cycle, as the outer classes that they leave from.
template <const auto& Table, class Outers, std::size_t... Step>
struct cycle_path {
  using type = cycle<typename Outers::template type<Table.cycle[Step]>...>;
};

}  // namespace detail

/// The base of a named hierarchy. `Edges` are Before<Outer, Inner>.
template <class... Edges>
struct Hierarchy {
  static_assert(sizeof...(Edges) == 0 && sizeof...(Edges) != 0,
                "devlock: a Hierarchy is a list of Before<Outer, Inner> and of nothing else");
};

template <class... Outer, class... Inner>
struct Hierarchy<Before<Outer, Inner>...> {
  static_assert((LockClass<Outer> && ...) && (LockClass<Inner> && ...),
                "devlock: a lock class needs `static constexpr char name[] = \"...\"` that is not empty");

  /// The transitive closure, looked up by class. An implementation detail of `precedes`.
  static constexpr detail::OrderTable<detail::table_capacity(sizeof...(Outer))> table =
      detail::make_order_table<detail::table_capacity(sizeof...(Outer)), sizeof...(Outer)>(
          {Outer::name...}, {Inner::name...}, {detail::class_key<Outer>...}, {detail::class_key<Inner>...});

  static_assert(!table.too_many_classes, "devlock: a hierarchy has room for 256 classes");
  static_assert(!table.duplicate_name,
                "devlock: two lock classes of this hierarchy have one name; give each class its own");

 private:
  template <class Indices>
  struct closed_by;
  template <std::size_t... Step>
  struct closed_by<detail::indices<Step...>> {
    using type = typename detail::cycle_path<table, detail::class_pick<Outer...>, Step...>::type;
  };
  static_assert(detail::acyclic<typename closed_by<detail::make_indices<table.cycle_length>>::type>,
                "devlock: these Before edges close a cycle; the classes of cycle<...> are in order, remove one edge");
};

}  // namespace devlock

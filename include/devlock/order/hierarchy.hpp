// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A hierarchy is a named struct over edges. It is a partial order: any directed acyclic graph will do, classes
// that no path connects stay incomparable.
//
//   struct MyOrder : devlock::Hierarchy<devlock::Extends<devlock::vfio::VfioOrder>,        // first, if at all
//                                       devlock::Leaves<log_lock>,                          // after everything
//                                       devlock::Before<big_lock, devlock::vfio::device_lock>> {};
//
// Name it by a struct: the edges then appear neither in symbols nor in messages. What does not compile: a cycle, two classes with
// one name, an extension that relates two classes of its base anew (a function compiled against the base would be
// wrong), an edge out of a leaf. Not checked: that the program follows the order where it goes around devlock's guards.
#pragma once

#include <cstddef>

#include "devlock/order/lock_class.hpp"
#include "devlock/order/order_table.hpp"

namespace devlock {

/// Outer is taken before Inner: nobody waits for an Outer while holding an Inner.
template <class Outer, class Inner>
struct Before;
/// The orders that this one extends. It is the first element of a Hierarchy.
template <class... Orders>
struct Extends;
/// Classes that come after every class that is not one of them, those of later extensions too.
template <class... Classes>
struct Leaves;

/// What a cyclic declaration is reported with: its classes in order, the first one repeated at the end.
template <class... Path>
struct cycle {};
/// What an extension is reported with that puts Outer before Inner while its base does not.
template <class Outer, class Inner>
struct relates_anew {};

namespace detail {

template <class... Parts>
struct Declaration;

// The orders that a hierarchy extends, directly or not.
template <class... Orders>
struct BaseOrders {
  template <class Asked>
  static constexpr bool covers_one() {
    return (... || (std::same_as<Orders, Asked> || Orders::bases::template covers_one<Asked>()));
  }
  template <class Asked>
  static constexpr bool cover = covers_one<Asked>();
};

// From a key back to the class, for messages: the classes that a declaration mentions, then those of its bases.
template <class List>
struct class_by_key;
template <class... C>
struct class_by_key<ClassList<C...>> {
  static constexpr std::uint64_t keys[sizeof...(C) + 1]{class_key<C>..., 0};
  static constexpr std::size_t place(std::uint64_t key) {
    std::size_t p = 0;
    while (p != sizeof...(C) && keys[p] != key) {
      ++p;
    }
    return p;
  }
  template <std::size_t I, class Head, class... Tail>
  static constexpr auto at() {
    if constexpr (I == 0) {
      return static_cast<Head*>(nullptr);
    } else {
      return at<I - 1, Tail...>();
    }
  }
  template <std::uint64_t Key>
  static constexpr auto find() {
    if constexpr (place(Key) < sizeof...(C)) {
      return at<place(Key), C...>();
    }
  }
};
template <class Order, std::uint64_t Key>
constexpr auto class_in();
template <std::uint64_t Key, class First, class... More>
constexpr auto class_in_bases(BaseOrders<First, More...>) {
  if constexpr (First::table.contains(Key)) {
    return class_in<First, Key>();
  } else {
    return class_in_bases<Key>(BaseOrders<More...>{});
  }
}
template <class Order, std::uint64_t Key>
constexpr auto class_in() {
  using found = decltype(class_by_key<typename Order::mentioned>::template find<Key>());
  if constexpr (!std::is_void_v<found>) {
    return found{};
  } else {
    return class_in_bases<Key>(typename Order::bases{});
  }
}
template <class Order, std::uint64_t Key>
using class_of_key = std::remove_pointer_t<decltype(class_in<Order, Key>())>;

template <class Path>
inline constexpr bool acyclic = false;
template <>
inline constexpr bool acyclic<cycle<>> = true;

template <class Order, class Steps>
struct cycle_of;
template <class Order, std::size_t... Step>
struct cycle_of<Order, indices<Step...>> {
  using type = cycle<class_of_key<Order, Order::table.row_key[Order::table.cycle[Step]]>...>;
};

template <class Relation>
inline constexpr bool conservative = false;
template <>
inline constexpr bool conservative<void> = true;

template <class Order, class Base>
constexpr auto relation_to() {
  constexpr auto rows = Order::table.new_relation(Base::table);
  if constexpr (rows.first != Base::table.nowhere) {
    return static_cast<relates_anew<class_of_key<Base, Base::table.row_key[rows.first]>,
                                    class_of_key<Base, Base::table.row_key[rows.second]>>*>(nullptr);
  } else {
    return static_cast<void*>(nullptr);
  }
}

template <class... Bases, class... Leaf, class... Outer, class... Inner>
struct Declaration<Extends<Bases...>, Leaves<Leaf...>, Before<Outer, Inner>...> {
  static_assert((LockClass<Outer> && ...) && (LockClass<Inner> && ...) && (LockClass<Leaf> && ...),
                "devlock: a lock class needs `static constexpr char name[] = \"...\"` that is not empty");

  using bases = BaseOrders<Bases...>;
  using mentioned = ClassList<Outer..., Inner..., Leaf...>;

 private:
  static constexpr std::size_t edges = (sizeof...(Outer) + ... + Bases::table.edges);
  static constexpr std::size_t classes = ((2 * sizeof...(Outer) + sizeof...(Leaf)) + ... + Bases::table.count);
  using Table = OrderTable<table_rows(classes), edges>;
  static constexpr Table build() {
    Table t;
    (t.add_base(Bases::table), ...);
    (t.add_edge(class_key<Outer>, Outer::name, class_key<Inner>, Inner::name), ...);
    (t.add_leaf(class_key<Leaf>, Leaf::name), ...);
    t.close();
    return t;
  }

 public:
  /// The transitive closure, looked up by class. An implementation detail of `precedes` and of the graph.
  static constexpr Table table = build();

  static_assert(!table.too_many_classes, "devlock: a hierarchy has room for 256 classes");
  static_assert(!table.duplicate_name,
                "devlock: two lock classes of this hierarchy have one name; give each class its own");
  static_assert(!table.edge_from_leaf, "devlock: a leaf comes after everything; no edge leads out of it");
  static_assert(acyclic<typename cycle_of<Declaration, make_indices<table.cycle_length>>::type>,
                "devlock: these Before edges close a cycle; the classes of cycle<...> are in order, remove one edge");
  static_assert((conservative<std::remove_pointer_t<decltype(relation_to<Declaration, Bases>())>> && ...),
                "devlock: an extension relates two classes of its base anew; declare that edge in the base");
};

}  // namespace detail

/// The base of a named hierarchy: at most one Extends, then at most one Leaves, then Before<Outer, Inner> edges.
template <class... Parts>
struct Hierarchy {
  static_assert(sizeof...(Parts) != sizeof...(Parts),
                "devlock: a Hierarchy is an optional Extends<...>, an optional Leaves<...>, then Before<Outer, Inner> edges");
};
template <class... Outer, class... Inner>
struct Hierarchy<Before<Outer, Inner>...> : detail::Declaration<Extends<>, Leaves<>, Before<Outer, Inner>...> {};
template <class... Bases, class... Outer, class... Inner>
struct Hierarchy<Extends<Bases...>, Before<Outer, Inner>...>
    : detail::Declaration<Extends<Bases...>, Leaves<>, Before<Outer, Inner>...> {};
template <class... Leaf, class... Outer, class... Inner>
struct Hierarchy<Leaves<Leaf...>, Before<Outer, Inner>...>
    : detail::Declaration<Extends<>, Leaves<Leaf...>, Before<Outer, Inner>...> {};
template <class... Bases, class... Leaf, class... Outer, class... Inner>
struct Hierarchy<Extends<Bases...>, Leaves<Leaf...>, Before<Outer, Inner>...>
    : detail::Declaration<Extends<Bases...>, Leaves<Leaf...>, Before<Outer, Inner>...> {};

}  // namespace devlock

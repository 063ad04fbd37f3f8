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
/// What a class that is no LockClass is reported with.
template <class Class>
struct lock_class_without_name {};
/// What two classes with one name are reported with.
template <class One, class Other>
struct two_classes_of_one_name {};
/// What a class of a base is reported with whose name a new class has as well.
template <class New>
struct name_taken_in_a_base {};
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

// The class at a place of a list. Only a malformed declaration looks one up.
template <std::size_t I, class C>
struct class_at {
  using type = C;
};
template <class Indices, class... C>
struct class_list;
template <std::size_t... I, class... C>
struct class_list<indices<I...>, C...> : class_at<I, C>... {};
template <std::size_t I, class C>
class_at<I, C> look_up(const class_at<I, C>*);
template <class... C>
struct class_pick {
  template <std::size_t I>
  using type = typename decltype(look_up<I>(static_cast<class_list<make_indices<sizeof...(C)>, C...>*>(nullptr)))::type;
};

// The class of a row: mentioned by the declaration itself, or by one of its bases.
template <class Order, std::size_t Row, bool Mine = (Order::table.place[Row] != Order::table.nowhere)>
struct class_of_row {
  using type = typename Order::mentioned::template type<Order::table.place[Row]>;
};
template <std::uint64_t Key, class First, class... More>
constexpr auto class_in_bases(BaseOrders<First, More...>) {
  constexpr std::size_t row = First::table.row_of(Key);
  if constexpr (row != First::table.nowhere) {
    return static_cast<typename class_of_row<First, row>::type*>(nullptr);
  } else {
    return class_in_bases<Key>(BaseOrders<More...>{});
  }
}
template <class Order, std::size_t Row>
struct class_of_row<Order, Row, false> {
  using type = std::remove_pointer_t<decltype(class_in_bases<Order::table.row_key[Row]>(typename Order::bases{}))>;
};

// The place of the first false; `Count` if there is none. An array, because compilers limit the length of a fold.
template <std::size_t Count>
constexpr std::size_t first_false(const bool (&values)[Count]) {
  std::size_t place = 0;
  while (place != Count && values[place]) {
    ++place;
  }
  return place;
}

// Sound is what has no finding; each finding is a type whose name the compiler prints.
struct sound {};
template <class Finding>
inline constexpr bool is_sound = false;
template <>
inline constexpr bool is_sound<sound> = true;

template <class Classes, std::size_t Unnamed, std::size_t Count>
struct naming {
  using type = lock_class_without_name<typename Classes::template type<Unnamed>>;
};
template <class Classes, std::size_t Count>
struct naming<Classes, Count, Count> {
  using type = sound;
};

template <class Classes, bool Duplicate, std::size_t One, std::size_t Other>
struct uniqueness {
  using type = sound;
};
template <class Classes, std::size_t One, std::size_t Other>
struct uniqueness<Classes, true, One, Other> {
  using type = two_classes_of_one_name<typename Classes::template type<One>, typename Classes::template type<Other>>;
};
template <class Classes, std::size_t Other>
struct uniqueness<Classes, true, ~std::size_t{0}, Other> {
  using type = name_taken_in_a_base<typename Classes::template type<Other>>;
};
template <class Classes>
struct uniqueness<Classes, true, ~std::size_t{0}, ~std::size_t{0}> {
  using type = name_taken_in_a_base<void>;
};

template <class Order, class Steps>
struct acyclicity;
template <class Order, std::size_t... Step>
struct acyclicity<Order, indices<Step...>> {
  using type = cycle<typename class_of_row<Order, Order::table.cycle[Step]>::type...>;
};
template <class Order>
struct acyclicity<Order, indices<>> {
  using type = sound;
};

template <class Order, class Base, std::size_t Outer = Order::table.new_relation(Base::table).first,
          std::size_t Inner = Order::table.new_relation(Base::table).second>
struct conservation {
  using type = relates_anew<typename class_of_row<Base, Outer>::type, typename class_of_row<Base, Inner>::type>;
};
template <class Order, class Base>
struct conservation<Order, Base, ~std::size_t{0}, ~std::size_t{0}> {
  using type = sound;
};

template <class... Bases, class... Leaf, class... Outer, class... Inner>
struct Declaration<Extends<Bases...>, Leaves<Leaf...>, Before<Outer, Inner>...> {
  using bases = BaseOrders<Bases...>;
  using mentioned = class_pick<Outer..., Inner..., Leaf...>;

 private:
  static constexpr std::size_t own_edges = sizeof...(Outer);
  static constexpr std::size_t own_leaves = sizeof...(Leaf);
  static constexpr std::size_t edges = (own_edges + ... + Bases::table.edges);
  static constexpr std::size_t classes = ((2 * own_edges + own_leaves) + ... + Bases::table.count);
  static constexpr std::size_t mentions = 2 * own_edges + own_leaves;
  static_assert(is_sound<typename naming<mentioned,
                                         first_false({LockClass<Outer>..., LockClass<Inner>..., LockClass<Leaf>..., false}),
                                         mentions>::type>,
                "devlock: a lock class needs `static constexpr char name[] = \"...\"` that is not empty");

  using Table = OrderTable<table_rows(classes), edges>;
  // Arrays, because compilers limit the length of a fold.
  static constexpr Table build() {
    constexpr std::uint64_t keys[]{class_key<Outer>..., class_key<Inner>..., class_key<Leaf>..., 0};
    constexpr const char* names[]{Outer::name..., Inner::name..., Leaf::name..., nullptr};
    Table t;
    (t.add_base(Bases::table), ...);
    for (std::size_t e = 0; e != own_edges; ++e) {
      const std::size_t i = own_edges + e;
      t.add_edge(keys[e], names[e], e, keys[i], names[i], i);
    }
    for (std::size_t l = 2 * own_edges; l != mentions; ++l) {
      t.add_leaf(keys[l], names[l], l);
    }
    t.close();
    return t;
  }

 public:
  /// The transitive closure, looked up by class. An implementation detail of `precedes` and of the graph.
  static constexpr Table table = build();

 private:
  static_assert(!table.too_many_classes, "devlock: a hierarchy has room for 256 classes");
  static_assert(is_sound<typename uniqueness<mentioned, table.duplicate_name, table.same_name[0], table.same_name[1]>::type>,
                "devlock: two lock classes of this hierarchy have one name; give each class its own");
  static_assert(!table.edge_from_leaf, "devlock: a leaf comes after everything; no edge leads out of it");
  static_assert(is_sound<typename acyclicity<Declaration, make_indices<table.cycle_length>>::type>,
                "devlock: these Before edges close a cycle; the classes of cycle<...> are in order, remove one edge");
  static_assert((is_sound<typename conservation<Declaration, Bases>::type> && ...),
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

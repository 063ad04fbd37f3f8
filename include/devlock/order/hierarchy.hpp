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
// one name, an extension that relates two classes of its base anew (a function compiled against the base would be wrong), an edge
// out of a leaf; see malformed.hpp. Not checked: that the program follows the order where it goes around devlock's guards.
#pragma once

#include <cstddef>

#include "devlock/order/lock_class.hpp"
#include "devlock/order/malformed.hpp"
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

  using Table = OrderTable<table_rows(classes), edges>;
  // Arrays, because compilers limit the length of a fold.
  static constexpr Table build() {
    constexpr const ClassId* ids[]{&class_id<Outer>..., &class_id<Inner>..., &class_id<Leaf>..., nullptr};
    Table t;
    (t.add_base(Bases::table), ...);
    for (std::size_t e = 0; e != own_edges; ++e) {
      const std::size_t i = own_edges + e;
      t.add_edge(ids[e]->key, ids[e]->name, e, ids[i]->key, ids[i]->name, i);
    }
    for (std::size_t l = 2 * own_edges; l != mentions; ++l) {
      t.add_leaf(ids[l]->key, ids[l]->name, l);
    }
    t.close();
    (t.compare(Bases::table), ...);
    return t;
  }

 public:
  /// The transitive closure, looked up by class. An implementation detail of `precedes` and of the graph.
  static constexpr Table table = build();
};

// The finding about a table that is not sound, as a type.
template <class Class>
constexpr auto unfit_class() {
  if constexpr (LockClass<Class>) {
    return instance_key_and_nest_owner<Class>{};
  } else {
    return lock_class_without_name<Class>{};
  }
}
template <class Order, std::size_t... Step>
cycle<typename class_of_row<Order, Order::table.cycle[Step]>::type...> cycle_of(indices<Step...>);
template <class Order>
constexpr auto duplicate_of() {
  constexpr auto& table = Order::table;
  if constexpr (table.same_name[1] == table.nowhere) {
    return name_taken_in_a_base<void>{};
  } else if constexpr (table.same_name[0] == table.nowhere) {
    return name_taken_in_a_base<typename Order::mentioned::template type<table.same_name[1]>>{};
  } else {
    return two_classes_of_one_name<typename Order::mentioned::template type<table.same_name[0]>,
                                   typename Order::mentioned::template type<table.same_name[1]>>{};
  }
}
template <class Order>
constexpr auto finding_of() {
  constexpr auto& table = Order::table;
  if constexpr (table.unfit != table.nowhere) {
    return unfit_class<typename Order::mentioned::template type<table.unfit>>();
  } else if constexpr (table.too_many_classes) {
    return too_many_classes<max_classes>{};
  } else if constexpr (table.duplicate_name) {
    return duplicate_of<Order>();
  } else if constexpr (table.edge_from_leaf) {
    return edge_from_leaf<typename class_of_row<Order, table.pair[0]>::type, typename class_of_row<Order, table.pair[1]>::type>{};
  } else if constexpr (table.cycle_length != 0) {
    return decltype(cycle_of<Order>(make_indices<table.cycle_length>{})){};
  } else {
    return relates_anew<typename class_of_row<Order, table.pair[0]>::type, typename class_of_row<Order, table.pair[1]>::type>{};
  }
}

template <class Order, bool Sound = Order::table.sound()>
struct judged {
  using type = Order;
};
template <class Order>
struct judged<Order, false> {
  using type = Malformed<decltype(finding_of<Order>())>;
};

// The bases are judged first; without them there is no table.
template <class Base>
inline constexpr bool is_fit_base = is_order<Base> && !std::is_base_of_v<AnyOrder, Base>;
template <class... Bases>
struct unfit_base {
  using type = AnyOrder;  // a malformed one has been reported
};
template <class First, class... More>
struct unfit_base<First, More...> {
  using type = std::conditional_t<is_order<First>, typename unfit_base<More...>::type, Malformed<not_a_hierarchy<First>>>;
};

// The kind of a part, by its place in a Hierarchy.
template <class Part>
inline constexpr int part_of = 3;
template <class... Orders>
inline constexpr int part_of<Extends<Orders...>> = 0;
template <class... Classes>
inline constexpr int part_of<Leaves<Classes...>> = 1;
template <class Outer, class Inner>
inline constexpr int part_of<Before<Outer, Inner>> = 2;
template <std::size_t Count>
constexpr std::size_t misplaced(const int (&parts)[Count]) {
  int last = -1;
  for (std::size_t p = 0; p != Count; ++p) {
    if (parts[p] == 3 || parts[p] < last || (parts[p] == last && last != 2)) {
      return p;
    }
    last = parts[p];
  }
  return 0;
}

// The type that a Hierarchy is.
template <class... Parts>
struct declared {
  using type = Malformed<misplaced_part<typename class_pick<Parts...>::template type<misplaced({part_of<Parts>...})>>>;
};
template <bool FitBases, class Bases, class Leaf, class... Edges>
struct extended : judged<Declaration<Bases, Leaf, Edges...>> {};
template <class... Bases, class Leaf, class... Edges>
struct extended<false, Extends<Bases...>, Leaf, Edges...> : unfit_base<Bases...> {};
template <class... Outer, class... Inner>
struct declared<Before<Outer, Inner>...> : judged<Declaration<Extends<>, Leaves<>, Before<Outer, Inner>...>> {};
template <class... Bases, class... Outer, class... Inner>
struct declared<Extends<Bases...>, Before<Outer, Inner>...>
    : extended<(is_fit_base<Bases> && ...), Extends<Bases...>, Leaves<>, Before<Outer, Inner>...> {};
template <class... Leaf, class... Outer, class... Inner>
struct declared<Leaves<Leaf...>, Before<Outer, Inner>...>
    : judged<Declaration<Extends<>, Leaves<Leaf...>, Before<Outer, Inner>...>> {};
template <class... Bases, class... Leaf, class... Outer, class... Inner>
struct declared<Extends<Bases...>, Leaves<Leaf...>, Before<Outer, Inner>...>
    : extended<(is_fit_base<Bases> && ...), Extends<Bases...>, Leaves<Leaf...>, Before<Outer, Inner>...> {};

}  // namespace detail

/// The base of a named hierarchy: at most one Extends, then at most one Leaves, then Before<Outer, Inner> edges.
template <class... Parts>
using Hierarchy = typename detail::declared<Parts...>::type;

}  // namespace devlock

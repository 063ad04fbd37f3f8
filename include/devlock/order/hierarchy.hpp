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
/// What a class that is no LockClass is reported with.
template <class Class>
struct lock_class_without_name {};
/// What two classes with one name are reported with.
template <class One, class Other>
struct two_classes_of_one_name {};

namespace detail {

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

// The edges that close the cycle, as the outer classes that they leave from.
template <const auto& Table, class Outers, class Steps>
struct acyclicity;
template <const auto& Table, class Outers, std::size_t... Step>
struct acyclicity<Table, Outers, indices<Step...>> {
  using type = cycle<typename Outers::template type<Table.cycle[Step]>...>;
};
template <const auto& Table, class Outers>
struct acyclicity<Table, Outers, indices<>> {
  using type = sound;
};

}  // namespace detail

/// The base of a named hierarchy. `Edges` are Before<Outer, Inner>.
template <class... Edges>
struct Hierarchy {
  static_assert(sizeof...(Edges) == 0 && sizeof...(Edges) != 0,
                "devlock: a Hierarchy is a list of Before<Outer, Inner> and of nothing else");
};

/// No edges: every lock is refused as not in the hierarchy.
template <>
struct Hierarchy<> {
  static constexpr detail::OrderTable<detail::table_capacity(0)> table{};
};

template <class... Outer, class... Inner>
struct Hierarchy<Before<Outer, Inner>...> {
 private:
  static constexpr std::size_t edges = sizeof...(Outer);
  using ends = detail::class_pick<Outer..., Inner...>;
  static_assert(detail::is_sound<typename detail::naming<ends, detail::first_false({LockClass<Outer>..., LockClass<Inner>...}),
                                                         2 * edges>::type>,
                "devlock: a lock class needs `static constexpr char name[] = \"...\"` that is not empty");

 public:
  /// The transitive closure, looked up by class. An implementation detail of `precedes`.
  static constexpr detail::OrderTable<detail::table_capacity(edges)> table =
      detail::make_order_table<detail::table_capacity(edges), edges>(
          {Outer::name...}, {Inner::name...}, {detail::class_key<Outer>...}, {detail::class_key<Inner>...});

 private:
  static_assert(!table.too_many_classes, "devlock: a hierarchy has room for 256 classes");
  static_assert(detail::is_sound<typename detail::uniqueness<ends, table.duplicate_name, table.same_name[0],
                                                             table.same_name[1]>::type>,
                "devlock: two lock classes of this hierarchy have one name; give each class its own");
  static_assert(detail::is_sound<typename detail::acyclicity<table, detail::class_pick<Outer...>,
                                                             detail::make_indices<table.cycle_length>>::type>,
                "devlock: these Before edges close a cycle; the classes of cycle<...> are in order, remove one edge");
};

}  // namespace devlock

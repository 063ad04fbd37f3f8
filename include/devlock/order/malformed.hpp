// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What is said of a malformed hierarchy. Hierarchy<...> is then a Malformed<finding>, so that the compiler prints the finding and
// its classes, not the edges; and what is done with the order afterwards compiles, so that one mistake is one error:
//
//   struct Order : Hierarchy<...> {};   // error: these Before edges close a cycle; Malformed<cycle<first, second, first>>
//   ThreadContext<Order> root;          // no error of its own
//
// Not here: how the findings are found; hierarchy.hpp does that.
#pragma once

#include <type_traits>

#include "devlock/order/order_table.hpp"

namespace devlock {

/// What stands in an Extends and is no hierarchy.
template <class Given>
struct not_a_hierarchy {};
/// What is no Extends, Leaves or Before, or stands in the wrong place.
template <class Part>
struct misplaced_part {};
/// A class that is no LockClass.
template <class Class>
struct lock_class_without_name {};
/// A class that has an instance_key and a nest_owner.
template <class Class>
struct instance_key_and_nest_owner {};
/// More classes than there is room for.
template <std::size_t Most>
struct too_many_classes {};
/// Two classes that have one name.
template <class One, class Other>
struct two_classes_of_one_name {};
/// A class whose name a class of a base has as well; void if two bases bring the name.
template <class New>
struct name_taken_in_a_base {};
/// An edge that leads from a leaf to another class.
template <class Leaf, class Inner>
struct edge_from_leaf {};
/// A cycle: its classes in order, the first one repeated at the end.
template <class... Path>
struct cycle {};
/// An extension that puts Outer before Inner while its base does not.
template <class Outer, class Inner>
struct relates_anew {};

namespace detail {

template <class... Orders>
struct BaseOrders;

/// A malformed order: it has every class, and each precedes each.
struct AnyOrder {
  struct Table : OrderTable<64, 0> {
    static constexpr std::size_t row_of(std::uint64_t) { return 0; }
    static constexpr bool has_name(std::size_t, const char*) { return true; }
    static constexpr bool precedes_row(std::uint64_t, std::size_t) { return true; }
    static constexpr bool contains(std::uint64_t) { return true; }
    static constexpr bool precedes(std::uint64_t, std::uint64_t) { return true; }
  };
  using bases = BaseOrders<>;
  static constexpr Table table{};
};

/// Whether this is a hierarchy.
template <class Order>
inline constexpr bool is_order = requires {
  typename Order::bases;
  Order::table.edges;
};

// False for each finding; a type, because compilers print its name.
template <class Finding>
inline constexpr bool is_sound = false;

// The text of each finding.
template <class Finding>
struct Report;
template <class Part>
struct Report<misplaced_part<Part>> {
  static_assert(is_sound<misplaced_part<Part>>,
                "devlock: a Hierarchy is an optional Extends<...>, an optional Leaves<...>, then Before<Outer, Inner> edges");
};
template <class Given>
struct Report<not_a_hierarchy<Given>> {
  static_assert(is_sound<not_a_hierarchy<Given>>,
                "devlock: Extends names complete structs that derive from devlock::Hierarchy<...>");
};
template <class Class>
struct Report<lock_class_without_name<Class>> {
  static_assert(is_sound<lock_class_without_name<Class>>,
                "devlock: a lock class needs `static constexpr char name[] = \"...\"` that is not empty");
};
template <class Class>
struct Report<instance_key_and_nest_owner<Class>> {
  static_assert(is_sound<instance_key_and_nest_owner<Class>>,
                "devlock: a class has instance_key or nest_owner, not both: one thread would follow the keys, the other not");
};
template <std::size_t Most>
struct Report<too_many_classes<Most>> {
  static_assert(is_sound<too_many_classes<Most>>,
                "devlock: a hierarchy has room for 256 classes; split it into orders that no thread uses together");
};
template <class One, class Other>
struct Report<two_classes_of_one_name<One, Other>> {
  static_assert(is_sound<two_classes_of_one_name<One, Other>>,
                "devlock: two lock classes of this hierarchy have one name; give each class its own");
};
template <class New>
struct Report<name_taken_in_a_base<New>> {
  static_assert(is_sound<name_taken_in_a_base<New>>,
                "devlock: a lock class has the name of another one in a base of this hierarchy; give each class its own");
};
template <class Leaf, class Inner>
struct Report<edge_from_leaf<Leaf, Inner>> {
  static_assert(is_sound<edge_from_leaf<Leaf, Inner>>,
                "devlock: a leaf comes after everything; no edge leads out of it");
};
template <class... Path>
struct Report<cycle<Path...>> {
  static_assert(is_sound<cycle<Path...>>,
                "devlock: these Before edges close a cycle; the classes of cycle<...> are in order, remove one edge");
};
template <class Outer, class Inner>
struct Report<relates_anew<Outer, Inner>> {
  static_assert(is_sound<relates_anew<Outer, Inner>>,
                "devlock: an extension relates two classes of its base anew; declare that edge in the base");
};

/// What a malformed Hierarchy is. It reports as soon as a struct derives from it, and in its destructor: a base that cannot be
/// completed would be dropped by clang, and each use of the order would be one more error.
template <class Finding>
struct Malformed : AnyOrder {
  virtual ~Malformed() noexcept(sizeof(Report<Finding>) != 0) = default;
};

/// What a context has reported, because it is no order.
template <class Given>
struct Reported : AnyOrder {};
/// The order itself, or one that permits everything.
template <class Given>
using order_given = std::conditional_t<is_order<Given>, Given, Reported<Given>>;

}  // namespace detail
}  // namespace devlock

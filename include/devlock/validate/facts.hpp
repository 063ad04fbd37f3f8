// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What the validator keeps about types: a hierarchy and a lock type as data, so that locks of many types stand on one stack. The rulings
// are those of order/rule.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "devlock/order/lock_class.hpp"
#include "devlock/order/order_table.hpp"
#include "devlock/order/rule.hpp"
#include "devlock/validate/how.hpp"

namespace devlock::detail {
template <class... Orders>
struct BaseOrders;
}  // namespace devlock::detail

namespace devlock::validate {

/// A type's name as the compiler writes it.
template <class T>
constexpr std::string_view type_name() {
  std::string_view text = __PRETTY_FUNCTION__;  // "... [with T = X; ...]" by g++, "... [T = X]" by clang
  text.remove_prefix(text.find("T = ") + 4);
  return text.substr(0, text.find_first_of(";]"));
}

/// A hierarchy.
struct OrderFacts {
  std::string_view name;
  bool (*contains)(std::uint64_t class_key);
  devlock::detail::Ruling (*judge)(const devlock::detail::Element& held, const devlock::detail::Request& request);
  bool (*precedes)(std::uint64_t outer, std::uint64_t inner);
  bool (*extends)(const OrderFacts* base);
  std::size_t (*row_of)(std::uint64_t class_key);
  const char* const* names;
  const std::uint16_t* outer;
  const std::uint16_t* inner;
  std::size_t edges;
};

/// The same order. Shared objects that hide their symbols have a copy each of what is constant.
inline bool is_same(const OrderFacts& one, const OrderFacts& other) {
  if (&one == &other) {
    return true;
  }
  if (one.name != other.name || one.edges != other.edges) {
    return false;
  }
  for (std::size_t e = 0; e != one.edges; ++e) {
    if (std::string_view(one.names[one.outer[e]]) != other.names[other.outer[e]] ||
        std::string_view(one.names[one.inner[e]]) != other.names[other.inner[e]]) {
      return false;
    }
  }
  return true;
}

namespace detail {
template <class... Bases>
bool any_extends(devlock::detail::BaseOrders<Bases...>*, const OrderFacts* wanted);
}  // namespace detail

namespace detail {
template <class Order>
struct order_questions {
  static bool contains(std::uint64_t key) { return Order::table.contains(key); }
  static devlock::detail::Ruling judge(const devlock::detail::Element& held, const devlock::detail::Request& request) {
    return devlock::detail::judge_wait(Order::table, &held, 1, request);
  }
  static bool precedes(std::uint64_t outer, std::uint64_t inner) { return Order::table.precedes(outer, inner); }
  static bool extends(const OrderFacts* base) {
    return any_extends(static_cast<typename Order::bases*>(nullptr), base);
  }
  static std::size_t row_of(std::uint64_t key) { return Order::table.row_of(key); }
};
}  // namespace detail

template <class Order>
inline constexpr OrderFacts order_facts{type_name<Order>(),
                                        &detail::order_questions<Order>::contains,
                                        &detail::order_questions<Order>::judge,
                                        &detail::order_questions<Order>::precedes,
                                        &detail::order_questions<Order>::extends,
                                        &detail::order_questions<Order>::row_of,
                                        Order::table.name,
                                        Order::table.outer,
                                        Order::table.inner,
                                        Order::table.edges};

template <class... Bases>
bool detail::any_extends(devlock::detail::BaseOrders<Bases...>*, [[maybe_unused]] const OrderFacts* wanted) {
  return (... || (is_same(*wanted, order_facts<Bases>) || order_facts<Bases>.extends(wanted)));
}

/// The classes of a shortest declared path; 0 if there is none. A leaf without an edge is two classes.
inline std::size_t find_path(const OrderFacts& order, std::uint64_t outer, std::uint64_t inner,
                             const char* (&path)[devlock::detail::max_classes]) {
  if (!order.precedes(outer, inner)) {
    return 0;
  }
  constexpr std::uint16_t unseen = 0xffff;
  std::uint16_t next[devlock::detail::max_classes];  // towards `inner`
  std::uint16_t queue[devlock::detail::max_classes];
  for (std::uint16_t& n : next) {
    n = unseen;
  }
  const auto from = static_cast<std::uint16_t>(order.row_of(outer));
  const auto to = static_cast<std::uint16_t>(order.row_of(inner));
  std::size_t length = 0;
  next[to] = to;
  queue[length++] = to;
  for (std::size_t done = 0; done != length && next[from] == unseen; ++done) {
    for (std::size_t e = 0; e != order.edges; ++e) {
      if (order.inner[e] == queue[done] && next[order.outer[e]] == unseen) {
        next[order.outer[e]] = queue[done];
        queue[length++] = order.outer[e];
      }
    }
  }
  if (next[from] == unseen) {
    path[0] = order.names[from];
    path[1] = order.names[to];
    return 2;
  }
  std::size_t found = 0;
  for (std::uint16_t at = from;; at = next[at]) {
    path[found++] = order.names[at];
    if (at == to) {
      return found;
    }
  }
}
/// True if an edge leads from one to the other.
inline bool has_edge(const OrderFacts& order, std::uint64_t outer, std::uint64_t inner) {
  for (std::size_t e = 0; e != order.edges; ++e) {
    if (order.outer[e] == order.row_of(outer) && order.inner[e] == order.row_of(inner)) {
      return true;
    }
  }
  return false;
}

/// One class of a lock type.
struct ClassFacts {
  const char* name;
  std::uint64_t key;
  std::uint64_t owner_key;  ///< of its nest owner; 0 for none
  bool keyed;
};

/// A lock type, or (without a lock) a class that is waited for.
struct LockFacts {
  const ClassFacts* classes;
  std::size_t count;
  void (*read_key)(const void* lock, void* key);                   ///< one keyed class only, else null
  bool (*follows)(const void* lock, const LockFacts& held, const void* held_lock);  ///< the same: is its key greater?
  bool (*is_live)(const void* lock);                               ///< null if it has no life()
};

namespace detail {

template <class C>
constexpr std::uint64_t nest_owner_key() {
  if constexpr (requires { typename C::nest_owner; }) {
    return devlock::detail::class_key<typename C::nest_owner>;
  } else {
    return 0;
  }
}
template <class C>
inline constexpr ClassFacts class_facts{C::name, devlock::detail::class_key<C>, nest_owner_key<C>(),
                                        requires { typename C::instance_key; }};

template <class First, class...>
struct first_of {
  using type = First;
};

template <class Lock, class Classes>
struct lock_facts_of;
template <class Lock, class... C>
struct lock_facts_of<Lock, ClassList<C...>> {
  static constexpr ClassFacts classes[]{class_facts<C>...};
  // Keys and lives are read through operations that a lock may have left non-const.
  static Lock& lock_at(const void* lock) { return *static_cast<Lock*>(const_cast<void*>(lock)); }
  // Compiled only for locks that can answer. No lambdas: g++ compares their parameters with the user's globals (-Wshadow).
  static void read_key(const void* lock, void* key) {
    *static_cast<typename first_of<C...>::type::instance_key*>(key) = lock_at(lock).instance_key();
  }
  static bool follows(const void* lock, const LockFacts& held, const void* held_lock) {
    typename first_of<C...>::type::instance_key held_key{};
    held.read_key(held_lock, &held_key);
    return held_key < lock_at(lock).instance_key();
  }
  static bool is_live(const void* lock) { return lock_at(lock).life() == decltype(lock_at(lock).life()){}; }

  static constexpr bool keyed = sizeof...(C) == 1 && (requires { typename C::instance_key; } && ...);
  static constexpr LockFacts make() {
    LockFacts facts{classes, sizeof...(C), nullptr, nullptr, nullptr};
    if constexpr (keyed) {
      facts.read_key = &read_key;
      facts.follows = &follows;
    }
    if constexpr (requires(const Lock& asked) { asked.life(); }) {
      facts.is_live = &is_live;
    }
    return facts;
  }
  static constexpr LockFacts value = make();
};

}  // namespace detail

template <class Lock>
inline constexpr const LockFacts& lock_facts = detail::lock_facts_of<Lock, devlock::detail::classes_of<Lock>>::value;
struct NoLock {};
template <class Class>
inline constexpr const LockFacts& class_only = detail::lock_facts_of<NoLock, ClassList<Class>>::value;

}  // namespace devlock::validate

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What a random program is about: a random order over a few classes, what is special about each class, and the locks, devices and
// conditions there are. The order is a real OrderTable, built at run time by the functions that build one at compile time.
// The class with index i is a real lock class, Class<i>, so that templates of the library over classes can be asked as well.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "devlock/order/instance.hpp"
#include "devlock/order/lock_class.hpp"
#include "devlock/order/order_table.hpp"

namespace rules {

inline constexpr std::size_t max_classes = 7;
inline constexpr std::size_t max_locks = 8;
inline constexpr std::size_t max_devices = 2;
inline constexpr std::size_t max_conditions = 2;
inline constexpr std::size_t max_threads = 3;
inline constexpr std::size_t none = ~std::size_t{0};

template <std::size_t I>
struct Class {
  static constexpr char name[] = {'c', static_cast<char>('0' + I), '\0'};
  using instance_key = unsigned;
};
static_assert(devlock::LockClass<Class<0>>);

using Table = devlock::detail::OrderTable<64, 32>;

template <std::size_t... I>
constexpr auto keys_of(std::index_sequence<I...>) {
  return std::array{devlock::detail::class_key<Class<I>>...};
}
template <std::size_t... I>
constexpr auto names_of(std::index_sequence<I...>) {
  return std::array{static_cast<const char*>(Class<I>::name)...};
}
inline constexpr auto class_keys = keys_of(std::make_index_sequence<max_classes>{});
inline constexpr auto class_names = names_of(std::make_index_sequence<max_classes>{});

/// What a program may contain. Each world has a few of them.
enum class Feature : unsigned char {
  instances,    ///< a class whose instances are ordered by keys
  nest,         ///< a class with a nest owner, with several owners and groups
  shared,       ///< a reader-writer lock
  erasure,      ///< calls through a ContextFor
  early,        ///< guards released before their scope ends
  conditions,   ///< condition waits
  descriptors,  ///< open descriptors, and unbinding that waits for them
  parked,       ///< a descriptor that was open before the program began
  scopes,       ///< several instances waited for in one walk
  retries,      ///< tries that are repeated until they succeed
  destructors,  ///< objects whose end waits for a lock
  count,
};
inline constexpr std::size_t feature_count = static_cast<std::size_t>(Feature::count);
inline constexpr const char* feature_names[feature_count] = {
    "instance keys", "nest locks",         "readers", "erased calls", "early release",      "condition waits",
    "descriptors",   "parked descriptors", "scopes",  "retries",      "waiting destructors"};

struct ClassTraits {
  bool keyed = false;
  std::size_t owner = none;  ///< the class of its nest owner
  bool shared = false;
  bool scope = false;          ///< its instances are taken in walks
  std::size_t partner = none;  ///< each of its instances has one of this class, which a walk takes as well
};

struct LockTraits {
  std::size_t of_class = 0;
  unsigned key = 0;       ///< its instance key
  std::size_t group = 0;  ///< of a nest owner: its own; of what nests under it: the owner's
};

struct World {
  Table table{};
  Table other{};  ///< the table with one more relation, which the threads do not share; only for a weakened rule
  std::size_t classes = 0;
  ClassTraits of_class[max_classes]{};
  std::size_t locks = 0;
  LockTraits lock[max_locks]{};
  std::size_t devices = 0;
  std::size_t open_class = none;  ///< the class of a descriptor's life
  std::size_t conditions = 0;
  std::size_t condition_lock[max_conditions]{};
  std::size_t threads = 2;
  bool has[feature_count]{};

  [[nodiscard]] bool with(Feature feature) const { return has[static_cast<std::size_t>(feature)]; }
  [[nodiscard]] bool precedes(std::size_t outer, std::size_t inner) const {
    return table.precedes(class_keys[outer], class_keys[inner]);
  }
};

}  // namespace rules

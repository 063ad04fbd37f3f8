// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A lock class is a type with a name; it stands for every lock instance that plays one role.
//
//   struct group_lock { static constexpr char name[] = "vfio_group.group_lock"; };
//
// Order is declared between classes, never between instances. Not checked here: that two classes of one
// hierarchy have different names; Hierarchy does that.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace devlock {

/// A type that names a lock class: it has a `static constexpr char name[]` that is not empty.
/// An array, not a pointer, because its address is the identity of the class at compile time.
template <class C>
concept LockClass = std::is_array_v<std::remove_reference_t<decltype((C::name))>> &&
                    std::convertible_to<decltype((C::name)), const char*> && sizeof(C::name) > 1;

/// The classes that one lock joins when it is taken, outermost first. Most locks have one; DeviceLock has two.
template <class... Classes>
struct ClassList {};

namespace detail {

constexpr std::uint64_t hash_name(const char* text) {
  std::uint64_t hash = 1469598103934665603ULL;  // FNV-1a, 64 bits
  while (*text != '\0') {
    hash = (hash ^ static_cast<unsigned char>(*text++)) * 1099511628211ULL;
  }
  return hash | 1U;  // 0 marks a free slot
}

template <class C>
inline constexpr std::uint64_t class_key = hash_name(C::name);

template <class L>
struct classes_of_lock;
template <class L>
  requires requires { typename L::lock_class; }
struct classes_of_lock<L> {
  using type = ClassList<typename L::lock_class>;
};
template <class L>
  requires requires { typename L::lock_classes; }
struct classes_of_lock<L> {
  using type = typename L::lock_classes;
};

/// ClassList of a lock type, from its `lock_class` or `lock_classes`.
template <class L>
using classes_of = typename classes_of_lock<L>::type;

}  // namespace detail

/// A lock that devlock's guards can take: it says which class or classes it belongs to.
template <class L>
concept ClassifiedLock = requires { typename detail::classes_of<L>; };

}  // namespace devlock

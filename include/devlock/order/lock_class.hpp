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

namespace detail {
template <class Name>
inline constexpr bool is_text = false;
template <std::size_t Size>
inline constexpr bool is_text<const char[Size]> = true;
template <>
inline constexpr bool is_text<const char[]> = true;  // of a class template, until its size is asked for
}  // namespace detail

/// A type that names a lock class: it has a `static constexpr char name[]` that is not empty.
/// An array, not a pointer, because its address is the identity of the class at compile time.
template <class C>
concept LockClass = detail::is_text<decltype(C::name)> && sizeof(C::name) > 1;

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

/// What a hierarchy knows of a class: its key, and the address of its name, which tells it from others of that name.
struct ClassId {
  std::uint64_t key;
  const char* name;
};
/// No key for what cannot be in a hierarchy.
template <class C>
inline constexpr ClassId class_id{0, nullptr};
template <class C>
  requires LockClass<C> && (!requires {
             typename C::instance_key;
             typename C::nest_owner;
           })
inline constexpr ClassId class_id<C>{hash_name(C::name), C::name};

/// A class whose instances have an order, see instance.hpp; or a nest lock, see nest.hpp.
template <class C>
inline constexpr bool keyed_class = requires { typename C::instance_key; };
template <class C>
inline constexpr bool nested_class = requires { typename C::nest_owner; };

/// Stands for the classes of a lock that has none.
template <class L>
struct Unclassified {};
template <class L>
struct classes_of_lock {
  using type = Unclassified<L>;
};
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

/// ClassList of a lock type, from its `lock_class` or `lock_classes`; else Unclassified.
template <class L>
using classes_of = typename classes_of_lock<L>::type;

}  // namespace detail

/// A lock that devlock's guards can take: it says which class or classes it belongs to.
template <class L>
concept ClassifiedLock = !std::same_as<detail::classes_of<L>, detail::Unclassified<L>>;

}  // namespace devlock

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Several locks of one class in the order of an instance key: a class that declares `using instance_key = T` may be
// waited for again while instances of it are held, if the new one's key is greater than the keys of ALL of them, tried ones
// too. That is a fact about values, so it is checked when the lock is taken, in release as well; a lock says its key by
// `instance_key()`, which must never change.
//
//   struct device { static constexpr char name[] = "device"; using instance_key = std::uint32_t; };
//
// The keys in use are a chain through the contexts; a class without a key pays nothing. Not checked: that keys are unique
// and constant.
#pragma once

#include "devlock/config.hpp"
#include "devlock/order/verdict.hpp"

namespace devlock::detail {

/// One held instance of a keyed class, newest first.
struct InstanceRecord {
  const InstanceRecord* previous;
  std::uint64_t class_key;
  const void* key;
};

/// The part of a context that leads to the keyed instances held.
template <bool Keyed>
struct InstanceLink {
  static constexpr const InstanceRecord* newest_instance() { return nullptr; }
  static constexpr void set_newest_instance(const InstanceRecord*) {}
};
template <>
struct InstanceLink<true> {
  [[nodiscard]] const InstanceRecord* newest_instance() const { return newest_; }
  void set_newest_instance(const InstanceRecord* newest) { newest_ = newest; }

 private:
  const InstanceRecord* newest_ = nullptr;
};

template <class Element>
inline constexpr bool keyed_element = keyed_class<Element>;
template <class C>
inline constexpr bool keyed_element<Shared<C>> = keyed_class<C>;
template <class C, class Owner>
inline constexpr bool keyed_element<Nested<C, Owner>> = false;
template <class C>
inline constexpr bool keyed_element<Below<C>> = false;

template <class HeldSet>
inline constexpr bool holds_keyed = false;
template <class Order, class... Elements>
inline constexpr bool holds_keyed<Held<Order, Elements...>> = (keyed_element<Elements> || ...);

/// True if `key` is greater than every held key of the class.
template <class Class, class Key>
constexpr bool follows_all(const InstanceRecord* newest, const Key& key) {
  for (; newest != nullptr; newest = newest->previous) {
    if (newest->class_key == class_key<Class> && !(*static_cast<const Key*>(newest->key) < key)) {
      return false;
    }
  }
  return true;
}

template <class Classes>
inline constexpr bool lists_keyed = false;
template <class... C>
inline constexpr bool lists_keyed<ClassList<C...>> = (keyed_class<C> || ...);

/// What a guard of lock type L adds to the chain. Nothing unless L has a keyed class, which is then its only one.
template <class L, class Classes = classes_of<L>>
struct InstanceEntry {
  static_assert(!lists_keyed<Classes>, "devlock: a lock of several classes has no instance key; take its parts one by one");
  static constexpr bool follows(const InstanceRecord*, L&) { return true; }
  template <class Parent, class Self>
  static constexpr void link(const Parent& parent, Self& self, L&) {
    self.set_newest_instance(parent.newest_instance());
  }
};
template <class L, class C>
  requires keyed_class<C>
struct InstanceEntry<L, ClassList<C>> {
  static bool follows(const InstanceRecord* newest, L& lock) {
    return follows_all<C, typename C::instance_key>(newest, lock.instance_key());
  }
  template <class Parent, class Self>
  void link(const Parent& parent, Self& self, L& lock) {
    key = lock.instance_key();
    record = {parent.newest_instance(), class_key<C>, &key};
    self.set_newest_instance(&record);
  }
  typename C::instance_key key{};
  InstanceRecord record{};
};

/// The same for a walk over several locks of type L, all of which are then held.
template <class L, class Classes = classes_of<L>>
struct InstanceWalk {
  static_assert(!lists_keyed<Classes>, "devlock: a lock of several classes has no instance key; take its parts one by one");
  template <class Locks>
  static constexpr bool follows(const InstanceRecord*, const Locks&) {
    return true;
  }
  template <class Parent, class Self, class Locks>
  static constexpr void link(const Parent& parent, Self& self, const Locks&) {
    self.set_newest_instance(parent.newest_instance());
  }
};
template <class L, class C>
  requires keyed_class<C>
struct InstanceWalk<L, ClassList<C>> {
  using Key = typename C::instance_key;
  /// True if the keys rise along the walk, from those of all held instances on.
  template <class Locks>
  static bool follows(const InstanceRecord* newest, const Locks& locks) {
    InstanceRecord record{newest, class_key<C>, nullptr};
    Key before{};
    for (L* lock : locks) {
      const Key next = lock->instance_key();
      if (!follows_all<C, Key>(record.key == nullptr ? newest : &record, next)) {
        return false;
      }
      before = next;
      record.key = &before;
    }
    return true;
  }
  /// The greatest key stands for all of them: a try may walk in another order than that of the keys.
  template <class Parent, class Self, class Locks>
  void link(const Parent& parent, Self& self, const Locks& locks) {
    record = {parent.newest_instance(), class_key<C>, nullptr};
    for (L* lock : locks) {
      const Key next = lock->instance_key();
      if (record.key == nullptr || key < next) {
        key = next;
        record.key = &key;
      }
    }
    self.set_newest_instance(record.key == nullptr ? parent.newest_instance() : &record);
  }
  Key key{};
  InstanceRecord record{};
};

}  // namespace devlock::detail

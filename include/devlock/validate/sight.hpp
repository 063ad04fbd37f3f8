// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// How the validator sees a lock object: which mutex it stands for, its mark, and whether it belongs to a nest lock.
#pragma once

#include <memory>

#include "devlock/validate/live_lock_mark.hpp"

namespace devlock::validate::detail {

// A wrapper of a mutex elsewhere stands for that mutex: two wrappers of one mutex are one lock.
template <class Lock>
LockSight sight(const Lock& lock) {
  if constexpr (requires(Lock& open) { requires std::is_lvalue_reference_v<decltype(open.native())>; }) {
    auto& native = const_cast<Lock&>(lock).native();
    return {std::addressof(lock), std::addressof(native), sizeof native, &lock_facts<Lock>};
  } else {
    return {std::addressof(lock), std::addressof(lock), sizeof(Lock), &lock_facts<Lock>};
  }
}

template <class Lock>
const LiveLockMark* mark_of(const Lock& lock) {
  if constexpr (requires { requires std::is_same_v<std::remove_cvref_t<decltype((lock.mark))>, LiveLockMark>; }) {
    return &lock.mark;
  } else {
    return nullptr;
  }
}

/// The nest lock of one guard named by `under`.
struct NestOwner {
  const HeldRecord* held;  ///< null if this thread does not hold it
  bool asked;              ///< the lock asked for can say whose it is
  bool owns;               ///< and it is this one's
};

template <class Guard>
struct guarded {
  using type = void;
};
template <template <class, class> class Guard, class Permission, class Lock>
struct guarded<Guard<Permission, Lock>> {
  using type = Lock;
};

inline const HeldRecord* find_taken(Thread& thread, std::uint64_t context) {
  for (HeldRecord* held = thread.held.newest(); held != nullptr; held = thread.held.older(*held)) {
    if (held->held && held->serial.load(std::memory_order_relaxed) == context) {  // written by this thread
      return held;
    }
  }
  return nullptr;
}

template <class Guard, class Lock>
NestOwner nest_owner(Thread& thread, std::uint64_t context, const Guard&, const Lock& lock) {
  using Owner = typename guarded<Guard>::type;
  const HeldRecord* held = find_taken(thread, context);
  if constexpr (!std::is_void_v<Owner>) {
    if constexpr (requires(const Owner& owner) { static_cast<bool>(lock.owned_by(owner)); }) {
      return {held, true, held != nullptr && lock.owned_by(*static_cast<const Owner*>(held->sight.lock))};
    }
  }
  return {held, false, false};
}

}  // namespace devlock::validate::detail

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
  if constexpr (WrapsMutex<Lock>) {
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
  const Record* held;  ///< null if this thread does not hold it
  bool asked;          ///< the lock asked for can say whose it is
  bool owns;           ///< and it is this one's
};

template <class Guard>
struct guarded {
  using type = void;
};
template <template <class, class> class Guard, class Permission, class Lock>
struct guarded<Guard<Permission, Lock>> {
  using type = Lock;
};

inline const Record* find_taken(Thread& thread, const Record* context) {
  const Record* held = newest_held(thread);
  while (held != nullptr && (context == nullptr || held->its_context() != context)) {
    held = older_held(thread, *held);
  }
  return held;
}

template <class Guard, class Lock>
NestOwner nest_owner(Thread& thread, const Record* context, const Guard&, const Lock& lock) {
  using Owner = typename guarded<Guard>::type;
  const Record* held = find_taken(thread, context);
  if constexpr (!std::is_void_v<Owner>) {
    if constexpr (requires(const Owner& owner) { static_cast<bool>(lock.owned_by(owner)); }) {
      return {held, true, held != nullptr && lock.owned_by(*static_cast<const Owner*>(held->lock_address()))};
    }
  }
  return {held, false, false};
}

}  // namespace devlock::validate::detail

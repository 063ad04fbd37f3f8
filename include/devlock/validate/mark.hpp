// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The hooks of the run-time validator: a mark in every context and in every lock, told what happens. Here are the marks of a program
// without a validator, which are empty and do nothing; validate/live_mark.hpp has the others.
//
//   ContextMark       in a root or a guard: enter, want, took or lost, gives, leave
//   ContextReference  in a ContextFor: which context it was made from
//   LockMark          in a lock: destroyed while held
#pragma once

#include "devlock/config.hpp"
#include "devlock/validate/where.hpp"

namespace devlock::validate {

/// How a lock is asked for.
enum class How : unsigned char { wait, try_once, shared_wait, shared_try, nested_wait, nested_try, scope_wait, adopt };

struct SilentReference {};

struct SilentContextMark {
  [[nodiscard]] static constexpr SilentReference reference() noexcept { return {}; }
  /// A root: the thread has none yet.
  template <class Order>
  static constexpr void enter_root(Where) noexcept {}
  /// A root in the middle of a thread.
  template <class Order>
  static constexpr void enter_unchecked(const char*, Where) noexcept {}
  /// A guard made from `parent`, a mark or a reference. From here on it is the thread's context.
  template <class Parent>
  static constexpr void enter(const Parent&, Where) noexcept {}
  /// The context ends, and its parent is the thread's context again. The second call does nothing.
  static constexpr void leave() noexcept {}

  /// A lock is about to be waited for or tried.
  template <class Order, class Lock>
  static constexpr void want(const Lock&, How, Where) noexcept {}
  /// It was taken.
  template <class Lock>
  static constexpr void took(const Lock&) noexcept {}
  /// The try failed.
  template <class Lock>
  static constexpr void lost(const Lock&) noexcept {}
  /// It is about to be given back.
  template <class Lock>
  static constexpr void gives(const Lock&) noexcept {}
};

struct SilentLockMark {};

template <bool On>
struct Marks {
  using Context = SilentContextMark;
  using Reference = SilentReference;
  using Lock = SilentLockMark;
};

using ContextMark = Marks<DEVLOCK_VALIDATE != 0>::Context;
using ContextReference = Marks<DEVLOCK_VALIDATE != 0>::Reference;
using LockMark = Marks<DEVLOCK_VALIDATE != 0>::Lock;

}  // namespace devlock::validate

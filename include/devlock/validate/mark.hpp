// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The hooks of the run-time validator: a mark in every context and in every lock, told what happens. Here are the marks of a program
// without a validator, which are empty and do nothing; validate/live_mark.hpp has the others.
//
//   ContextMark       in a root or a guard: enter, want, took or lost, gives, leave; nests, joins. A guard of one lock calls enter_for,
//                     took_first or lost, leave_with, which are the same in fewer steps
//   ContextReference  in a ContextFor: which context it was made from
//   LockMark          in a lock: destroyed while held. A lock of your own has it as a public member `mark`
//   BoundedRetry      alive during a loop of tries that is known to end
#pragma once

#include "devlock/config.hpp"
#include "devlock/validate/how.hpp"
#include "devlock/validate/where.hpp"
#include DEVLOCK_VALIDATE_HEADER

namespace devlock::validate {

struct SilentReference {
  /// A wait without a guard, for whatever `object` stands for.
  template <class Order, class Class>
  static constexpr void waits(const void*, Where) noexcept {}
  /// Of a guard: a condition wait has taken `lock` again, which others may have taken meanwhile.
  template <class Lock>
  static constexpr void woke(const Lock&) noexcept {}
};

struct SilentContextMark {
  /// Whether the calls below do anything.
  static constexpr bool live = false;
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

  /// A guard of one lock: enter and want.
  template <class Order, class Parent, class Lock>
  static constexpr void enter_for(const Parent&, const Lock&, How, Where) noexcept {}
  /// It was taken.
  template <class Lock>
  static constexpr void took_first(const Lock&, How) noexcept {}
  /// It is about to be given back, and the context ends: gives and leave.
  template <class Lock>
  static constexpr void leave_with(const Lock&, How) noexcept {}
  /// Before the context ends, if it may be used by mistake after that.
  static constexpr void remember() noexcept {}

  /// The guards of the nest locks, named for the next `want`.
  template <class Lock, class... Owners>
  static constexpr void nests(const Lock&, Where, const Owners&...) noexcept {}
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
  /// Until the context ends this thread is a user of `object`, whose end others wait for.
  template <class Order, class Class>
  static constexpr void joins(const void*, Where) noexcept {}
  /// A condition wait is about to give back `lock` for a while, and nothing else; the classes of `Named` may stay held.
  template <class Order, class Lock, class... Named>
  static constexpr void sleeps(const Lock&, Where) noexcept {}
};

struct SilentLockMark {};

struct SilentBoundedRetry {
  constexpr SilentBoundedRetry() noexcept {}
};

template <>
struct Marks<false> {
  using Context = SilentContextMark;
  using Reference = SilentReference;
  using Lock = SilentLockMark;
  using BoundedRetry = SilentBoundedRetry;
};

using ContextMark = Marks<DEVLOCK_VALIDATE != 0>::Context;
using ContextReference = Marks<DEVLOCK_VALIDATE != 0>::Reference;
using LockMark = Marks<DEVLOCK_VALIDATE != 0>::Lock;
using BoundedRetry = Marks<DEVLOCK_VALIDATE != 0>::BoundedRetry;

}  // namespace devlock::validate

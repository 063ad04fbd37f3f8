// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The marks of a program under the model checker (see validate/mark.hpp): guards tell them where in the user's source they
// were called, and of which class their lock is. Reports then name that place instead of a line in a header of the library.
//
// devlock::check makes validate/mark.hpp include this header instead of the validator, whose threads simulated threads are not.
// Not known: where a guard ends; its unlock has no place.
#pragma once

#include "devlock/check/report/name.hpp"
#include "devlock/validate/how.hpp"
#include "devlock/validate/where.hpp"

namespace devlock::validate {

static_assert(DEVLOCK_VALIDATE != 0, "devlock: these marks are chosen by what devlock::check brings");

struct CallSiteReference {
  template <class Order, class Class>
  static constexpr void waits(const void*, Where) noexcept {}
  template <class Lock>
  static constexpr void woke(const Lock&) noexcept {}
};

struct CallSiteContextMark {
  static constexpr bool live = true;
  [[nodiscard]] static constexpr CallSiteReference reference() noexcept { return {}; }
  template <class Order>
  static constexpr void enter_root(Where) noexcept {}
  template <class Order>
  static constexpr void enter_unchecked(const char*, Where) noexcept {}
  template <class Parent>
  static constexpr void enter(const Parent&, Where) noexcept {}
  static constexpr void leave() noexcept {}
  template <class Order, class Parent, class Lock>
  static void enter_for(const Parent&, const Lock& lock, How how, Where where) noexcept {
    want<Order>(lock, how, where);
  }
  template <class Lock>
  static void took_first(const Lock&, How) noexcept {
    close();
  }
  template <class Lock>
  static constexpr void leave_with(const Lock&, How) noexcept {}
  static constexpr void remember() noexcept {}
  template <class Lock, class... Owners>
  static constexpr void nests(const Lock&, Where, const Owners&...) noexcept {}
  template <class Order, class Lock>
  static void want(const Lock& lock, How how, Where where) noexcept {
    if (check::detail::event_log != nullptr && how != How::adopt) {
      check::detail::note_lock_class(lock);
      check::detail::event_log->open_call({where.function, where.file, where.line});
    }
  }
  template <class Lock>
  static void took(const Lock&) noexcept {
    close();
  }
  template <class Lock>
  static void lost(const Lock&) noexcept {
    close();
  }
  template <class Lock>
  static constexpr void gives(const Lock&) noexcept {}
  template <class Order, class Class>
  static constexpr void joins(const void*, Where) noexcept {}
  template <class Order, class Lock, class... Named>
  static void sleeps(const Lock&, Where where) noexcept {
    if (check::detail::event_log != nullptr) {
      check::detail::event_log->sleeps_at({where.function, where.file, where.line});
    }
  }

 private:
  static void close() noexcept {
    if (check::detail::event_log != nullptr) {
      check::detail::event_log->close_call();
    }
  }
};

struct CallSiteLockMark {};

struct CallSiteBoundedRetry {
  constexpr CallSiteBoundedRetry() noexcept {}
};

template <>
struct Marks<true> {
  using Context = CallSiteContextMark;
  using Reference = CallSiteReference;
  using Lock = CallSiteLockMark;
  using BoundedRetry = CallSiteBoundedRetry;
};

}  // namespace devlock::validate

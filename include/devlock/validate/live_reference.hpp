// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Which context a ContextFor was made from. It may outlive it; then its use is told.
#pragma once

#include "devlock/validate/check_held.hpp"
#include "devlock/validate/watch.hpp"

namespace devlock::validate {

class LiveReference : public detail::Reference {
 public:
  template <class Order, class Class>
  void waits(const void* object, Site where) const noexcept {
    if (Thread* self = detail::here()) {
      detail::check_use(*self, *this, where);
      detail::check_wait(*self, record, {object, object, 1, &class_only<Class>}, asked_class<Order, Class>(How::wait),
                         where);
    }
  }
  template <class Lock>
  void woke(const Lock& lock) const noexcept {
    const LiveLockMark* const mark = detail::mark_of(lock);
    if (mark != nullptr && record != nullptr && record->lock_address() == std::addressof(lock)) {
      mark->took(*record);
    }
  }

 private:
  friend class LiveContextMark;
  [[nodiscard]] const LiveReference& reference() const noexcept { return *this; }
  /// Where the thread's newest context is this one, its record.
  [[nodiscard]] bool is_newest() const noexcept {
    return record == detail::Threads::here.newest && record->serial == serial;
  }
  [[nodiscard]] Record& top() const noexcept { return *record; }
};

}  // namespace devlock::validate

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The marks of a program with a validator: they keep the thread's contexts and locks and report what the types cannot see.
// What each hook means stands in validate/mark.hpp, what is found in validate/report.hpp.
//
// What it cannot see: locks taken around devlock's guards, paths that did not run, contexts of fibers and coroutines that move
// between threads, and the destruction of a lock without a mark of its own. A shared object that declares orders or lock types must not
// be unloaded: what is remembered of them would be taken for those of another one at its address. One that is loaded by dlopen shares the
// contexts of the program only if that exports its symbols (-rdynamic); else each watches its own, and one passed on looks stale.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include "devlock/validate/leave.hpp"
#include "devlock/validate/live_bounded_retry.hpp"
#include "devlock/validate/live_reference.hpp"

namespace devlock::validate {

class LiveContextMark {
 public:
  static constexpr bool live = true;
  LiveContextMark() noexcept {}
  LiveContextMark(const LiveContextMark&) = delete;
  LiveContextMark& operator=(const LiveContextMark&) = delete;
  DEVLOCK_ALWAYS_INLINE ~LiveContextMark() {
    if (record_ != nullptr) [[unlikely]] {
      leave();
    }
  }

  [[nodiscard]] LiveReference reference() const noexcept {
    LiveReference self;
    if (record_ == nullptr) {
      self.thread = past_.thread;
      self.site = past_.site;
    } else {
      self.record = record_->its_context();
      self.serial = self.record->serial;
      self.thread = detail::number_of(*self.record);
      self.site = self.record->site.read();
    }
    return self;
  }

  template <class Order>
  void enter_root(Site where) noexcept {
    past_ = {};
    if (Thread* thread = detail::here()) {
      detail::check_root(*thread, order_facts<Order>, where);
      record_ = detail::begin(*thread, nullptr, nullptr, where);
    }
  }
  template <class Order>
  void enter_unchecked(const char* reason, Site where) noexcept {
    past_ = {};
    if (Thread* thread = detail::here()) {
      record_ = detail::begin(*thread, nullptr, reason, where);
    }
  }
  template <class Parent>
  void enter(const Parent& parent, Site where) noexcept {
    past_ = {};
    if (parent.is_newest() && parent.top().newer != nullptr) {
      const Record* const below = &parent.top();
      begin(parent.top(), where);
      record_->lock.store(nullptr, std::memory_order_relaxed);  // read by its own thread only while it is null
      record_->path = below->path;
      record_->version = detail::Threads::here.version;
    } else {
      record_ = detail::enter(parent.reference(), where);
    }
  }
  void leave() noexcept {
    if (record_ != nullptr) {
      remember();
      Record& top = *std::exchange(record_, nullptr);
      if (detail::is_own(top)) {
        detail::end(top);
      } else {
        detail::end_elsewhere(top, {}, nullptr);
      }
    }
  }

  // A guard of one lock: what it does most is here, what is not as usual is told elsewhere.
  template <class Order, class Parent, class Lock>
  DEVLOCK_ALWAYS_INLINE void enter_for(const Parent& parent, const Lock& lock, How how, Site where) noexcept;
  template <class Lock>
  DEVLOCK_ALWAYS_INLINE void took_first(const Lock& lock, How how) noexcept;
  template <class Lock>
  DEVLOCK_ALWAYS_INLINE void leave_with(const Lock& lock, How how) noexcept;
  /// The guard lives on, and may still be taken for a context.
  void remember() noexcept {
    if (record_ != nullptr) {
      past_ = {detail::number_of(*record_->its_context()), record_->made_at()};
    }
  }

  template <class Lock, class... Owners>
  static void nests(const Lock& lock, Site where, const Owners&... owners) noexcept {
    if (Thread* thread = detail::here()) {
      const detail::NestOwner named[]{detail::nest_owner(*thread, owners.mark.context(), owners, lock)...};
      detail::name_owners(*thread, named, sizeof...(Owners), detail::sight(lock), where);
    }
  }
  template <class Order, class Lock>
  void want(const Lock& lock, How how, const Site& where) noexcept {
    if (record_ == nullptr) {
      return;
    }
    const AskedFacts& asked = asked_facts<Order, Lock>(how);
    if (record_ == detail::Threads::here.newest && record_->lock_address() == nullptr) {
      ask_first(*record_, *record_->older, record_->path, lock, asked, where);
    } else {
      record_ = detail::ask(*record_, detail::sight(lock), asked, where);
    }
  }
  template <class Lock>
  void took(const Lock& lock) noexcept {
    if (record_ == nullptr) {
      return;
    }
    const Record* const record = detail::take(*record_, detail::sight(lock));
    if (const LiveLockMark* mark = detail::mark_of(lock); mark != nullptr && record != nullptr) {
      detail::is_shared(record->how()) ? mark->took_shared(*record) : mark->took(*record);
    }
  }
  template <class Lock>
  void lost(const Lock& lock) noexcept {
    if (record_ != nullptr) {
      detail::lose(record_, detail::sight(lock));
    }
  }
  template <class Lock>
  void gives(const Lock& lock) noexcept {
    const LiveLockMark* const mark = detail::mark_of(lock);
    if (record_ == nullptr) {
      if (mark != nullptr) {
        mark->gives_either();
      }
    } else if (detail::give_back_last(record_, std::addressof(lock), mark)) {
      return;
    } else if (detail::is_own(*record_)) {
      detail::give_back(record_, detail::sight(lock), mark);
    } else {
      remember();
      detail::end_elsewhere(*std::exchange(record_, nullptr), detail::party(detail::sight(lock), How::wait, {}), mark);
    }
  }
  template <class Order, class Class>
  void joins(const void* object, Site where) noexcept {
    if (record_ != nullptr) {
      record_ = detail::join(*record_, object, asked_class<Order, Class>(How::lifetime), where);
    }
  }
  template <class Order, class Lock, class... Named>
  void sleeps(const Lock& lock, Site where) const noexcept {
    const std::uint64_t named[]{devlock::detail::class_key<Named>..., 0};
    if (record_ != nullptr && detail::is_own(*record_)) {
      detail::check_sleep(*record_->owner, detail::sight(lock), &order_facts<Order>, named, sizeof...(Named), where);
    }
  }

 private:
  /// What is known of a context that has ended.
  struct Past {
    std::uint64_t thread;
    Site site;
  };

  /// The record above the newest is the context's.
  DEVLOCK_ALWAYS_INLINE Record* begin(Record& below, const Site& where) noexcept {
    Record* const record = record_ = detail::Threads::here.newest = below.newer;
    record->site.write(where);
    record->parent = below.its_context();
    ++record->serial;
    return record;
  }
  /// The first lock of the context on top, which may be ruled already: over what is `below`, of these types.
  template <class Lock>
  DEVLOCK_ALWAYS_INLINE static void ask_first(Record& record, const Record& older, std::uint64_t below,
                                              const Lock& lock, const AskedFacts& asked, const Site& where) noexcept;
  [[nodiscard]] const Record* context() const noexcept { return record_ == nullptr ? nullptr : record_->its_context(); }
  [[nodiscard]] bool is_newest() const noexcept { return record_ == detail::Threads::here.newest; }
  [[nodiscard]] Record& top() const noexcept { return *record_; }

  Record* record_ = nullptr;  // the context's, or of the last lock that it asked for; null when it has ended
  union {                     // written by remember(), so that no guard need write it before
    Past past_;
  };
};

template <class Order, class Parent, class Lock>
void LiveContextMark::enter_for(const Parent& parent, const Lock& lock, How how, Site where) noexcept {
  const AskedFacts& asked = asked_facts<Order, Lock>(how);
  if (!parent.is_newest() || parent.top().newer == nullptr) [[unlikely]] {
    record_ = detail::enter(parent.reference(), where);
    if (record_ == nullptr) {
      past_ = {};
    } else {
      detail::ask_guard(*record_, detail::sight(lock), asked, where);
    }
    return;
  }
  Record* const below = &parent.top();
  Record* const record = begin(*below, where);
  if (!detail::waits(how)) {
    record->version = detail::Threads::here.version;
  }
  ask_first(*record, *below, below->path, lock, asked, where);
}
template <class Lock>
void LiveContextMark::ask_first(Record& record, const Record& older, std::uint64_t below, const Lock& lock,
                                const AskedFacts& asked, const Site& where) noexcept {
  if (record.known_below != below || &record.asks() != &asked ||
      (below != 0 && detail::may_clash(older, detail::sight(lock).place))) {
    record.path = below;
    detail::ask_first(record, detail::sight(lock), asked, where);
    return;
  }
  record.path = record.known_path;
  record.lock.store(std::addressof(lock),
                    std::memory_order_relaxed);  // the lock or the guard that leads here brings it along
  if (detail::minds_life(asked) && !asked.lock->is_live(std::addressof(lock))) [[unlikely]] {
    detail::tell_not_live(*record.owner, detail::sight(lock), asked.how, where);
  }
}
template <class Lock>
void LiveContextMark::took_first(const Lock& lock, How how) noexcept {
  Record* const record = record_;
  if (record != detail::Threads::here.newest && !detail::has_room(record)) [[unlikely]] {
    return;
  }
  ++detail::Threads::here.version;
  record->place.store(detail::sight(lock).place,
                      std::memory_order_relaxed);  // the lock that leads here brings it along
  if (const LiveLockMark* mark = detail::mark_of(lock)) {
    detail::is_shared(how) ? mark->took_shared(*record) : mark->took(*record);
  }
}
template <class Lock>
void LiveContextMark::leave_with(const Lock& lock, How how) noexcept {
  Record* const record = std::exchange(record_, nullptr);
  if (record != detail::Threads::here.newest) [[unlikely]] {
    if (record != nullptr) {
      detail::end_guard(*record, detail::sight(lock), detail::mark_of(lock));
    }
    return;
  }
  ++detail::Threads::here.version;
  record->place.store(nullptr, std::memory_order_relaxed);  // read by its own thread
  detail::give(detail::mark_of(lock), how);
  detail::Threads::here.newest = record->older;
}

template <>
struct Marks<true> {
  using Context = LiveContextMark;
  using Reference = LiveReference;
  using Lock = LiveLockMark;
  using BoundedRetry = detail::LiveBoundedRetry;
};

}  // namespace devlock::validate

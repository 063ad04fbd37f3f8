// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The marks of a program with a validator: they keep the thread's contexts and locks and report what the types cannot see.
// What each hook means stands in validate/mark.hpp, what is found in validate/report.hpp.
//
// What it cannot see: locks taken around devlock's guards, paths that did not run, contexts of fibers and coroutines that move
// between threads, and the destruction of a lock without a mark of its own. A shared object that declares orders or lock types must not
// be unloaded: what is remembered of them would be taken for those of another one at its address.
#pragma once

#include <type_traits>

#include "devlock/validate/live_bounded_retry.hpp"
#include "devlock/validate/live_lock_mark.hpp"
#include "devlock/validate/sight.hpp"
#include "devlock/validate/watch.hpp"

namespace devlock::validate {

class LiveReference : public detail::Reference {
 public:
  template <class Order, class Class>
  void waits(const void* object, Site where) const noexcept {
    if (Thread* self = detail::here()) {
      detail::check_use(*self, *this, where);
      detail::check_wait(*self, serial, {object, object, 1, &class_only<Class>}, &order_facts<Order>, How::wait, where);
    }
  }
};

class LiveContextMark {
 public:
  static constexpr bool live = true;
  LiveContextMark() = default;
  LiveContextMark(const LiveContextMark&) = delete;
  LiveContextMark& operator=(const LiveContextMark&) = delete;
  ~LiveContextMark() { leave(); }

  [[nodiscard]] const LiveReference& reference() const noexcept { return self_; }

  template <class Order>
  void enter_root(Site where) noexcept {
    if (Thread* thread = detail::here()) {
      detail::check_root(*thread, order_facts<Order>, where);
      begin(*thread, 0, nullptr, where);
    }
  }
  template <class Order>
  void enter_unchecked(const char* reason, Site where) noexcept {
    if (Thread* thread = detail::here()) {
      begin(*thread, 0, reason, where);
    }
  }
  void enter(const LiveContextMark& parent, const Site& where) noexcept { enter(parent.self_, where); }
  void enter(const LiveReference& parent, const Site& where) noexcept {
    if (Thread* thread = detail::here()) {
      detail::check_use(*thread, parent, where);
      begin(*thread, parent.serial, nullptr, where);
    }
  }
  void leave() noexcept {
    if (thread_ != nullptr) {
      end();
    }
  }

  template <class Lock, class... Owners>
  static void nests(const Lock& lock, Site where, const Owners&... owners) noexcept {
    if (Thread* thread = detail::here()) {
      const detail::NestOwner named[]{detail::nest_owner(*thread, owners.mark.self_.serial, owners, lock)...};
      detail::name_owners(*thread, named, sizeof...(Owners), detail::sight(lock), where);
    }
  }
  template <class Order, class Lock>
  void want(const Lock& lock, How how, const Site& where) noexcept {
    if (thread_ != nullptr) {
      asked_ = detail::ask(*thread_, self_.serial, detail::sight(lock), &order_facts<Order>, how, where);
    }
  }
  template <class Lock>
  void took(const Lock& lock) noexcept;
  template <class Lock>
  void lost(const Lock&) noexcept {
    if (asked_ != nullptr) {
      failed_ = true;
      detail::count_failure(*thread_, *asked_, version_);
      thread_->held.remove(*asked_);
      asked_ = nullptr;
    }
  }
  template <class Lock>
  void gives(const Lock& lock) noexcept;
  template <class Order, class Class>
  void joins(const void* object, Site where) noexcept {
    if (thread_ != nullptr) {
      if (HeldRecord* record = detail::write_down(*thread_, self_.serial, {object, object, 1, &class_only<Class>},
                                                  &order_facts<Order>, How::lifetime, where)) {
        record->held = true;
        joined_ = true;
      }
    }
  }
  template <class Order, class Lock, class... Named>
  void sleeps(const Lock& lock, Site where) const noexcept {
    const std::uint64_t named[]{devlock::detail::class_key<Named>..., 0};
    if (thread_ != nullptr) {
      detail::check_sleep(*thread_, detail::sight(lock), &order_facts<Order>, named, sizeof...(Named), where);
    }
  }

 private:
  void begin(Thread& thread, std::uint64_t parent, const char* reason, const Site& where) noexcept {
    thread_ = &thread;
    self_.thread = thread.number;
    self_.serial = thread.next_serial();
    self_.site = where;
    version_ = thread.version;
    record_ = thread.contexts.push(self_.serial);
    if (record_ == nullptr) {
      ++thread.contexts_beyond;
      detail::tell_too_many(thread, detail::context_party(where));
      return;
    }
    record_->parent = parent;
    record_->reason = reason;
    record_->site = where;
  }
  // A context ends on another thread than its own: what it held is nobody's now.
  void leave_elsewhere(Thread& here, const Party& lost) noexcept {
    if (!gone_) {
      gone_ = true;
      detail::tell_elsewhere(here, lost, self_.thread, self_.site);
    }
  }
  [[nodiscard]] bool elsewhere(const Thread& here) const noexcept { return self_.thread != here.number; }
  // On its own thread, with nothing made from it left, as it mostly is.
  [[nodiscard]] bool newest(const Thread& here) const noexcept {
    return !elsewhere(here) && here.contexts.newest_is(self_.serial);
  }
  template <class Lock>
  void gives_closely(Thread& here, const Lock& lock) noexcept;
  void end() noexcept;
  void end_closely(Thread& here) noexcept;

  Thread* thread_ = nullptr;        // of the thread that made the context; null when it has ended
  ContextRecord* record_ = nullptr;  // null: there was no room
  HeldRecord* asked_ = nullptr;      // between want and took or lost
  HeldRecord* taken_ = nullptr;      // of the last lock that was taken; it may be another one's by now, see its serial
  LiveReference self_;
  std::uint64_t version_ = 0;  // of the held set when the context began
  bool failed_ = false;
  bool joined_ = false;
  bool gone_ = false;        // ended by another thread, and said so
  bool child_said_ = false;  // released under a live child, and said so
};

template <class Lock>
void LiveContextMark::took(const Lock& lock) noexcept {
  if (thread_ == nullptr) {
    return;
  }
  ++thread_->version;
  if (asked_ == nullptr) {
    ++thread_->held_beyond;
    return;
  }
  asked_->held = true;
  if (const LiveLockMark* mark = detail::mark_of(lock)) {
    mark->took(asked_->sight, detail::is_shared(asked_->how), self_.thread, asked_->site);
  }
  taken_ = asked_;
  asked_ = nullptr;
}

template <class Lock>
void LiveContextMark::gives(const Lock& lock) noexcept {
  Thread* here = thread_ == nullptr ? nullptr : detail::here();
  if (here == nullptr) {
    return;
  }
  if (taken_ == nullptr || !newest(*here) || taken_->serial.load(std::memory_order_relaxed) != self_.serial ||
      taken_->sight.lock != std::addressof(lock)) {
    gives_closely(*here, lock);
    return;
  }
  ++here->version;
  if (const LiveLockMark* mark = detail::mark_of(lock)) {
    mark->gives(detail::is_shared(taken_->how));
  }
  here->held.remove(*taken_);
  taken_ = nullptr;
}
template <class Lock>
[[gnu::noinline]] void LiveContextMark::gives_closely(Thread& here, const Lock& lock) noexcept {
  const LockSight sight = detail::sight(lock);
  const LiveLockMark* mark = detail::mark_of(lock);
  if (elsewhere(here)) {
    leave_elsewhere(here, detail::party(sight, How::wait, {}));
    bool shared = false;
    thread_->held.bury(self_.serial, detail::Buried{sight.lock, shared});
    if (mark != nullptr) {
      mark->gives(shared);
    }
    return;
  }
  if (!child_said_ && record_ != nullptr) {
    child_said_ = detail::check_children(here, *record_, detail::party(sight, How::wait, self_.site));
  }
  ++here.version;
  HeldRecord* record = detail::find_held(here, self_.serial, sight.lock);
  if (record == nullptr) {
    here.held_beyond -= here.held_beyond != 0 ? 1 : 0;
    return;
  }
  if (mark != nullptr) {
    mark->gives(detail::is_shared(record->how));
  }
  here.held.remove(*record);
}

inline void LiveContextMark::end() noexcept {
  Thread* here = detail::here();
  if (here == nullptr) {
    return;
  }
  if (asked_ != nullptr || joined_ || record_ == nullptr || !newest(*here)) {
    end_closely(*here);
    return;
  }
  here->contexts.remove(*record_);
  thread_ = nullptr;
  if (failed_) {
    here->version = version_;  // what was taken meanwhile was given back: the held set is as it was
  }
  detail::after_the_end(*here);
}
[[gnu::noinline]] inline void LiveContextMark::end_closely(Thread& here) noexcept {
  Thread& owner = *thread_;
  thread_ = nullptr;
  if (elsewhere(here)) {
    leave_elsewhere(here, {});
    owner.contexts.bury(self_.serial, [](const ContextRecord&) { return true; });
    return;
  }
  if (asked_ != nullptr) {  // the lock threw an exception
    owner.held.remove(*asked_);
    asked_ = nullptr;
  }
  if (joined_) {
    owner.held.remove(*detail::find_joined(owner, self_.serial));
  }
  if (record_ == nullptr) {
    --owner.contexts_beyond;
  } else {
    if (!child_said_) {
      detail::check_children(owner, *record_, detail::context_party(self_.site));
    }
    owner.contexts.remove(*record_);
  }
  if (failed_) {
    owner.version = version_;
  }
  detail::after_the_end(owner);
}

template <>
struct Marks<true> {
  using Context = LiveContextMark;
  using Reference = LiveReference;
  using Lock = LiveLockMark;
  using BoundedRetry = detail::LiveBoundedRetry;
};

}  // namespace devlock::validate

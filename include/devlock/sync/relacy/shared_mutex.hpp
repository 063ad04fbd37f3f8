// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// std::shared_mutex for the model checker. A writer that waits keeps new readers out, as in the kernel's rw_semaphore
// and most implementations, so the deadlock of a reader behind such a writer is found. Taking what the thread holds
// already, in either way, is a finding.
#pragma once

#include "devlock/sync/relacy/event.hpp"
#include "devlock/sync/relacy/location.hpp"
#include "devlock/sync/relacy/touch.hpp"

namespace devlock::relacy {

class SharedMutex {
 public:
  SharedMutex(const Location& where = {}) { mutex_.init(true, false, false, false, where); }
  ~SharedMutex() {
    touches_too(Touch().writes(id_));
    mutex_.deinit(Location());
  }
  SharedMutex(const SharedMutex&) = delete;
  SharedMutex& operator=(const SharedMutex&) = delete;

  void lock(const Location& where = {}) {
    begin(Operation::lock, where);
    const detail::KeepsOldValues no_turn;
    mutex_.lock(where);
    record(Operation::lock, Phase::done, this, where);
  }
  [[nodiscard]] bool try_lock(const Location& where = {}) {
    begin(Operation::try_lock, where);
    return end_try(Operation::try_lock, mutex_.try_lock_exclusive(where), where);
  }
  void unlock(const Location& where = {}) {
    begin(Operation::unlock, where);
    mutex_.unlock(where);
    record(Operation::unlock, Phase::done, this, where);
  }
  void lock_shared(const Location& where = {}) {
    begin(Operation::lock_shared, where);
    const detail::KeepsOldValues no_turn;
    mutex_.lock_shared(where);
    record(Operation::lock_shared, Phase::done, this, where);
  }
  [[nodiscard]] bool try_lock_shared(const Location& where = {}) {
    begin(Operation::try_lock_shared, where);
    return end_try(Operation::try_lock_shared, mutex_.try_lock_shared(where), where);
  }
  void unlock_shared(const Location& where = {}) {
    begin(Operation::unlock_shared, where);
    mutex_.unlock_shared(where);
    record(Operation::unlock_shared, Phase::done, this, where);
  }

 private:
  void begin(Operation operation, const Location& where) const {
    record(operation, Phase::wants, this, where);
    about_to(Touch().writes(id_));
  }
  bool end_try(Operation operation, bool taken, const Location& where) const {
    if (!taken) {
      left_unchanged(id_);
    }
    record(operation, taken ? Phase::done : Phase::refused, this, where);
    return taken;
  }

  struct Tag;
  ObjectId id_ = new_object();
  rl::generic_mutex<Tag> mutex_;
};

}  // namespace devlock::relacy

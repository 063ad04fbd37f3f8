// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A mutex for the model checker: each operation is a schedule point, and unlocking what another thread holds, locking
// twice and destroying it while it is held are findings. The try of Mutex fails only if the mutex is held. That of
// SpuriousMutex may fail once more, which the standard allows std::mutex and no kernel's mutex does.
#pragma once

#include "devlock/sync/relacy/event.hpp"
#include "devlock/sync/relacy/location.hpp"
#include "devlock/sync/relacy/touch.hpp"

namespace devlock::relacy {

template <bool SpuriousFailure>
class BasicMutex {
 public:
  BasicMutex(const Location& where = {}) { mutex_.init(false, false, false, SpuriousFailure, where); }
  ~BasicMutex() {
    touches_too(Touch().writes(id_));
    forget_gate(owner_);
    mutex_.deinit(Location());
  }
  BasicMutex(const BasicMutex&) = delete;
  BasicMutex& operator=(const BasicMutex&) = delete;

  [[gnu::always_inline]] void lock(const Location& where = {}) {
    record(Operation::lock, Phase::wants, this, where);
    about_to(touch(true));
    take(where);
  }
  [[nodiscard, gnu::always_inline]] bool try_lock(const Location& where = {}) {
    record(Operation::try_lock, Phase::wants, this, where);
    about_to(touch(false));
    const bool taken = mutex_.try_lock_exclusive(where);
    if (taken) {
      owner_ = rl::ctx().current_thread();
    } else if (owner_ != nobody) {
      left_unchanged(id_);
    }
    record(Operation::try_lock, taken ? Phase::done : Phase::refused, this, where);
    return taken;
  }
  [[gnu::always_inline]] void unlock(const Location& where = {}) {
    record(Operation::unlock, Phase::wants, this, where);
    about_to(touch(false));
    give_back(where);
    record(Operation::unlock, Phase::done, this, where);
  }

  // For a condition variable, whose wait gives the mutex back and takes it again in its own steps.

  /// What taking (`waits`) or giving back touches.
  [[nodiscard]] Touch touch(bool waits) const { return Touch().mutex(id_, owner_, waits); }
  void give_back(const Location& where) {
    mutex_.unlock(where);
    owner_ = nobody;
  }
  void take(const Location& where) {
    const detail::KeepsOldValues no_turn;
    mutex_.lock(where);
    owner_ = rl::ctx().current_thread();
    record(Operation::lock, Phase::done, this, where);
  }

 private:
  struct Tag;
  ObjectId id_ = new_object();
  int owner_ = nobody;
  rl::generic_mutex<Tag> mutex_;
};

using Mutex = BasicMutex<false>;
using SpuriousMutex = BasicMutex<true>;

}  // namespace devlock::relacy

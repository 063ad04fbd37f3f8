// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A mutex that is watched: who holds it, and in which order each thread gives back what it took. The bookkeeping is
// plain memory that only the checks read; the simulated threads share one real thread, so it needs no synchronisation
// of its own. The data that the mutex protects is a var, so that a race on it is found whatever the order of the
// threads.
#pragma once

#include "devlock/check/check.hpp"

namespace model {

using devlock::check::require;

inline int self() {
  return rl::ctx().current_thread();
}

inline constexpr int nobody = -1;

/// What each thread holds, oldest first.
struct HeldLocks {
  const void* locks[32];
  std::size_t size;
};
inline HeldLocks held_locks[devlock::relacy::max_threads];

/// Forgets the execution before. Call it in the constructor of a scenario with watched mutexes.
inline void forget_held_locks() {
  for (HeldLocks& held : held_locks) {
    held.size = 0;
  }
}

template <class Mutex>
class WatchedMutex {
 public:
  void lock() {
    mutex_.lock();
    took();
  }
  [[nodiscard]] bool try_lock() {
    if (!mutex_.try_lock()) {
      return false;
    }
    took();
    return true;
  }
  void unlock() {
    HeldLocks& mine = held_locks[self()];
    const bool newest = mine.size != 0 && mine.locks[mine.size - 1] == this;
    mutex_.unlock();
    require(newest, "locks are given back in reverse");
    --mine.size;
    holder_ = nobody;
  }

  /// The thread that holds it now, or nobody.
  [[nodiscard]] int holder() const { return holder_; }
  /// What a device is to the tests: plain shared data.
  devlock::RelacySync::var<int>& data() { return data_; }

 private:
  void took() {
    require(holder_ == nobody, "one holder at a time");
    holder_ = self();
    HeldLocks& mine = held_locks[self()];
    mine.locks[mine.size++] = this;
  }

  Mutex mutex_;
  devlock::RelacySync::var<int> data_{0};
  int holder_ = nobody;
};

/// The checker's policy with a watched mutex.
template <class S>
struct Watched : S {
  using mutex = WatchedMutex<typename S::mutex>;
};
using WatchedSync = Watched<devlock::RelacySync>;

}  // namespace model

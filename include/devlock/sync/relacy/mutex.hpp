// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A mutex for the model checker: each operation is a schedule point, and unlocking what another thread holds, locking
// twice and destroying it while it is held are findings. The try of Mutex fails only if the mutex is held. That of
// SpuriousMutex may fail once more, which the standard allows std::mutex and no kernel's mutex does.
#pragma once

#include "devlock/sync/relacy/location.hpp"
#include "devlock/sync/relacy/touch.hpp"

namespace devlock::relacy {

template <bool SpuriousFailure>
class BasicMutex {
 public:
  BasicMutex(Location where = {}) { mutex_.init(false, false, false, SpuriousFailure, where); }
  ~BasicMutex() { mutex_.deinit(Location()); }
  BasicMutex(const BasicMutex&) = delete;
  BasicMutex& operator=(const BasicMutex&) = delete;

  void lock(Location where = {}) {
    about_to_write(this);
    mutex_.lock(where);
  }
  [[nodiscard]] bool try_lock(Location where = {}) {
    about_to_write(this);
    return mutex_.try_lock_exclusive(where);
  }
  void unlock(Location where = {}) {
    about_to_write(this);
    mutex_.unlock(where);
  }

 private:
  struct Tag;
  rl::generic_mutex<Tag> mutex_;
};

using Mutex = BasicMutex<false>;
using SpuriousMutex = BasicMutex<true>;

}  // namespace devlock::relacy

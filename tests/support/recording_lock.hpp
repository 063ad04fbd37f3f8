// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Locks that write down what is done to them, in one journal per test: "+a" locked, "?a" tried and taken, "!a" tried and
// refused, "-a" unlocked. RecordingMutex goes into an Ordered, RecordingLock has a class of its own. Both count
// what must never happen: taking a lock that is taken, and giving back one that is free. For one thread.
#pragma once

#include <string>
#include <utility>

#include "devlock/order/lock_access.hpp"

namespace test {

struct Journal {
  std::string text;      ///< the events, each followed by a blank
  unsigned misuses = 0;  ///< locks of a taken lock and unlocks of a free one

  void add(char what, const std::string& name) { text += what + name + ' '; }
  /// What was written since the last call.
  std::string take() { return std::exchange(text, {}); }
};

class RecordingMutex {
 public:
  RecordingMutex(Journal& journal, std::string name) : journal_(&journal), name_(std::move(name)) {}
  explicit RecordingMutex(std::pair<Journal*, const char*> both) : journal_(both.first), name_(both.second) {}
  RecordingMutex(const RecordingMutex&) = delete;
  RecordingMutex& operator=(const RecordingMutex&) = delete;

  void lock() {
    journal_->misuses += taken_ ? 1U : 0U;
    taken_ = true;
    journal_->add('+', name_);
  }
  bool try_lock() {
    const bool was_free = !taken_;
    taken_ = true;
    journal_->add(was_free ? '?' : '!', name_);
    return was_free;
  }
  void unlock() {
    journal_->misuses += taken_ ? 0U : 1U;
    taken_ = false;
    journal_->add('-', name_);
  }
  [[nodiscard]] bool taken() const { return taken_; }

 private:
  Journal* journal_;
  std::string name_;
  bool taken_ = false;
};

template <class Class>
class RecordingLock {
 public:
  using lock_class = Class;

  RecordingLock(Journal& journal, std::string name) : mutex_(journal, std::move(name)) {}
  /// The mutex below, for what a test does as another thread would.
  [[nodiscard]] RecordingMutex& native() { return mutex_; }
  [[nodiscard]] bool taken() const { return mutex_.taken(); }

 private:
  friend class devlock::LockAccess;
  void lock() { mutex_.lock(); }
  bool try_lock() { return mutex_.try_lock(); }
  void unlock() { mutex_.unlock(); }

  RecordingMutex mutex_;
};

}  // namespace test

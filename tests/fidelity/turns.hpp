// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Threads of which one runs at a time, until it waits or ends: so it is known, without a look at a clock or at the system, who waits. Where
// several could go on, a list of choices says who does; a search over all lists gives every answer that an order of wake-ups can lead to.
// TurnSync is the Sync policy whose waits are turns: a simulator over it is the simulator, and deterministic.
//
//   turns.begin(choices);  ... a run ...  if (!turns.next(choices)) break;     // the next list
//
// A thread that gives back a mutex for which others wait may be overtaken there; otherwise it goes on until it waits.
// Not checked: other places in which a thread can be overtaken.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <utility>
#include <vector>

#include "devlock/sync/concept.hpp"

namespace fidelity {

class Turns {
 public:
  /// A thread that takes turns. It must outlive its leave().
  struct Thread {
    const void* waits_for = nullptr;
    std::condition_variable woken;
  };
  using Choices = std::vector<unsigned>;

  static Turns& instance() {
    static Turns turns;
    return turns;
  }

  /// A run starts: the thread that calls this has the turn. `choices` says who goes on where several can; the first, beyond its end.
  void begin(Choices choices) {
    choices_ = std::move(choices);
    made_.clear();
    possible_.clear();
  }
  /// The choices of the next run; false if there is none.
  [[nodiscard]] bool next(Choices& choices) const {
    for (std::size_t place = made_.size(); place-- != 0;) {
      if (made_[place] + 1U < possible_[place]) {
        choices.assign(made_.begin(), made_.begin() + static_cast<std::ptrdiff_t>(place));
        choices.push_back(made_[place] + 1U);
        return true;
      }
    }
    return false;
  }

  /// Whoever has the turn lets a new thread have one later, which calls enter() first and leave() last.
  void add(Thread& thread) { ready_.push_back(&thread); }
  void enter(Thread& thread) {
    std::unique_lock lock(mutex_);
    thread.woken.wait(lock, [&] { return running_ == &thread; });
    mine() = &thread;
  }
  void leave() {
    const std::lock_guard lock(mutex_);
    pass_on();
  }
  /// Lets the others run until each of them waits or has left.
  void run_all() {
    std::unique_lock lock(mutex_);
    if (!ready_.empty()) {
      pass_on();
      back_.wait(lock, [this] { return running_ == nullptr; });
    }
  }

  /// Ends the turn until somebody notifies.
  void wait(const void* address) {
    Thread* thread = mine();
    if (thread == nullptr) {
      std::fprintf(stderr, "fidelity: the simulator waits where no operation is known to wait\n");
      std::_Exit(3);
    }
    std::unique_lock lock(mutex_);
    thread->waits_for = address;
    waiting_.push_back(thread);
    pass_on();
    thread->woken.wait(lock, [&] { return running_ == thread; });
  }
  /// Who waits may go on. One of them goes first, or whoever calls this does: both are tried.
  void wake(const void* address) {
    if (notify(address)) {
      offer();
    }
  }

 private:
  bool notify(const void* address) {
    bool anybody = false;
    for (std::size_t place = 0; place != waiting_.size();) {
      Thread* thread = waiting_[place];
      if (thread->waits_for == address) {
        thread->waits_for = nullptr;
        waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(place));
        ready_.push_back(thread);
        anybody = true;
      } else {
        ++place;
      }
    }
    return anybody;
  }
  void offer() {
    Thread* thread = mine();
    if (thread == nullptr || ready_.empty()) {
      return;
    }
    std::unique_lock lock(mutex_);
    ready_.insert(ready_.begin(), thread);
    pass_on();
    thread->woken.wait(lock, [&] { return running_ == thread; });
  }
  static Thread*& mine() {
    static thread_local Thread* thread = nullptr;
    return thread;
  }
  unsigned choose() {
    const auto possible = static_cast<unsigned>(ready_.size());
    if (possible < 2U) {
      return 0U;
    }
    const unsigned chosen = made_.size() < choices_.size() ? choices_[made_.size()] : 0U;
    made_.push_back(chosen);
    possible_.push_back(possible);
    return chosen;
  }
  void pass_on() {
    if (ready_.empty()) {
      running_ = nullptr;
      back_.notify_one();
      return;
    }
    const auto place = ready_.begin() + static_cast<std::ptrdiff_t>(choose());
    running_ = *place;
    ready_.erase(place);
    running_->woken.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable back_;
  Thread* running_ = nullptr;  // null: the thread that began the run
  std::vector<Thread*> ready_;
  std::vector<Thread*> waiting_;
  Choices choices_;
  Choices made_;
  Choices possible_;
};

/// All of it is for threads that take turns, so a plain value is an atomic one.
struct TurnSync {
  template <class T>
  class atomic {
   public:
    atomic() = default;
    explicit(false) atomic(T value) : value_(value) {}
    atomic(const atomic&) = delete;
    atomic& operator=(const atomic&) = delete;

    [[nodiscard]] T load(std::memory_order = std::memory_order_seq_cst) const { return value_; }
    void store(T value, std::memory_order = std::memory_order_seq_cst) { value_ = value; }
    T exchange(T value, std::memory_order = std::memory_order_seq_cst) { return std::exchange(value_, value); }
    T fetch_add(T value, std::memory_order = std::memory_order_seq_cst) {
      return std::exchange(value_, value_ + value);
    }
    T fetch_sub(T value, std::memory_order = std::memory_order_seq_cst) {
      return std::exchange(value_, value_ - value);
    }
    T fetch_or(T value, std::memory_order = std::memory_order_seq_cst) { return std::exchange(value_, value_ | value); }
    T fetch_and(T value, std::memory_order = std::memory_order_seq_cst) {
      return std::exchange(value_, value_ & value);
    }
    bool compare_exchange_strong(T& expected, T value, std::memory_order = std::memory_order_seq_cst,
                                 std::memory_order = std::memory_order_seq_cst) {
      if (value_ == expected) {
        value_ = value;
        return true;
      }
      expected = value_;
      return false;
    }
    bool compare_exchange_weak(T& expected, T value, std::memory_order = std::memory_order_seq_cst,
                               std::memory_order = std::memory_order_seq_cst) {
      return compare_exchange_strong(expected, value);
    }
    void wait(T old, std::memory_order = std::memory_order_seq_cst) const {
      while (value_ == old) {
        Turns::instance().wait(this);
      }
    }
    void notify_one() { Turns::instance().wake(this); }
    void notify_all() { Turns::instance().wake(this); }

   private:
    T value_{};
  };

  class mutex {
   public:
    void lock() {
      while (locked_) {
        Turns::instance().wait(this);
      }
      locked_ = true;
    }
    [[nodiscard]] bool try_lock() { return !std::exchange(locked_, true); }
    void unlock() {
      locked_ = false;
      Turns::instance().wake(this);
    }

   private:
    bool locked_ = false;
  };

  template <class T>
  class var {
   public:
    var() = default;
    explicit var(T value) : value_(std::move(value)) {}
    [[nodiscard]] const T& get() const { return value_; }
    void set(T value) { value_ = std::move(value); }

   private:
    T value_{};
  };

  static void pause() {}
};

static_assert(devlock::Sync<TurnSync>);

}  // namespace fidelity

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Random programs for the differential test: three threads of two to four operations on two atomics, two mutexes, a
// shared mutex and a condition variable. What a program did is one number: the values that each thread read, the final
// values, or that it ended in a deadlock and where.
//
// A thread gives back what it holds when it ends, so a deadlock is one of waiting. Not here: spin loops without an end,
// and plain data, which has no schedule point.
#pragma once

#include <random>
#include <set>
#include <string>

#include "devlock/check/check.hpp"

namespace model {

enum class Kind : unsigned char {
  load,
  store,
  fetch_add,
  exchange,
  compare_exchange,
  fence,
  try_lock,
  unlock,
  try_lock_shared,
  notify,
  wake,
  retry,  // a try, a turn of a spin loop, and once more
  // From here on they may block.
  lock,
  lock_pair,
  lock_shared,
  lock_unique,
  condition_wait,
  timed_wait,
  futex_wait,
};
inline constexpr const char* name_of_kind[] = {
    "load",   "store",           "fetch_add", "exchange", "compare_exchange", "fence",     "try_lock",
    "unlock", "try_lock_shared", "notify",    "wake",     "retry",            "lock",      "lock_pair",
    "lock_shared", "lock_unique", "condition_wait", "timed_wait", "futex_wait"};
inline constexpr int first_blocking = static_cast<int>(Kind::lock);
inline constexpr int kinds = static_cast<int>(Kind::futex_wait) + 1;

struct Instruction {
  Kind kind = Kind::load;
  unsigned object = 0;  // which of two
  std::memory_order order = std::memory_order_relaxed;
};

struct Program {
  static constexpr unsigned threads = 3;
  Instruction text[threads][4];
  unsigned length[threads] = {};
  bool spurious = false;  // the policy by the letter of the standard

  [[nodiscard]] bool blocks() const {
    for (unsigned t = 0; t != threads; ++t) {
      for (unsigned i = 0; i != length[t]; ++i) {
        if (static_cast<int>(text[t][i].kind) >= first_blocking) {
          return true;
        }
      }
    }
    return false;
  }
  [[nodiscard]] bool has(Kind kind) const {
    for (unsigned t = 0; t != threads; ++t) {
      for (unsigned i = 0; i != length[t]; ++i) {
        if (text[t][i].kind == kind) {
          return true;
        }
      }
    }
    return false;
  }
};

inline std::string to_string(const Program& program) {
  std::string all = program.spurious ? "spurious;" : "";
  for (unsigned t = 0; t != Program::threads; ++t) {
    all += " thread " + std::to_string(t) + ":";
    for (unsigned i = 0; i != program.length[t]; ++i) {
      const Instruction& one = program.text[t][i];
      all += std::string(" ") + name_of_kind[static_cast<int>(one.kind)] + std::to_string(one.object) + "/" +
             std::to_string(static_cast<int>(one.order));
    }
    all += ";";
  }
  return all;
}

// About how many schedule points an instruction has, what it makes the thread give back at its end included.
inline unsigned points_of(Kind kind) {
  switch (kind) {
    case Kind::try_lock:
    case Kind::try_lock_shared:
    case Kind::lock:
    case Kind::lock_shared:
    case Kind::lock_unique:
    case Kind::futex_wait: return 2;
    case Kind::retry:
    case Kind::lock_pair:
    case Kind::condition_wait: return 4;
    case Kind::timed_wait: return 5;
    default: return 1;
  }
}

/// About how many schedules a full search has to run.
inline double size_of(const Program& program) {
  double size = program.spurious && (program.has(Kind::condition_wait) || program.has(Kind::timed_wait)) ? 4 : 1;
  unsigned all = 0;
  for (unsigned t = 0; t != Program::threads; ++t) {
    unsigned points = 1;
    for (unsigned i = 0; i != program.length[t]; ++i) {
      points += points_of(program.text[t][i].kind);
    }
    for (unsigned i = 1; i <= points; ++i) {
      size = size * ++all / i;
    }
  }
  return size;
}

inline Program draw_program(std::mt19937& random, bool blocks) {
  Program program;
  const auto below = [&](unsigned limit) { return static_cast<unsigned>(random() % limit); };
  program.spurious = below(6) == 0;
  for (unsigned t = 0; t != Program::threads; ++t) {
    program.length[t] = 2U + below(3);
    for (unsigned i = 0; i != program.length[t]; ++i) {
      constexpr std::memory_order orders[] = {std::memory_order_relaxed, std::memory_order_acquire, std::memory_order_release,
                                              std::memory_order_acq_rel, std::memory_order_seq_cst};
      const bool blocking = blocks && below(2) != 0;
      const int kind = blocking ? first_blocking + static_cast<int>(below(static_cast<unsigned>(kinds - first_blocking)))
                                : static_cast<int>(below(static_cast<unsigned>(first_blocking)));
      program.text[t][i] = {static_cast<Kind>(kind), below(4) == 0 ? 1U : 0U, orders[below(5)]};
    }
  }
  return program;
}

/// A program that a full search can be expected to finish. `blocking` of four may block.
inline Program make_program(std::mt19937& random, unsigned blocking) {
  const bool blocks = random() % 4 < blocking;
  for (;;) {
    const Program program = draw_program(random, blocks);
    if (program.blocks() == blocks && size_of(program) <= 20000) {
      return program;
    }
  }
}

/// The program that is explored.
inline Program the_program;

using Outcomes = std::set<std::uint64_t, std::less<>, rl::raw_allocator<std::uint64_t>>;
inline Outcomes outcomes;

constexpr std::memory_order for_load(std::memory_order order) {
  return order == std::memory_order_release   ? std::memory_order_relaxed
         : order == std::memory_order_acq_rel ? std::memory_order_acquire
                                              : order;
}
constexpr std::memory_order for_store(std::memory_order order) {
  return order == std::memory_order_acquire   ? std::memory_order_relaxed
         : order == std::memory_order_acq_rel ? std::memory_order_release
                                              : order;
}

template <class S>
struct RandomProgram {
  static constexpr unsigned threads = Program::threads;

  void thread(unsigned index) {
    for (unsigned i = 0; i != the_program.length[index]; ++i) {
      saw(index, 1U + run(index, i, the_program.text[index][i]));
    }
    for (unsigned m = 0; m != 2; ++m) {
      if (holds_[index][m]) {
        mutexes_[m].unlock();
      }
    }
    if (shares_[index]) {
      shared_.unlock_shared();
    }
    if (owns_[index]) {
      shared_.unlock();
    }
  }
  void after() {
    std::uint64_t all = 1;
    for (const std::uint64_t one : seen_) {
      all = mix(all, one);
    }
    for (auto& word : words_) {
      all = mix(all, word.load());
    }
    outcomes.insert(all);
  }
  static bool add_deadlock(void* object, devlock::check::Outcome outcome) {
    std::uint64_t all = 2U + static_cast<unsigned>(outcome);
    for (const std::uint64_t one : static_cast<RandomProgram*>(object)->seen_) {
      all = mix(all, one);
    }
    outcomes.insert(all);
    return true;
  }

 private:
  static std::uint64_t mix(std::uint64_t sum, std::uint64_t value) { return (sum ^ value) * 0x9e3779b97f4a7c15U + (sum >> 29U); }
  void saw(unsigned index, std::uint64_t value) { seen_[index] = mix(seen_[index], value); }

  std::uint64_t run(unsigned index, unsigned place, const Instruction& one) {
    auto& word = words_[one.object];
    auto& mutex = mutexes_[one.object];
    bool& holds = holds_[index][one.object];
    const unsigned value = index * 8U + place + 1U;
    switch (one.kind) {
      case Kind::load: return word.load(for_load(one.order));
      case Kind::store: word.store(value, for_store(one.order)); return 0;
      case Kind::fetch_add: return word.fetch_add(1, one.order);
      case Kind::exchange: return word.exchange(value, one.order);
      case Kind::compare_exchange: {
        unsigned expected = 0;
        return (place % 2 != 0 ? word.compare_exchange_weak(expected, value, one.order)
                               : word.compare_exchange_strong(expected, value, one.order))
                   ? 100U
                   : expected;
      }
      case Kind::fence: S::fence(one.order); return 0;
      case Kind::try_lock: return holds ? 0U : (holds = mutex.try_lock()) ? 1U : 2U;
      case Kind::lock:
        if (!holds) {
          mutex.lock();
          holds = true;
        }
        return 0;
      case Kind::lock_pair:  // in the order that the thread likes
        if (!holds_[index][0] && !holds_[index][1]) {
          mutexes_[one.object].lock();
          holds_[index][one.object] = true;
          mutexes_[1U - one.object].lock();
          holds_[index][1U - one.object] = true;
        }
        return 0;
      case Kind::unlock:
        if (holds) {
          mutex.unlock();
          holds = false;
        }
        return 0;
      case Kind::try_lock_shared:
        return shares_[index] || owns_[index] ? 0U : (shares_[index] = shared_.try_lock_shared()) ? 1U : 2U;
      case Kind::lock_shared:
        if (!shares_[index] && !owns_[index]) {
          shared_.lock_shared();
          shares_[index] = true;
        }
        return 0;
      case Kind::lock_unique:
        if (!shares_[index] && !owns_[index]) {
          shared_.lock();
          owns_[index] = true;
        }
        return 0;
      case Kind::retry:
        for (unsigned turn = 1; !holds && turn != 3; ++turn) {
          if (mutex.try_lock()) {
            holds = true;
            return turn;
          }
          S::pause();
        }
        return 0;
      case Kind::notify: one.object == 0 ? condition_.notify_one() : condition_.notify_all(); return 0;
      case Kind::wake: one.object == 0 ? words_[0].notify_one() : words_[0].notify_all(); return 0;
      case Kind::condition_wait:
      case Kind::timed_wait: {
        auto& waited = mutexes_[0];  // one condition variable goes with one mutex
        if (!holds_[index][0]) {
          waited.lock();
          holds_[index][0] = true;
        }
        std::unique_lock lock(waited, std::adopt_lock);
        const std::uint64_t result = one.kind == Kind::condition_wait ? (wait(lock, waited, one.object), 0U)
                                     : condition_.wait_for(lock, 1) == std::cv_status::timeout ? 1U
                                                                                               : 2U;
        lock.release();
        return result;
      }
      case Kind::futex_wait: words_[0].wait(0, for_load(one.order)); return 0;
    }
    return 0;
  }
  // With the mutex known, and with a lock of which only lock and unlock are.
  template <class Lock, class Mutex>
  void wait(Lock& lock, Mutex& mutex, unsigned way) {
    struct Bare {
      Mutex& bare;
      void lock() { bare.lock(); }
      void unlock() { bare.unlock(); }
    };
    if (way == 0) {
      condition_.wait(lock);
    } else {
      Bare bare{mutex};
      condition_.wait(bare);
    }
  }

  typename S::template atomic<unsigned> words_[2];
  typename S::mutex mutexes_[2];
  typename S::shared_mutex shared_;
  typename S::condition_variable condition_;
  bool holds_[threads][2] = {};
  bool shares_[threads] = {};
  bool owns_[threads] = {};
  std::uint64_t seen_[threads] = {};
};

}  // namespace model

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What one thread holds: its live contexts and its locks, in memory that is asked for once, at the thread's first
// context, and handed to a later thread when this one ends. So no lock is ever held while memory is asked for.
//
// Not covered: fibers and coroutines that move between threads; to the validator a thread is what the C++ runtime calls one.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>

#include "devlock/config.hpp"
#include "devlock/validate/known_pairs.hpp"
#include "devlock/validate/known_paths.hpp"
#include "devlock/validate/records.hpp"
#include "devlock/validate/report.hpp"

namespace devlock::validate {

/// Failed tries of one lock with nothing taken or given back in between.
struct Retries {
  const void* place = nullptr;
  std::uint64_t version = 0;
  std::uint64_t failures = 0;
};

/// The memory from the lowest lock on a thread's list to the end of the highest, or more. A lock outside of it is none of them.
struct Span {
  std::uintptr_t begin = ~std::uintptr_t{0};
  std::uintptr_t end = 0;

  void add(const LockSight& sight) {
    const auto place = reinterpret_cast<std::uintptr_t>(sight.place);
    begin = place < begin ? place : begin;
    end = place + sight.size > end ? place + sight.size : end;
  }
  [[nodiscard]] bool touches(const LockSight& sight) const {
    const auto place = reinterpret_cast<std::uintptr_t>(sight.place);
    return place < end && begin < place + sight.size;
  }
  [[nodiscard]] bool covers(const LockSight& sight) const {
    const auto place = reinterpret_cast<std::uintptr_t>(sight.place);
    return begin <= place && place + sight.size <= end;
  }
};

struct Thread {
  static constexpr std::uint64_t no_version = ~std::uint64_t{0};

  std::atomic<std::uint64_t> number{0};
  std::uint64_t contexts_beyond = 0;  ///< contexts and locks there was no room for
  std::uint64_t held_beyond = 0;
  unsigned bounded_retries = 0;
  bool too_many_said = false;
  bool reporting = false;
  std::size_t named_count = 0;
  const void* named[Record::max_owners]{};  ///< the nest locks named for the next acquisition
  Retries retries[8];
  KnownPairs known;
  KnownPaths known_paths;
  Span span;  ///< of what was held at version `span_version`, or more
  std::uint64_t span_version = no_version;
  Record beyond;  ///< stands for every context there was no room for
  Records records;
  Thread* next_free = nullptr;
  Thread* next = nullptr;  ///< every one ever made, so that none looks lost

  /// The rulings hang on the types and on the program's order, which is another one.
  void forget_rulings() {
    known_paths.forget_all();
    records.forget_rulings();
  }
  /// What has a later version than this is over, and the version comes again.
  void forget_retries(std::uint64_t version) {
    for (Retries& entry : retries) {
      entry = entry.version > version ? Retries{} : entry;
    }
  }
  /// Written by the thread itself, and read by those to which a guard of its led.
  [[nodiscard]] std::uint64_t its_number() const { return number.load(std::memory_order_relaxed); }
};

namespace detail {

struct [[gnu::visibility("default")]] Program {
  static inline std::atomic<const OrderFacts*> order{nullptr};  ///< the most derived one so far
};

struct [[gnu::visibility("default")]] Threads {
  static inline std::atomic_flag busy{};
  static inline Thread* free = nullptr;  // these two under `busy`
  static inline Thread* all = nullptr;
  static inline std::atomic<std::uint64_t> numbers{0};
  // The newest record of a thread that has none; no context has it.
  static inline constinit Record nowhere{};
  // Of this thread: one block, so that one address leads to all, and all that a guard needs of its thread.
  struct Here {
    Record* newest;
    std::uint64_t version;       ///< of the set of locks held
    const OrderFacts* ruled_by;  ///< the program's order when the rulings in the records were made
    Thread* thread;
    std::uint64_t ended_as;  ///< this thread's number when its end was told; 0: it was not
  };
  static inline constinit thread_local Here here{&nowhere, 0, nullptr, nullptr, 0};

  static void enter() {
    while (busy.test_and_set(std::memory_order_acquire)) {  // pairs with leave()
      cpu_relax();
    }
  }
  static void leave() {
    busy.clear(std::memory_order_release);
  }  // pairs with enter()

  static Thread* lease() {
    enter();
    Thread* thread = free;
    if (thread != nullptr) {
      free = thread->next_free;
    }
    leave();
    if (thread == nullptr) {
      thread = new (std::nothrow) Thread;
      if (thread == nullptr) {
        return nullptr;
      }
      enter();
      thread->next = all;
      all = thread;
      leave();
    }
    thread->number.store(numbers.fetch_add(1, std::memory_order_relaxed) + 1,
                         std::memory_order_relaxed);  // its_number()
    thread->too_many_said = false;
    thread->forget_rulings();
    return thread;
  }
  /// By its own thread. What is still in use stays with the guards and the locks that lead there.
  static void give_back(Thread & thread) {
    thread.records.set_aside(here.newest, thread.its_number());
    here.newest = &nowhere;
    here.thread = nullptr;
    thread.contexts_beyond = 0;
    thread.held_beyond = 0;
    thread.bounded_retries = 0;
    thread.named_count = 0;
    thread.span_version = Thread::no_version;
    for (Retries& retries : thread.retries) {
      retries = {};
    }
    if (thread.records.worn_out()) {
      return;
    }
    enter();
    thread.next_free = free;
    free = &thread;
    leave();
  }
};

/// The number of a record's thread, which may have ended.
inline std::uint64_t number_of(const Record& record) {
  const std::uint64_t ended = record.number.load(std::memory_order_relaxed);  // the guard or the lock led here
  return ended != 0 ? ended : record.owner->its_number();
}
/// Whether it is one of this thread's.
inline bool is_own(const Record& record) {
  return record.owner == Threads::here.thread && record.number.load(std::memory_order_relaxed) == 0;  // written here
}

inline Record* newest(Thread& thread) {
  return thread.records.walk(Threads::here.newest, Threads::here.newest);
}
inline Record* older(Thread& thread, const Record& record) {
  return thread.records.walk(Threads::here.newest, record.older);
}
/// The newest that holds a lock, and the next one.
inline Record* skip_to_held(Thread& thread, Record* record) {
  while (record != nullptr && !record->held()) {
    record = older(thread, *record);
  }
  return record;
}
inline Record* newest_held(Thread& thread) {
  return skip_to_held(thread, newest(thread));
}
inline Record* older_held(Thread& thread, const Record& record) {
  return skip_to_held(thread, older(thread, record));
}
/// The thread's context.
inline Record* newest_context(Thread& thread) {
  Record* record = newest(thread);
  while (record != nullptr && !record->is_context()) {
    record = record->in_run ? record->its_context() : older(thread, *record);
  }
  return record;
}

}  // namespace detail
}  // namespace devlock::validate

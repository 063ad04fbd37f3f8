// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What one thread holds: its live contexts and its locks, newest last, in memory that is asked for once, at the thread's first
// context, and handed to a later thread when this one ends. So no lock is ever held while memory is asked for.
//
// Not covered: fibers and coroutines that move between threads; to the validator a thread is what the C++ runtime calls one.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>

#include "devlock/config.hpp"
#include "devlock/validate/facts.hpp"
#include "devlock/validate/known_pairs.hpp"
#include "devlock/validate/report.hpp"
#include "devlock/validate/slots.hpp"

namespace devlock::validate {

/// What a lock is besides its type.
struct LockSight {
  const void* lock;        ///< its address
  const void* place;       ///< of the mutex that it stands for: a wrapper may bind one elsewhere
  std::size_t size;        ///< of that mutex
  const LockFacts* facts;
};

/// A live context.
struct ContextRecord {
  std::atomic<std::uint64_t> serial{0};
  ContextRecord* newer = nullptr;
  ContextRecord* older = nullptr;
  std::uint64_t parent = 0;  ///< serial of the context that it was made from; 0 for a root
  const char* reason = nullptr;
  Site site;
};

/// A lock that is held, or asked for. Its serial is that of the context that took it.
struct HeldRecord {
  static constexpr std::size_t max_owners = 8;

  std::atomic<std::uint64_t> serial{0};
  HeldRecord* newer = nullptr;
  HeldRecord* older = nullptr;
  std::atomic<const void*> lock{nullptr};
  LockSight sight{};
  const OrderFacts* order = nullptr;
  How how = How::wait;
  bool held = false;
  Site site;
  std::size_t owner_count = 0;
  const void* owners[max_owners]{};  ///< the nest locks named
};

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
};

struct Thread {
  static constexpr std::uint16_t max_held = 1024;
  static constexpr std::uint16_t max_contexts = 2 * max_held + 512;
  static constexpr std::uint64_t serials_at_once = 1U << 16;

  std::uint64_t number = 0;
  std::uint64_t version = 0;  ///< of the set of locks held
  std::uint64_t serial = 0;
  std::uint64_t last_serial = 0;
  std::uint64_t contexts_beyond = 0;  ///< contexts and locks there was no room for
  std::uint64_t held_beyond = 0;
  unsigned bounded_retries = 0;
  bool too_many_said = false;
  bool reporting = false;
  std::size_t named_count = 0;
  const void* named[HeldRecord::max_owners]{};  ///< the nest locks named for the next acquisition
  Retries retries[8];
  KnownPairs known;
  Span span;  ///< of `held`: grows until nothing is left there
  Slots<ContextRecord, max_contexts> contexts;
  Slots<HeldRecord, max_held> held;
  Thread* next_free = nullptr;
  Thread* next = nullptr;  ///< every one ever made, so that none looks lost

  std::uint64_t next_serial();
  bool idle() { return contexts.newest() == nullptr && held.newest() == nullptr && contexts_beyond + held_beyond == 0; }
};

namespace detail {

struct [[gnu::visibility("default")]] Threads {
  static inline std::atomic_flag busy{};
  static inline Thread* free = nullptr;  // these two under `busy`
  static inline Thread* all = nullptr;
  static inline std::atomic<std::uint64_t> numbers{0};
  static inline std::atomic<std::uint64_t> serials{1};
  // Of this thread: one block, so that one address leads to both.
  struct Here {
    Thread* current;
    bool ended;
  };
  static inline constinit thread_local Here here{nullptr, false};

  static void enter() {
    while (busy.test_and_set(std::memory_order_acquire)) {  // pairs with leave()
      cpu_relax();
    }
  }
  static void leave() { busy.clear(std::memory_order_release); }  // pairs with enter()

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
    thread->number = numbers.fetch_add(1, std::memory_order_relaxed) + 1;
    thread->too_many_said = false;
    return thread;
  }
  static void give_back(Thread& thread) {
    thread.contexts.clear();
    thread.held.clear();
    thread.contexts_beyond = 0;
    thread.held_beyond = 0;
    thread.bounded_retries = 0;
    thread.named_count = 0;
    for (Retries& retries : thread.retries) {
      retries = {};
    }
    enter();
    thread.next_free = free;
    free = &thread;
    leave();
  }
};

}  // namespace detail

// Serials are unique in the program, so that a record of another thread can be told from a later one in its place.
inline std::uint64_t Thread::next_serial() {
  if (serial == last_serial) {
    serial = detail::Threads::serials.fetch_add(serials_at_once, std::memory_order_relaxed);
    last_serial = serial + serials_at_once;
  }
  return serial++;
}

}  // namespace devlock::validate

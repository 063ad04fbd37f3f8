// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What is written down of a context and of the lock that it asks for or holds: one record for both, because most contexts are guards. Further
// locks of one context have a record each.
//
// Its thread alone writes it. What other threads read of it is atomic: the destructor of a lock that is held, and a guard that ends on
// another thread than its own.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "devlock/validate/asked_facts.hpp"
#include "devlock/validate/report.hpp"

namespace devlock::validate {

/// What a lock is besides its type.
struct LockSight {
  const void* lock;   ///< its address
  const void* place;  ///< of the mutex that it stands for: a wrapper may bind one elsewhere
  std::size_t size;   ///< of that mutex
  const LockFacts* facts;
};

/// A place in the source that another thread may read while it is overwritten.
class SiteCell {
 public:
  void write(const Site& site) noexcept {
    file_.store(site.file, std::memory_order_relaxed);          // the lock or the guard that leads here brings it along
    function_.store(site.function, std::memory_order_relaxed);  // the same
    line_.store(site.line, std::memory_order_relaxed);          // the same
  }
  [[nodiscard]] Site read() const noexcept {
    return {file_.load(std::memory_order_relaxed), function_.load(std::memory_order_relaxed),  // written by write()
            line_.load(std::memory_order_relaxed)};                                            // the same
  }

 private:
  std::atomic<const char*> file_{""};
  std::atomic<const char*> function_{""};
  std::atomic<unsigned> line_{0};
};

struct Thread;

struct Record {
  static constexpr std::size_t max_owners = 8;
  static constexpr std::uint64_t never = ~std::uint64_t{0};

  // The chain of Records.
  Record* older = nullptr;
  Record* newer = nullptr;

  // What every guard writes.
  SiteCell site;                            ///< of the context
  std::uint64_t serial = 0;                 ///< one more for each context that uses this record
  Record* parent = nullptr;                 ///< the context that it was made from; null for a root
  std::atomic<const void*> lock{nullptr};   ///< held or asked for; null: none
  std::atomic<const void*> place{nullptr};  ///< of its mutex; null: not held
  std::uint64_t path = 0;                   ///< a number for what is held up to here, by type; 0: nothing

  // What was ruled here before: `asked` is permitted when what is held below has that number.
  std::atomic<const AskedFacts*> asked{nullptr};
  std::uint64_t known_below = never;
  std::uint64_t known_path = 0;  ///< and then this is the number of both

  // What few write.
  std::atomic<Record*> context{this};  ///< of a further lock: its context's record; null: its context has ended
  std::atomic<bool> buried{false};     ///< ended by another thread: the owner drops it when it comes by
  bool in_run = false;                 ///< a further lock that was asked for by the thread's newest context
  bool several = false;                ///< there may be further locks of this context
  bool failed = false;                 ///< it has tried in vain
  bool child_said = false;             ///< released under a live child, and said so
  std::uint64_t version = 0;           ///< of the set of locks held, when the context began
  const char* reason = nullptr;        ///< of an unchecked context
  Thread* owner = nullptr;
  std::atomic<std::uint64_t> number{0};  ///< of a thread that ended before this record did
  std::size_t owner_count = 0;
  const void* owners[max_owners]{};  ///< the nest locks named

  // Relaxed: by the thread that wrote it, or by one to which the lock or the guard led.
  [[nodiscard]] const void* lock_address() const { return lock.load(std::memory_order_relaxed); }
  [[nodiscard]] const void* place_held() const { return place.load(std::memory_order_relaxed); }
  [[nodiscard]] const AskedFacts& asks() const { return *asked.load(std::memory_order_relaxed); }
  [[nodiscard]] Record* its_context() const { return context.load(std::memory_order_relaxed); }

  [[nodiscard]] bool held() const { return place_held() != nullptr; }
  [[nodiscard]] bool is_context() const { return its_context() == this; }
  [[nodiscard]] How how() const { return asks().how; }
  [[nodiscard]] LockSight sight() const { return {lock_address(), place_held(), asks().size, asks().lock}; }
  [[nodiscard]] Site made_at() const {
    const Record* const made = its_context();
    return (made == nullptr ? this : made)->site.read();
  }
  [[nodiscard]] std::size_t nest_owners() const { return detail::is_nested(how()) ? owner_count : 0; }
};

}  // namespace devlock::validate

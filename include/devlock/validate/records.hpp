// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The records of one thread, in fixed memory: a chain in which those up to the newest are in use and those above it wait for use. So one
// step along the chain is a push, and one back a pop. Any record may be taken out. Its thread alone pushes, removes and walks. Another
// thread may only bury a record, and the owner drops it when it comes by. Records never move, and memory that was never needed is
// never touched.
#pragma once

#include <new>

#include "devlock/validate/record.hpp"

namespace devlock::validate {

class Records {
 public:
  static constexpr std::uint16_t room = 3584;

  Records() {}
  Records(const Records&) = delete;
  Records& operator=(const Records&) = delete;

  /// Below the oldest: the newest of a thread with none. It has no context and no lock.
  Record* bottom() { return &bottom_; }

  /// A new record on top; null if there is no room.
  Record* push(Record*& newest, Thread& owner) {
    Record* const record = newest->newer != nullptr ? newest->newer : make(*newest, owner);
    if (record != nullptr) {
      newest = record;
      ++record->serial;
    }
    return record;
  }
  void remove(Record& record, Record*& newest) {
    record.place.store(nullptr, std::memory_order_relaxed);    // read by its own thread only
    record.context.store(&record, std::memory_order_relaxed);  // read by bury(), which looks for another context
    record.several = record.failed = record.child_said = false;
    record.reason = nullptr;
    if (newest == &record) {
      newest = record.older;
    } else {
      take_out(record, *newest);
    }
  }
  /// Takes out all that are in use, for good: guards or locks lead to them. `number` is the thread's.
  void set_aside(Record*& newest, std::uint64_t number) {
    for (Record* record = walk(newest, newest); record != nullptr; record = walk(newest, record->older)) {
      record->number.store(number, std::memory_order_relaxed);  // read by number_of(), to which the guard led
      ++aside_;
    }
    bottom_.newer = newest->newer;
    if (bottom_.newer != nullptr) {
      bottom_.newer->older = &bottom_;
    }
    newest = &bottom_;
  }
  [[nodiscard]] bool worn_out() const { return aside_ > room / 2; }

  /// Walks down: `for (Record* r = all.walk(newest, newest); r != nullptr; r = all.walk(newest, r->older))`.
  Record* walk(Record*& newest, Record* record) {
    if (record->buried.load(std::memory_order_acquire)) [[unlikely]] {  // pairs with bury()
      record = drop_buried(newest, record);
    }
    return record == &bottom_ ? nullptr : record;
  }
  /// What is held from `first` up to `last` is not what it was: number it anew.
  void forget_paths(Record& first, const Record& last) {
    for (Record* record = &first;; record = record->newer) {
      record->path = record->path == 0 ? 0 : new_path();
      if (record == &last) {
        return;
      }
    }
  }
  /// A number that was never used for what is held. Addresses are even.
  std::uint64_t new_path() { return paths_ += 2; }
  /// The rulings that hung on something else than the types are no longer known.
  void forget_rulings() {
    for (std::uint16_t place = 0; place != made_.load(std::memory_order_relaxed); ++place) {  // written by this thread
      at(place).known_below = Record::never;
    }
  }

  /// By another thread: drops the context and its further locks. `visit` sees each.
  template <class Visit>
  void bury(Record& context, Visit visit) {
    const std::uint16_t made = made_.load(std::memory_order_acquire);  // pairs with make()
    for (std::uint16_t place = 0; place != made; ++place) {
      Record& record = at(place);
      if (&record != &context && record.its_context() == &context) {
        visit(record);
        record.buried.store(true, std::memory_order_release);  // pairs with walk()
      }
    }
    visit(context);
    context.buried.store(true,
                         std::memory_order_release);  // pairs with walk(); last, so that nobody else uses it before
  }

 private:
  Record& at(std::uint16_t place) { return *std::launder(reinterpret_cast<Record*>(bytes_) + place); }
  // From the middle of those in use, to be the next that is used.
  [[gnu::noinline]] void take_out(Record& record, Record& newest) {
    record.newer->older = record.older;
    record.older->newer = record.newer;
    forget_paths(*record.newer, newest);
    record.older = &newest;
    record.newer = newest.newer;
    if (record.newer != nullptr) {
      record.newer->older = &record;
    }
    newest.newer = &record;
  }
  [[gnu::cold, gnu::noinline]] Record* drop_buried(Record*& newest, Record* record) {
    while (record->buried.load(std::memory_order_acquire)) {  // pairs with bury()
      Record* const older = record->older;
      record->buried.store(false, std::memory_order_relaxed);  // who buried it is done with it
      remove(*record, newest);
      record = older;
    }
    return record;
  }
  [[gnu::noinline]] Record* make(Record& newest, Thread& owner) {
    const std::uint16_t place = made_.load(std::memory_order_relaxed);  // written by this thread
    if (place == room) {
      return nullptr;
    }
    Record* const record = ::new (static_cast<void*>(bytes_ + place * sizeof(Record))) Record;
    record->owner = &owner;
    record->older = &newest;
    newest.newer = record;
    made_.store(static_cast<std::uint16_t>(place + 1), std::memory_order_release);  // pairs with bury()
    return record;
  }

  Record bottom_;
  std::uint64_t paths_ = 1;
  unsigned aside_ = 0;
  std::atomic<std::uint16_t> made_{0};
  alignas(Record) unsigned char bytes_[sizeof(Record) * room];
};

}  // namespace devlock::validate

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A stack of at most `Room` records in fixed memory, from which any record may be taken. Its thread alone pushes, removes and
// walks it. Another thread may only bury a record: mark it, so that the owner drops it when it comes by. Records never move, and
// memory that was never needed is never touched.
//
// A `Record` has `std::atomic<std::uint64_t> serial{0}`, unique in the program while in use, and `Record *newer, *older`.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>

namespace devlock::validate {

template <class Record, std::uint16_t Room>
class Slots {
 public:
  static constexpr std::uint16_t room = Room;

  Slots() {}
  Slots(const Slots&) = delete;
  Slots& operator=(const Slots&) = delete;

  /// A new record on top; null if there is no room.
  Record* push(std::uint64_t serial) {
    Record* record = free_;
    if (record != nullptr) {
      free_ = record->older;
    } else if ((record = make()) == nullptr) {
      return nullptr;
    }
    record->older = newest_;
    record->newer = nullptr;
    if (newest_ != nullptr) {
      newest_->newer = record;
    }
    newest_ = record;
    record->serial.store(serial, std::memory_order_release);  // pairs with the load in bury()
    return record;
  }
  void remove(Record& record) {
    (record.newer == nullptr ? newest_ : record.newer->older) = record.older;
    if (record.older != nullptr) {
      record.older->newer = record.newer;
    }
    record.serial.store(unused, std::memory_order_relaxed);
    record.older = free_;
    free_ = &record;
  }
  void clear() {
    while (newest_ != nullptr) {
      remove(*newest_);
    }
  }

  /// Walks from the newest to the oldest: `for (R* r = slots.newest(); r != nullptr; r = slots.older(*r))`.
  Record* newest() { return alive(newest_); }
  Record* older(const Record& record) { return alive(record.older); }
  [[nodiscard]] bool empty() const { return newest_ == nullptr; }
  /// Whether the newest record is the one of `serial`, as it mostly is.
  [[nodiscard]] bool newest_is(std::uint64_t serial) const {
    return newest_ != nullptr && newest_->serial.load(std::memory_order_relaxed) == serial;  // written by this thread
  }

  /// By another thread: drops every record of `serial` that `matches`.
  template <class Matches>
  void bury(std::uint64_t serial, Matches matches) {
    const std::uint16_t made = made_.load(std::memory_order_acquire);  // pairs with make()
    for (std::uint16_t place = 0; place != made; ++place) {
      Record& record = at(place);
      std::uint64_t expected = serial;
      if (record.serial.load(std::memory_order_acquire) == serial && matches(record)) {  // pairs with push()
        record.serial.compare_exchange_strong(expected, buried, std::memory_order_acq_rel);  // pairs with alive()
      }
    }
  }

 private:
  static constexpr std::uint64_t unused = 0;
  static constexpr std::uint64_t buried = ~std::uint64_t{0};

  Record& at(std::uint16_t place) { return *std::launder(reinterpret_cast<Record*>(bytes_) + place); }
  Record* alive(Record* record) {
    while (record != nullptr && record->serial.load(std::memory_order_acquire) == buried) {  // pairs with bury()
      Record* const older = record->older;
      remove(*record);
      record = older;
    }
    return record;
  }
  [[gnu::noinline]] Record* make() {
    const std::uint16_t place = made_.load(std::memory_order_relaxed);
    if (place == Room) {
      return nullptr;
    }
    Record* const record = ::new (static_cast<void*>(bytes_ + place * sizeof(Record))) Record;
    made_.store(static_cast<std::uint16_t>(place + 1), std::memory_order_release);  // pairs with bury()
    return record;
  }

  Record* newest_ = nullptr;
  Record* free_ = nullptr;
  std::atomic<std::uint16_t> made_{0};
  alignas(Record) unsigned char bytes_[sizeof(Record) * Room];
};

}  // namespace devlock::validate

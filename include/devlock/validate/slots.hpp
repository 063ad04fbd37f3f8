// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A stack of at most `Room` records in fixed memory, from which any record may be taken. Its thread alone pushes, removes and
// walks it. Another thread may only bury a record: mark it, so that the owner drops it when it comes by. Records never move, and
// memory that was never needed is never touched.
//
// A `Record` has `std::atomic<std::uint64_t> serial{0}`, unique in the program while in use, and `std::uint16_t newer, older`.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>

namespace devlock::validate {

template <class Record, std::uint16_t Room>
class Slots {
 public:
  static constexpr std::uint16_t none = 0xffff;
  static constexpr std::uint16_t room = Room;

  Slots() {}
  Slots(const Slots&) = delete;
  Slots& operator=(const Slots&) = delete;

  /// A new record on top; null if there is no room.
  Record* push(std::uint64_t serial) {
    const std::uint16_t place = take_place();
    if (place == none) {
      return nullptr;
    }
    Record& record = at(place);
    record.older = newest_;
    record.newer = none;
    if (newest_ != none) {
      at(newest_).newer = place;
    }
    newest_ = place;
    ++size_;
    record.serial.store(serial, std::memory_order_release);  // pairs with the load in bury()
    return &record;
  }
  void remove(Record& record) {
    const std::uint16_t place = place_of(record);
    (record.newer == none ? newest_ : at(record.newer).older) = record.older;
    if (record.older != none) {
      at(record.older).newer = record.newer;
    }
    record.serial.store(unused, std::memory_order_relaxed);
    record.older = free_;
    free_ = place;
    --size_;
  }
  void clear() {
    while (newest_ != none) {
      remove(at(newest_));
    }
  }

  /// Walks from the newest to the oldest: `for (R* r = slots.newest(); r != nullptr; r = slots.older(*r))`.
  Record* newest() { return alive(newest_); }
  Record* older(const Record& record) { return alive(record.older); }
  [[nodiscard]] std::size_t size() const { return size_; }
  Record& at(std::uint16_t place) { return *std::launder(reinterpret_cast<Record*>(bytes_) + place); }
  std::uint16_t place_of(const Record& record) const {
    return static_cast<std::uint16_t>(&record - reinterpret_cast<const Record*>(bytes_));
  }

  /// By another thread: drops every record of `serial` that `matches`.
  template <class Matches>
  void bury(std::uint64_t serial, Matches matches) {
    const std::uint16_t made = made_.load(std::memory_order_acquire);  // pairs with take_place()
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

  Record* alive(std::uint16_t place) {
    while (place != none) {
      Record& record = at(place);
      if (record.serial.load(std::memory_order_acquire) != buried) {  // pairs with bury()
        return &record;
      }
      place = record.older;
      remove(record);
    }
    return nullptr;
  }
  std::uint16_t take_place() {
    if (free_ != none) {
      const std::uint16_t place = free_;
      free_ = at(place).older;
      return place;
    }
    const std::uint16_t place = made_.load(std::memory_order_relaxed);
    if (place == Room) {
      return none;
    }
    ::new (static_cast<void*>(bytes_ + place * sizeof(Record))) Record;
    made_.store(static_cast<std::uint16_t>(place + 1), std::memory_order_release);  // pairs with bury()
    return place;
  }

  std::uint16_t newest_ = none;
  std::uint16_t free_ = none;
  std::size_t size_ = 0;
  std::atomic<std::uint16_t> made_{0};
  alignas(Record) unsigned char bytes_[sizeof(Record) * Room];
};

}  // namespace devlock::validate

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What each simulated thread is about to touch: up to three objects, to read or to write. Every operation of RelacySync
// publishes it before its schedule point, and adds what it found out afterwards. A scheduler that reduces the search
// reads it: two operations that touch different objects, or only read, may be swapped without another outcome.
//
//   about_to(Touch().writes(id));
//   rl::ctx().sched();
//
// A schedule point of which nothing was published touches everything. Not here: plain data (var). It has no schedule
// point; its races are found from what happened before what, in any order of independent operations.
#pragma once

#include <cstdint>
#include <stdexcept>

#include "devlock/check/relacy.hpp"

namespace devlock::relacy {

/// More simulated threads than any search can handle.
inline constexpr unsigned max_threads = 16;

/// Names an object: the same in every execution that has the same past, which an address is not.
using ObjectId = std::uint32_t;
inline constexpr ObjectId no_object = 0;
/// What sequentially consistent fences touch.
inline constexpr ObjectId fence_object = 1;

inline constexpr int nobody = -1;

class Touch {
 public:
  static constexpr unsigned capacity = 3;

  static constexpr Touch everything() {
    Touch touch;
    touch.head_ = all;
    return touch;
  }
  /// Everything, for nobody said what.
  static constexpr Touch unsaid() {
    Touch touch;
    touch.head_ = all | unknown;
    return touch;
  }
  /// Touches nothing that another thread could see.
  static constexpr Touch nothing() { return {}; }
  /// Everything, and others run first.
  static constexpr Touch yield() {
    Touch touch;
    touch.head_ = all | yielding;
    return touch;
  }

  /// Two reads of one object may be swapped. So may two changes that are independent of their order: mark them as reads.
  constexpr Touch reads(ObjectId id) const { return with(id << 1U); }
  constexpr Touch writes(ObjectId id) const { return with((id << 1U) | 1U); }
  /// The mutex `id`, whose owner is `owner`; before any other object. If it `waits` the thread cannot go on while another
  /// one owns it.
  Touch mutex(ObjectId id, const int& owner, bool waits) const {
    Touch touch = writes(id);
    touch.gate_ = &owner;
    touch.head_ |= waits ? waiting : 0U;
    return touch;
  }
  /// The write of `id` turned out to be a read.
  void only_read(ObjectId id) {
    for (unsigned i = 0; i != count(); ++i) {
      if (object(i) == id) {
        set(i, id << 1U);
      }
    }
  }
  void add(const Touch& other) {
    head_ |= other.head_ & all;
    for (unsigned i = 0; i != other.count(); ++i) {
      *this = with(other.entry(i));
    }
  }
  /// Whatever it waits for no longer exists.
  void forget_gate() {
    gate_ = nullptr;
    head_ = (head_ & ~waiting) | all;
  }

  [[nodiscard]] bool touches_everything() const { return (head_ & all) != 0U; }
  [[nodiscard]] bool is_unsaid() const { return (head_ & unknown) != 0U; }
  [[nodiscard]] bool yields() const { return (head_ & yielding) != 0U; }
  [[nodiscard]] bool waits() const { return (head_ & waiting) != 0U; }
  /// The mutex among the objects, or no_object.
  [[nodiscard]] ObjectId gate_id() const { return gate_ == nullptr ? no_object : object(0); }
  [[nodiscard]] const int* gate() const { return gate_; }
  /// The owner of the mutex at this moment, if there is one.
  [[nodiscard]] int owner() const { return gate_ == nullptr ? nobody : *gate_; }
  /// Thread `index` would have to wait for another one.
  [[nodiscard]] bool blocks(int index) const { return waits() && owner() != nobody && owner() != index; }
  [[nodiscard]] bool writes_to(ObjectId id) const {
    const unsigned place = find(id);
    return place != count() && (entry(place) & 1U) != 0U;
  }
  [[nodiscard]] constexpr unsigned count() const { return static_cast<unsigned>(head_ >> 32U) & 3U; }
  [[nodiscard]] constexpr ObjectId object(unsigned place) const { return entry(place) >> 1U; }

  /// Swapped, the two could have another outcome.
  [[nodiscard]] bool depends_on(const Touch& other) const {
    if (yields() || other.yields()) {
      return true;  // any step of another thread lets the one that yielded go on
    }
    if (touches_everything() || other.touches_everything()) {
      return (touches_everything() || count() != 0U) && (other.touches_everything() || other.count() != 0U);
    }
    for (unsigned i = 0; i != count(); ++i) {
      for (unsigned j = 0; j != other.count(); ++j) {
        if (object(i) == other.object(j) && ((entry(i) | other.entry(j)) & 1U) != 0U) {
          return true;
        }
      }
    }
    return false;
  }
  /// Differs if the two differ in anything but whom they wait for.
  [[nodiscard]] std::uint64_t fingerprint() const { return (head_ * 0x100000001b3U) ^ rest_; }

 private:
  // Whole words, so that a touch lives in registers: the first object, then count and flags; the other two objects.
  static constexpr std::uint64_t one_more = std::uint64_t{1} << 32U;
  static constexpr std::uint64_t all = std::uint64_t{1} << 34U;
  static constexpr std::uint64_t yielding = std::uint64_t{1} << 35U;
  static constexpr std::uint64_t waiting = std::uint64_t{1} << 36U;
  static constexpr std::uint64_t unknown = std::uint64_t{1} << 37U;

  // The object's number, and whether it is written.
  [[nodiscard]] constexpr std::uint32_t entry(unsigned place) const {
    return static_cast<std::uint32_t>(place == 0 ? head_ : rest_ >> (32U * (place - 1U)));
  }
  constexpr void set(unsigned place, std::uint32_t entry) {
    const unsigned shift = place == 2 ? 32U : 0U;
    std::uint64_t& word = place == 0 ? head_ : rest_;
    word = (word & ~(std::uint64_t{0xffffffffU} << shift)) | (std::uint64_t{entry} << shift);
  }
  [[nodiscard]] constexpr unsigned find(ObjectId id) const {
    unsigned place = 0;
    while (place != count() && object(place) != id) {
      ++place;
    }
    return place;
  }
  [[nodiscard]] constexpr Touch with(std::uint32_t added) const {
    Touch touch = *this;
    if (count() == 0U) {
      touch.head_ += one_more + added;
      return touch;
    }
    const unsigned place = find(added >> 1U);
    if (place != count()) {
      touch.set(place, entry(place) | added);
    } else if (count() != capacity) {
      touch.head_ += one_more;
      touch.set(place, added);
    } else {
      touch.head_ |= all;
    }
    return touch;
  }

  std::uint64_t head_ = 0;
  std::uint64_t rest_ = 0;
  const int* gate_ = nullptr;
};

namespace detail {

// All that the adapter tells a scheduler. One thread runs at a time.
class Published {
 public:
  void begin_execution(unsigned threads) {
    for (unsigned i = 0; i != threads; ++i) {
      next_[i] = {};  // until its first operation a thread touches nothing
      made_[i] = 0;
    }
    made_[max_threads] = 0;
    now_ = {};
    apart_ = true;
  }
  // Before the threads run and after they ended nothing is a step.
  void set_apart(bool apart) { apart_ = apart; }
  [[nodiscard]] bool apart() const { return apart_; }

  // Thread `index` is scheduled.
  [[gnu::always_inline]] void begin_step(unsigned index) {
    now_ = next_[index];
    next_[index] = Touch::unsaid();
  }
  [[gnu::always_inline]] void publish(unsigned index, const Touch& touch) { next_[index] = touch; }
  // Thread `index` falls asleep. Unless it said otherwise it tries the same again when it wakes up.
  void park(unsigned index) {
    if (next_[index].is_unsaid()) {
      publish(index, now_);
    }
  }
  [[nodiscard]] const Touch& next(unsigned index) const { return next_[index]; }
  // What the running step touches.
  [[nodiscard]] Touch& now() { return now_; }
  std::uint32_t make(unsigned maker) { return made_[maker]++; }
  void forget_gate(const int& owner) {
    for (Touch& next : next_) {
      if (next.gate() == &owner) {
        next.forget_gate();
      }
    }
  }

 private:
  Touch next_[max_threads];
  Touch now_;
  std::uint32_t made_[max_threads + 1] = {};
  bool apart_ = true;
};
inline Published published;

inline unsigned current_index() { return static_cast<unsigned>(rl::ctx().current_thread()); }

// Between the two the running thread is not interrupted.
struct NoSwitch {
  NoSwitch() { rl::ctx().disable_preemption(); }
  ~NoSwitch() { rl::ctx().enable_preemption(); }
  NoSwitch(const NoSwitch&) = delete;
  NoSwitch& operator=(const NoSwitch&) = delete;
};

// Relacy takes every sleep for a turn of a spin loop, after which old values that the thread knows are not read again.
// Which values it knows depends on which thread happened to construct the scenario. While one of these lives a sleep is
// no such turn.
class KeepsOldValues {
 public:
  KeepsOldValues() : thread_(rl::ctx().threadx_), last_turn_(thread_->last_yield_) {}
  ~KeepsOldValues() { thread_->last_yield_ = last_turn_; }
  KeepsOldValues(const KeepsOldValues&) = delete;
  KeepsOldValues& operator=(const KeepsOldValues&) = delete;

 private:
  rl::thread_info_base* thread_;
  rl::timestamp_t last_turn_;
};

}  // namespace detail

/// Throws std::logic_error outside a scenario, where no object of RelacySync can be.
inline void require_scenario() {
  if (!rl::is_ctx()) [[unlikely]] {
    throw std::logic_error("devlock: an object of RelacySync was made outside a scenario; make it a member of one, and let "
                           "check() run it");
  }
}

/// Two neighbouring numbers for a new object.
inline ObjectId new_object() {
  require_scenario();
  const unsigned maker = detail::published.apart() ? max_threads : detail::current_index();
  return (((detail::published.make(maker) << 5U) | maker) + 1U) << 1U;
}

/// What the calling thread does when it is scheduled next.
[[gnu::always_inline]] inline void about_to(const Touch& touch) { detail::published.publish(detail::current_index(), touch); }
/// The running step touches this too.
inline void touches_too(const Touch& touch) {
  if (!detail::published.apart()) {
    detail::published.now().add(touch);
  }
}
/// The running step left `id` as it was.
inline void left_unchanged(ObjectId id) { detail::published.now().only_read(id); }
/// A mutex is destroyed: nobody waits for it any more.
inline void forget_gate(const int& owner) {
  if (!detail::published.apart()) {
    detail::published.forget_gate(owner);
  }
}

/// What thread `index` does next. For schedulers.
inline const Touch& next_touch_of(unsigned index) { return detail::published.next(index); }

}  // namespace devlock::relacy

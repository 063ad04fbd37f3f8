// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What each simulated thread is about to touch: up to four objects, to read or to write. Every operation of RelacySync
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
  static constexpr unsigned capacity = 4;

  static Touch everything() {
    Touch touch;
    touch.everything_ = true;
    return touch;
  }
  /// Touches nothing that another thread could see.
  static Touch nothing() { return {}; }
  /// Everything, and others run first.
  static Touch yield() {
    Touch touch = everything();
    touch.yields_ = true;
    return touch;
  }

  /// Two reads of one object may be swapped. So may two changes that are independent of their order: mark them as reads.
  Touch reads(ObjectId id) const { return with(id << 1U); }
  Touch writes(ObjectId id) const { return with((id << 1U) | 1U); }
  /// The mutex `id`, whose owner is `owner`. If it `waits` the thread cannot go on while another one owns it.
  Touch mutex(ObjectId id, const int& owner, bool waits) const {
    Touch touch = writes(id);
    touch.gate_id_ = id;
    touch.gate_ = &owner;
    touch.waits_ = waits;
    return touch;
  }
  /// The write of `id` turned out to be a read.
  void only_read(ObjectId id) {
    for (unsigned i = 0; i != count_; ++i) {
      objects_[i] &= (objects_[i] >> 1U) == id ? ~1U : ~0U;
    }
  }
  void add(const Touch& other) {
    everything_ = everything_ || other.everything_;
    for (unsigned i = 0; i != other.count_; ++i) {
      *this = with(other.objects_[i]);
    }
  }
  /// Whatever it waits for no longer exists.
  void forget_gate() {
    gate_ = nullptr;
    waits_ = false;
  }

  [[nodiscard]] bool touches_everything() const { return everything_; }
  [[nodiscard]] bool yields() const { return yields_; }
  [[nodiscard]] bool waits() const { return waits_; }
  /// The mutex among the objects, or no_object.
  [[nodiscard]] ObjectId gate_id() const { return gate_id_; }
  [[nodiscard]] const int* gate() const { return gate_; }
  /// The owner of the mutex at this moment, if there is one.
  [[nodiscard]] int owner() const { return gate_ == nullptr ? nobody : *gate_; }
  /// Thread `index` would have to wait for another one.
  [[nodiscard]] bool blocks(int index) const { return waits_ && owner() != nobody && owner() != index; }
  [[nodiscard]] bool touches(ObjectId id) const { return find(id << 1U) != count_; }
  [[nodiscard]] bool writes_to(ObjectId id) const {
    const unsigned place = find(id << 1U);
    return place != count_ && (objects_[place] & 1U) != 0U;
  }
  [[nodiscard]] unsigned count() const { return count_; }
  [[nodiscard]] ObjectId object(unsigned place) const { return objects_[place] >> 1U; }

  /// Swapped, the two could have another outcome.
  [[nodiscard]] bool depends_on(const Touch& other) const {
    if (everything_ || other.everything_) {
      return (everything_ || count_ != 0U) && (other.everything_ || other.count_ != 0U);
    }
    for (unsigned i = 0; i != count_; ++i) {
      for (unsigned j = 0; j != other.count_; ++j) {
        if (((objects_[i] ^ other.objects_[j]) >> 1U) == 0U && ((objects_[i] | other.objects_[j]) & 1U) != 0U) {
          return true;
        }
      }
    }
    return false;
  }
  /// Differs if the two differ in anything but what they wait for.
  [[nodiscard]] std::uint64_t fingerprint() const {
    std::uint64_t sum = (everything_ ? 1U : 0U) + (yields_ ? 2U : 0U) + (waits_ ? 4U : 0U);
    for (unsigned i = 0; i != count_; ++i) {
      sum = sum * 0x100000001b3U + objects_[i];
    }
    return sum;
  }

 private:
  [[nodiscard]] unsigned find(std::uint32_t entry) const {
    unsigned place = 0;
    while (place != count_ && (objects_[place] ^ entry) >> 1U != 0U) {
      ++place;
    }
    return place;
  }
  [[nodiscard]] Touch with(std::uint32_t entry) const {
    Touch touch = *this;
    const unsigned place = find(entry);
    if (place != count_) {
      touch.objects_[place] |= entry;
    } else if (count_ != capacity) {
      touch.objects_[touch.count_++] = entry;
    } else {
      touch.everything_ = true;
    }
    return touch;
  }

  std::uint32_t objects_[capacity] = {};
  ObjectId gate_id_ = no_object;
  const int* gate_ = nullptr;
  unsigned char count_ = 0;
  bool everything_ = false;
  bool yields_ = false;
  bool waits_ = false;
};

namespace detail {

// All that the adapter tells a scheduler. One thread runs at a time, so one `now` is enough.
struct Published {
  Touch next[max_threads];       // what each thread does when it is scheduled
  bool fresh[max_threads] = {};  // it said so since it was scheduled last
  Touch now;                     // what the running step touches
  bool setting_up = false;       // the scenario is being constructed
  std::uint32_t made[max_threads + 1] = {};

  void begin_execution() {
    for (unsigned i = 0; i != max_threads; ++i) {
      next[i] = Touch::nothing();  // until its first operation a thread touches nothing
      fresh[i] = false;
      made[i] = 0;
    }
    made[max_threads] = 0;
    now = Touch::nothing();
  }
  // Thread `index` is scheduled.
  void begin_step(unsigned index) {
    now = next[index];
    next[index] = Touch::everything();
    fresh[index] = false;
  }
  // Thread `index` falls asleep. Unless it said otherwise it tries the same again when it wakes up.
  void park(unsigned index) {
    if (!fresh[index]) {
      next[index] = now;
    }
  }
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

}  // namespace detail

/// Two neighbouring numbers for a new object.
inline ObjectId new_object() {
  detail::Published& all = detail::published;
  const unsigned maker = all.setting_up ? max_threads : detail::current_index();
  return (((all.made[maker]++ << 5U) | maker) + 1U) << 1U;
}

/// What the calling thread does when it is scheduled next.
inline void about_to(const Touch& touch) {
  const unsigned index = detail::current_index();
  detail::published.next[index] = touch;
  detail::published.fresh[index] = true;
}
/// The running step touches this too.
inline void touches_too(const Touch& touch) { detail::published.now.add(touch); }
/// The running step left `id` as it was.
inline void left_unchanged(ObjectId id) { detail::published.now.only_read(id); }
/// A mutex is destroyed: nobody waits for it any more.
inline void forget_gate(const int& owner) {
  for (Touch& touch : detail::published.next) {
    if (touch.gate() == &owner) {
      touch.forget_gate();
    }
  }
}

/// What thread `index` does next. For schedulers.
inline const Touch& next_touch_of(unsigned index) { return detail::published.next[index]; }

}  // namespace devlock::relacy

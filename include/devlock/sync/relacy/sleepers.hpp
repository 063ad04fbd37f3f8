// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The threads that sleep at an atomic or a condition variable. Which of them wakes is a choice of the search, unless
// all do. The order in which they fell asleep is none of the state, so two that fall asleep may be swapped.
//
//   sleepers.sleep(where);      // the calling thread, until it is woken
//   sleepers.wake(1, where);
//
// No schedule point: it belongs to the operation that calls it.
#pragma once

#include "devlock/sync/relacy/location.hpp"
#include "devlock/sync/relacy/touch.hpp"

namespace devlock::relacy {

/// Why a sleeper woke up.
enum class Woken { notified, timed_out, spuriously };

class Sleepers {
 public:
  /// From now on a wake reaches the calling thread, also before it sleeps.
  void enter() { waiting_ |= mine(); }
  [[nodiscard]] bool entered() const { return (waiting_ & mine()) != 0U; }

  /// Enters and sleeps.
  Woken sleep(const rl::debug_info& where, bool timed = false, bool spurious = false) {
    const detail::KeepsOldValues no_turn;
    enter();
    parked_ |= mine();
    const rl::unpark_reason reason = rl::ctx().park_current_thread(timed, spurious, false, where);
    if (reason == rl::unpark_reason_normal) {
      return Woken::notified;
    }
    waiting_ &= ~mine();
    parked_ &= ~mine();
    return reason == rl::unpark_reason_timeout ? Woken::timed_out : Woken::spuriously;
  }
  /// Wakes up to `most`.
  void wake(unsigned most, const rl::debug_info& where) {
    for (; waiting_ != 0U && most != 0U; --most) {
      const auto count = static_cast<unsigned>(__builtin_popcount(waiting_));
      unsigned rest = waiting_;
      for (unsigned skip = most < count ? rl::ctx().rand(count, rl::sched_type_user) : 0U; skip != 0U; --skip) {
        rest &= rest - 1U;
      }
      const unsigned chosen = rest & (~rest + 1U);
      waiting_ &= ~chosen;
      if ((parked_ & chosen) != 0U) {
        parked_ &= ~chosen;
        rl::ctx().unpark_thread(__builtin_ctz(chosen), false, where);
      }
    }
  }

 private:
  static unsigned mine() { return 1U << detail::current_index(); }

  unsigned waiting_ = 0;  // one bit for each thread
  unsigned parked_ = 0;   // those of them that sleep already
};

}  // namespace devlock::relacy

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Where threads meet at the end of a race, for properties such as "nobody releases during the race": a holder waits
// here until all have arrived, then they go on one after the other. It has no schedule point, so it costs no
// executions, and orders no memory.
//
//   HierarchicalTryLock locked{root, scope};
//   gate.arrive(locked.owns_lock());   // a holder waits for the others
//   locked.release();
//   gate.leave();
//
// Not checked: that each of the threads arrives and leaves exactly once; one that does not is a deadlock.
#pragma once

#include "devlock/sync/relacy/location.hpp"
#include "devlock/sync/relacy/touch.hpp"

namespace devlock::check {

template <unsigned Threads>
class Gate {
 public:
  /// Counts this thread. If it `waits`, returns when all have arrived and the waiters before it have left.
  void arrive(bool waits, const relacy::Location& where = {}) {
    relacy::touches_too(relacy::Touch().writes(id_));
    if (++arrived_ != Threads && waits) {
      waiting_[count_++] = rl::ctx().current_thread();
      const relacy::detail::KeepsOldValues no_turn;
      relacy::about_to(relacy::Touch::nothing());
      rl::ctx().park_current_thread(false, false, false, where);
    }
  }
  /// Lets the next waiter go on.
  void leave(const relacy::Location& where = {}) {
    relacy::touches_too(relacy::Touch().writes(id_));
    if (arrived_ == Threads && next_ != count_) {
      rl::ctx().unpark_thread(waiting_[next_++], false, where);
    }
  }

 private:
  relacy::ObjectId id_ = relacy::new_object();
  int waiting_[Threads] = {};
  unsigned arrived_ = 0;
  unsigned count_ = 0;
  unsigned next_ = 0;
};

}  // namespace devlock::check

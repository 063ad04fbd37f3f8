// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A race for overlapping scopes of one switch with HierarchicalTryLock, and all that must hold around it: all or
// nothing, it never waits, exact reverse rollback, mutual exclusion on every device touched, the bridge included, and
// free locks afterwards. Rollback and Walk are replaced by the wrong variants that must be found.
#pragma once

#include "devlock/lock/hierarchical_try_lock.hpp"

#include "model/support/switch.hpp"

namespace model {

enum class Winners {
  release,               ///< give back as soon as they are done
  keep_until_all_tried,  ///< nobody releases during the race: one must succeed
};

/// The mark of a failure at each place of a scope.
inline constexpr const char* rolled_back[] = {"contended at once", "rollback of 1 lock", "rollback of 2 locks",
                                              "rollback of 3 locks", "rollback of 4 locks"};

template <class Lock, class Requests, Winners Policy, class Rollback = devlock::ReverseRollback, class Walk = TopDown>
struct Race {
  static constexpr unsigned threads = std::size(Requests::of_threads);

  Race() { forget_held_locks(); }

  void thread(unsigned index) {
    devlock::vfio::ThreadContext root;
    devlock::HierarchicalTryLock<devlock::vfio::ThreadContext::held, Lock, Rollback> locked{root,
                                                                                            switch_->locked[index]};
    require(devlock::check::times_blocked() == 0, "it never waits");
    if (locked) {
      devlock::check::mark("took all");
      ++winners_;
      use(index);
    } else {
      devlock::check::mark(rolled_back[locked.contended_at()]);
      require(held_locks[index].size == 0, "all or nothing: a lock was kept");
    }
    if (Policy == Winners::keep_until_all_tried) {
      gate_.arrive(locked.owns_lock());
    }
    locked.release();
    gate_.leave();
  }
  void after() {
    require(winners_ != 0 || Policy == Winners::release, "one racer succeeds");
    for (auto* node : switch_->tree.walk()) {
      require(mutex_of(node->lock).holder() == nobody, "every lock is free after the race");
    }
  }

 private:
  void use(unsigned index) {
    const int me = static_cast<int>(index);
    for (Lock* lock : switch_->touched[index].locks()) {
      mutex_of(*lock).data().set(me);
    }
    for (Lock* lock : switch_->locked[index].locks()) {
      require(mutex_of(*lock).holder() == me, "all or nothing: a lock is missing");
    }
    for (Lock* lock : switch_->touched[index].locks()) {
      require(mutex_of(*lock).data().get() == me, "the critical sections exclude each other");
    }
  }

  devlock::check::Untracked<SwitchWithScopes<Lock, Requests, Walk>> switch_;
  devlock::check::Gate<threads> gate_;
  unsigned winners_ = 0;
};

}  // namespace model

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A leaf: data that a spinlock of no class protects, as the kernel's pci_lock or the list of device nodes. Under it nothing is
// waited for, so it needs no place in the order.
//
//   Leaf<StdSync> leaf;
//   leaf.with([&] { ++count; });
//
// Not checked: that the function takes no lock.
#pragma once

#include "devlock/config.hpp"
#include "devlock/sync/concept.hpp"

namespace devlock::sim {

template <Sync S>
class Leaf {
 public:
  Leaf() = default;
  Leaf(const Leaf&) = delete;
  Leaf& operator=(const Leaf&) = delete;

  /// Calls `action` under the lock and gives back what it returns.
  template <class Action>
  decltype(auto) with(const Action& action) const {
    const Hold hold(mutex_);
    return action();
  }

 private:
  using Mutex = typename S::mutex;
  class Hold {
   public:
    // The mutex may be annotated itself, and is taken here to be given back elsewhere.
    explicit Hold(Mutex& mutex) DEVLOCK_UNANALYSED : mutex_(mutex) { mutex_.lock(); }
    ~Hold() DEVLOCK_UNANALYSED { mutex_.unlock(); }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    Mutex& mutex_;
  };

  mutable Mutex mutex_;
};

}  // namespace devlock::sim

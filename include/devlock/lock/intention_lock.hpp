// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// IntentionLock gives a device in a tree three locks of one class: alone(), the device itself; subtree(), the device and everything below
// it; below(), a right to change what is below, which excludes subtree() here and above and nothing else. Guards take them like any lock,
// and HierarchicalTryLock takes a bus in the time of its depth.
//
//   IntentionLock<StdSync> bridge, device;
//   device.set_parent(&bridge);
//   devlock::TryGuard bus{root, bridge.subtree()};
//
// When to choose it: where buses are large or locked often. Each device pays a mark per ancestor, on words that all devices below share;
// the walk over DeviceLocks costs a lock per device of the bus and nothing above it. A tree uses one of them, never both: a
// plain lock leaves no mark and would be invisible to a subtree.
// Not checked: config access; a device that needs it takes that lock under this one. Fairness: who waits starts again from the root.
#pragma once

#include "devlock/lock/intention_node.hpp"
#include "devlock/order/lock_access.hpp"
#include "devlock/order/lock_class.hpp"
#include "devlock/validate/mark.hpp"
#include "devlock/vfio/lock_classes.hpp"

namespace devlock {

template <Sync S, LockClass Class = vfio::device_lock, class Rules = IntentionRules>
class IntentionLock {
 public:
  using Node = IntentionNode<S, Rules>;

  /// One of the three. A lock of class `Class`.
  class DEVLOCK_CAPABILITY("mutex") Part {
   public:
    using lock_class = Class;
    /// Who waits for several of them holds none while it sleeps; see HierarchicalLock.
    static constexpr bool restarts = true;

    Part(Node& node, Intention what) noexcept : node_(node), what_(what) {}
    Part(const Part&) = delete;
    Part& operator=(const Part&) = delete;

    DEVLOCK_NO_UNIQUE_ADDRESS validate::LockMark mark;

   private:
    friend class LockAccess;
    void lock() { node_.take(what_); }
    [[nodiscard]] bool try_lock() { return node_.try_take(what_); }
    void unlock() { node_.give(what_); }
    void sleep_until_changed() { node_.sleep_until_changed(what_); }

    Node& node_;
    const Intention what_;
  };
  /// What a scope of an intention tree lists.
  using scope_lock = Part;

  IntentionLock() = default;
  IntentionLock(const IntentionLock&) = delete;
  IntentionLock& operator=(const IntentionLock&) = delete;

  /// Before anybody locks it, once.
  void set_parent(IntentionLock* parent) noexcept { node_.set_parent(parent == nullptr ? nullptr : &parent->node_); }

  [[nodiscard]] Part& alone() noexcept { return alone_; }
  [[nodiscard]] Part& subtree() noexcept { return subtree_; }
  [[nodiscard]] Part& below() noexcept { return below_; }
  /// For reports and tests: what is held now, stale as soon as it is returned.
  [[nodiscard]] const Node& node() const noexcept { return node_; }

 private:
  Node node_;
  Part alone_{node_, Intention::alone};
  Part subtree_{node_, Intention::subtree};
  Part below_{node_, Intention::mark};
};

}  // namespace devlock

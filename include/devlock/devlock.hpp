// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// devlock: lock order that the compiler checks. This header is the core; it needs no operating system.
//
//   order/   classes, hierarchies, contexts, Guard and TryGuard: what compiles is in order
//   lock/    Ordered, DeviceLock, GroupOwnership, HierarchicalTryLock, Rundown: locks over a Sync policy
//   vfio/    the order of Linux's device, VFIO and KVM locks, as shipped
//
//   struct MyOrder : devlock::Hierarchy<devlock::Before<group_lock, kvm_lock>> {};
//   devlock::Ordered<group_lock, std::mutex> group;
//   devlock::Ordered<kvm_lock, std::mutex> kvm;
//   devlock::ThreadContext<MyOrder> root;          // one per thread
//   devlock::Guard vm{root, kvm};
//   devlock::Guard bad{vm, group};                 // does not compile: lock_order_inversion<group_lock, ...>
//   devlock::TryGuard fine{vm, group};             // compiles: it never waits
//
// Production's Sync policy is sync/std.hpp, the topology is in pci/, the hosts are in backend/.
#pragma once

// First, because a message begins with the way to the header that it is about.
#include "devlock/order/malformed.hpp"

#include "devlock/order/context.hpp"

#include "devlock/config.hpp"
#include "devlock/lock/cache_line.hpp"
#include "devlock/lock/device_lock.hpp"
#include "devlock/lock/group_ownership.hpp"
#include "devlock/lock/hierarchical_lock.hpp"
#include "devlock/lock/hierarchical_try_lock.hpp"
#include "devlock/lock/ordered.hpp"
#include "devlock/lock/reference.hpp"
#include "devlock/lock/rundown.hpp"
#include "devlock/order/condition.hpp"
#include "devlock/order/guard.hpp"
#include "devlock/order/hierarchy.hpp"
#include "devlock/order/lifetime.hpp"
#include "devlock/order/retry.hpp"
#include "devlock/order/shared_guard.hpp"
#include "devlock/order/try_guard.hpp"
#include "devlock/sync/concept.hpp"
#include "devlock/vfio/order.hpp"

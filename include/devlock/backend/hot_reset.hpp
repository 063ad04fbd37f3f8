// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A hot reset under the program's own locks: the kernel lists the functions that it affects, the program's device_lock of each
// and of the bridge above is tried, all or nothing, the kernel is asked again, and only if it lists the same the reset is asked
// for. What is owned, the groups, and what resets together, the scope, stay apart: each may be larger than the other.
//
//   Group* const mine[] = {&group};
//   auto done = try_hot_reset(context, device, mine, tree);     // tree: pci::Topology<DeviceLock<StdSync>>
//
// Only the device part of a DeviceLock is taken: the kernel waits for dev_set_lock, which comes before config_access.
// Not checked: that the program takes these locks wherever it uses the devices; what other processes do, which is the kernel's.
#pragma once

#include <algorithm>
#include <cerrno>
#include <concepts>
#include <span>
#include <string>
#include <type_traits>

#include "devlock/backend/concept.hpp"
#include "devlock/lock/device_lock.hpp"
#include "devlock/lock/hierarchical_try_lock.hpp"
#include "devlock/pci/topology.hpp"

namespace devlock {

/// The scope of a hot reset of `address`: the locks, out of the program's tree, of the functions that the kernel listed, in the
/// tree's walking order, with the bridge above first. EINVAL, not owned: the kernel lists a function that the tree does not
/// have.
template <class Lock, class Functions>
[[nodiscard]] Result<pci::ResetScope<typename Lock::DevicePart>> hot_reset_scope(const pci::Topology<Lock>& tree,
                                                                                 pci::Address address,
                                                                                 const Functions& affected) {
  const auto lists = [&](pci::Address wanted) {
    return std::any_of(affected.begin(), affected.end(), [&](const auto& one) { return one.address == wanted; });
  };
  for (const auto& one : affected) {
    if (tree.find(one.address) == nullptr) {
      return failure(make_error(Operation::hot_reset, to_string(address), EINVAL,
                                "it affects " + to_string(one.address) + ", for which this program has no lock",
                                "give it one, if the device is this program's"));
    }
  }
  const auto* const node = tree.find(address);
  if (node == nullptr || !lists(address)) {
    return failure(make_error(Operation::hot_reset, to_string(address), EINVAL, "the list lacks the device itself",
                              "ask hot_reset_info for it"));
  }
  pci::ResetScope<typename Lock::DevicePart> scope(pci::ScopeKind::bus, address);
  if (node->bridge != nullptr) {
    scope.add_bridge(node->bridge->address, node->bridge->lock.device());
  }
  for (auto* const one : tree.walk()) {
    if (lists(one->address) && one != node->bridge) {
      scope.add(one->address, one->lock.device());
    }
  }
  return scope;
}

namespace detail {
template <class Context, class Device, class Lock, class Reset>
Result<void> hot_reset_under_locks(const Context& context, Device& device, const pci::Topology<Lock>& tree, Reset reset)
    DEVLOCK_REQUIRES(context) {
  const pci::Address address = device.address();
  const auto listed = device.hot_reset_info(context, every_function);
  if (!listed) {
    return failure(listed.error());
  }
  const auto scope = hot_reset_scope(tree, address, *listed);
  if (!scope) {
    return failure(scope.error());
  }
  HierarchicalTryLock locked{context, *scope};
  if (!locked) {
    return failure(make_error(
        Operation::hot_reset, to_string(address), EAGAIN,
        "another thread of this program has the lock of " + to_string(scope->address_of(locked.contended_at())),
        "try again once that operation is done"));
  }
  for (std::size_t place = 0; place != scope->locks().size(); ++place) {
    const pci::Address one = scope->address_of(place);
    if (const DeviceLife life = tree.find(one)->lock.life(); life != DeviceLife::live) {
      return failure(make_error(Operation::hot_reset, to_string(address), ENODEV,
                                to_string(one) + (life == DeviceLife::gone ? " left" : ": its unplug was asked for"),
                                "close its descriptors and give it back"));
    }
  }
  const auto now = device.hot_reset_info(locked, every_function);
  if (!now) {
    return failure(now.error());
  }
  const auto same = [](const auto& one, const auto& other) {
    if constexpr (requires { one == other; }) {
      return one == other;
    } else {
      return one.address == other.address && one.iommu_group == other.iommu_group;
    }
  };
  if (!std::equal(listed->begin(), listed->end(), now->begin(), now->end(), same)) {
    return failure(make_error(Operation::hot_reset, to_string(address), EAGAIN,
                              "the functions that it affects changed before they were locked", "try again"));
  }
  return reset(locked);
}
}  // namespace detail

/// Resets what a hot reset of `device` affects, if all of it is the caller's and all locks are free now. `groups` are pointers
/// to open groups, as its hot_reset takes them. EAGAIN, contended: a lock of the program is taken, the reason names whose; or
/// the functions changed between the two questions; or a device_lock of the kernel's is taken. EBUSY, contended: a memory_lock
/// of the kernel's is. ENODEV, gone: the unplug of one was asked for. EINVAL, not owned: a group of the caller or a lock of the
/// tree is missing. Nothing is touched if it fails with one of these.
template <LockContext Context, class Device, class Groups, class Lock>
  requires MayAcquire<Context, vfio::dev_set_lock>
[[nodiscard]] Result<void> try_hot_reset(const Context& context, Device& device, const Groups& groups,
                                         const pci::Topology<Lock>& tree) DEVLOCK_REQUIRES(context) {
  return detail::hot_reset_under_locks(context, device, tree, [&](const auto& locked) {
    locked.assume();
    return device.hot_reset(locked, groups);
  });
}
/// The same of a device that is opened by itself: its iommufd proves what is the caller's.
template <LockContext Context, class Device, class Lock>
  requires MayAcquire<Context, vfio::dev_set_lock>
[[nodiscard]] Result<void> try_hot_reset(const Context& context, Device& device, const pci::Topology<Lock>& tree)
    DEVLOCK_REQUIRES(context) {
  return detail::hot_reset_under_locks(context, device, tree, [&](const auto& locked) {
    locked.assume();
    return device.hot_reset(locked);
  });
}

}  // namespace devlock

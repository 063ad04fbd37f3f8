// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What makes and ends the host's mediated devices, for vfio::MdevParent: memory, a group, and the wait for open descriptors when one
// is removed. Each step of a creation can be told to fail.
//
//   driver.fail(sim::MdevStep::attach, ENOMEM);      // the next creation, there
//
// Not checked: that Linux can return this errno there.
// Source: mdev_device_create in drivers/vfio/mdev/mdev_core.c, mtty_probe and mtty_remove in samples/vfio-mdev/mtty.c.
#pragma once

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "devlock/backend/sim/leaf.hpp"
#include "devlock/backend/sim/mdev_device.hpp"

namespace devlock::sim {

/// Where a creation may fail.
enum class MdevStep { allocate, name, attach, files, open };

template <Sync S>
class MdevDriver {
 public:
  using Device = MdevDevice<S>;
  using Group = std::shared_ptr<MdevGroup<S>>;

  /// Groups get numbers from here on.
  explicit MdevDriver(int first_group) : next_group_(first_group) {}

  /// The next one at this step fails with `error_number`.
  void fail(MdevStep step, int error_number) {
    leaf_.with([&] { faults_.emplace_back(step, error_number); });
  }
  [[nodiscard]] int fault(MdevStep step) {
    return leaf_.with([&] {
      for (auto one = faults_.begin(); one != faults_.end(); ++one) {
        if (one->first == step) {
          const int error_number = one->second;
          faults_.erase(one);
          return error_number;
        }
      }
      return 0;
    });
  }
  /// The group behind a number; null if there is none.
  [[nodiscard]] Group find_group(int id) const {
    return leaf_.with([&]() -> Group {
      const auto found = groups_.find(id);
      return found == groups_.end() ? nullptr : found->second;
    });
  }

  Device* allocate(const vfio::Uuid& uuid) { return fault(MdevStep::allocate) != 0 ? nullptr : new Device(uuid); }
  int name(Device&) { return fault(MdevStep::name); }
  int attach(vfio::ContextFor<vfio::device_lock> context, Device& device) DEVLOCK_REQUIRES(context) {
    Guard locked{context, device.device_lock};
    if (const int error_number = fault(MdevStep::attach)) {
      return error_number;
    }
    const Group group = leaf_.with([&] {
      auto made = std::make_shared<MdevGroup<S>>(next_group_++);
      groups_.emplace(made->id, made);
      return made;
    });
    Guard list{locked, group->device_lock};
    group->device.set(&device);
    device.group = group;
    return 0;
  }
  int add_files(Device&) { return fault(MdevStep::files); }
  void detach(vfio::ContextFor<vfio::device_lock> context, Device& device) DEVLOCK_REQUIRES(context) {
    Guard locked{context, device.device_lock};
    MdevGroup<S>& group = *device.group;
    {
      Guard list{locked, group.device_lock};  // no new descriptor from here on
      group.device.set(nullptr);
    }
    device.users.begin_close();
    if (device.users.users() != 0U) {
      auto waiting = device.waits_for_users.enter();
      device.users.close(locked);
    }
    device.users.close(locked);
    {
      Guard guard{locked, group.group_lock};
      group.alive.set(false);
    }
    leaf_.with([&] { groups_.erase(group.id); });
  }
  void release(Device& device) { delete &device; }

 private:
  Leaf<S> leaf_;
  std::vector<std::pair<MdevStep, int>> faults_;  // these three are guarded by leaf_
  std::map<int, Group> groups_;
  int next_group_;
};

}  // namespace devlock::sim

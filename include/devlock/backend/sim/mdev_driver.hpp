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

#include <cerrno>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "devlock/backend/sim/leaf.hpp"
#include "devlock/backend/sim/mdev_device.hpp"
#include "devlock/backend/sim/profile.hpp"

namespace devlock::sim {

/// Where a creation may fail, or an open, or a removal before it began.
enum class MdevStep { allocate, name, attach, files, open, remove };

template <Sync S>
class MdevDriver {
 public:
  using Device = MdevDevice<S>;
  using Group = std::shared_ptr<MdevGroup<S>>;

  /// Groups get numbers from here on.
  explicit MdevDriver(int first_group, const Profile& profile = {}) : profile_(profile), next_group_(first_group) {}

  [[nodiscard]] const Profile& profile() const { return profile_; }

  /// The next `count` at this step fail with `error_number`.
  void fail(MdevStep step, int error_number, unsigned count = 1U) {
    leaf_.with([&] { faults_.insert(faults_.end(), count, {step, error_number}); });
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

  Device* allocate(const vfio::Uuid& uuid, const MdevUse<S>& use = {}) {
    return fault(MdevStep::allocate) != 0 ? nullptr : new Device(uuid, use);
  }
  int name(Device&) { return fault(MdevStep::name); }
  int attach(vfio::ContextFor<vfio::device_lock> context, Device& device) DEVLOCK_REQUIRES(context) {
    Guard locked{context, device.device_lock};
    if (const int error_number = fault(MdevStep::attach)) {
      return error_number;
    }
    if (device.use.instances != nullptr && !device.use.instances->take(device.use.count)) {
      return ENOSPC;  // mtty_init_dev
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
    if (!profile_.opens_while_unbinding) {
      take_off(locked, group);
    }
    device.users.begin_close();
    if (device.users.users() != 0U) {
      auto waiting = device.waits_for_users.enter();
      device.users.close(locked);
    }
    device.users.close(locked);
    take_off(locked, group);
    {
      Guard guard{locked, group.group_lock};
      group.detach_container(guard);
      group.alive.set(false);
    }
    leaf_.with([&] { groups_.erase(group.id); });
    if (device.use.instances != nullptr) {
      device.use.instances->give_back(device.use.count);
    }
  }
  void release(Device& device) { delete &device; }

 private:
  // No new descriptor from here on.
  void take_off(vfio::ContextFor<vfio::group_device_lock> context, MdevGroup<S>& group) DEVLOCK_REQUIRES(context) {
    Guard list{context, group.device_lock};
    group.device.set(nullptr);
  }

  const Profile profile_;
  Leaf<S> leaf_;
  std::vector<std::pair<MdevStep, int>> faults_;  // these three are guarded by leaf_
  std::map<int, Group> groups_;
  int next_group_;
};

}  // namespace devlock::sim

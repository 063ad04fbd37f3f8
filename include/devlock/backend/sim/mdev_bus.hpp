// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The mediated devices beside a simulated host: parents that register and unregister, and the sysfs files that create and remove devices.
// Each device is a VFIO device in a group of its own. The protocol is vfio::MdevParent, as in the model-checked scenarios.
//
//   sim::MdevBus<StdSync> mdevs;
//   mdevs.register_parent("mtty", 2);
//   mdevs.create(root, "mtty", "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001");
//   mdevs.register_parent("mtty", 24, {{"mtty-1", 1}, {"mtty-2", 2}});      // or with types
//   mdevs.create(root, "mtty", "mtty-2", "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001");
//
// Not checked: that every parent is unregistered and every handle closed before the end of the bus.
// Source: drivers/vfio/mdev/mdev_core.c, mdev_sysfs.c.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "devlock/backend/sim/driver.hpp"
#include "devlock/backend/sim/mdev_cdev.hpp"
#include "devlock/backend/sim/mdev_group.hpp"
#include "devlock/vfio/mdev_parent.hpp"

namespace devlock::sim {

struct MdevInfo {
  std::string uuid;
  int group = -1;
};

template <Sync S>
class MdevBus {
 public:
  using Parent = vfio::MdevParent<S, MdevDriver<S>>;
  using Device = MdevDevice<S>;

  /// Its groups have numbers from `first_group` on: others than those of the host's functions.
  explicit MdevBus(int first_group = 1000, const Profile& profile = {})
      : driver_(std::make_shared<MdevDriver<S>>(first_group, profile)) {}

  /// EINVAL: no name. EEXIST: there is such a parent, or it is not gone yet.
  /// With types, the parent's driver counts instances by itself, as mtty does: a creation without enough of them answers ENOSPC. Without,
  /// they are counted for it: EUSERS.
  [[nodiscard]] Result<void> register_parent(const std::string& name, unsigned instances,
                                             std::vector<MdevTypeSpec> types = {}) {
    if (!valid_driver_name(name)) {
      return refuse(Operation::create_mdev, name, EINVAL, "this is no name of a device", "name one, such as mtty");
    }
    const bool added = leaf_.with([&] {
      const auto shared = types.empty() ? nullptr : std::make_shared<MdevInstances<S>>(instances);
      auto parent = std::make_shared<Parent>(list_, *driver_, types.empty() ? instances : uncounted);
      return parents_.emplace(name, Entry{std::move(parent), shared, std::move(types), false}).second;
    });
    return added ? Result<void>()
                 : refuse(Operation::create_mdev, name, EEXIST, "there is such a parent", "unregister it first");
  }
  /// Removes the devices of the parent, and waits for their open descriptors. ENODEV: no such parent, or it is leaving.
  [[nodiscard]] Result<void> unregister_parent(vfio::ContextFor<vfio::unreg_sem> context, const std::string& name)
      DEVLOCK_REQUIRES(context) {
    const auto parent = leaf_.with([&]() -> std::shared_ptr<Parent> {
      const auto found = parents_.find(name);
      return found == parents_.end() || std::exchange(found->second.leaving, true) ? nullptr : found->second.parent;
    });
    if (parent == nullptr) {
      return refuse(Operation::remove_mdev, name, ENODEV, "there is no such parent, or it is leaving",
                    "look at the parents");
    }
    parent->unregister(context.again());
    leaf_.with([&] { parents_.erase(name); });
    return {};
  }

  /// The write of a uuid to `create`. EINVAL: no uuid. ENODEV: no such parent, or it is leaving. EEXIST, EUSERS, ENOMEM.
  [[nodiscard]] Result<void> create(vfio::ContextFor<vfio::attribute> context, const std::string& parent,
                                    std::string_view text) DEVLOCK_REQUIRES(context) {
    return create_in(context.again(), find(parent), parent, text, MdevUse<S>());
  }
  /// The same of a parent with types. ENOENT: there is no such parent or no such type of it. ENOSPC: too few instances are left.
  [[nodiscard]] Result<void> create(vfio::ContextFor<vfio::attribute> context, const std::string& parent,
                                    std::string_view type, std::string_view text) DEVLOCK_REQUIRES(context) {
    const Entry of = find(parent);
    for (const MdevTypeSpec& one : of.types) {
      if (one.id == type) {
        return create_in(context.again(), of, parent, text, {of.instances, one.uses});
      }
    }
    return refuse(Operation::create_mdev, std::string(text), ENOENT, "there is no such parent or no such type of it",
                  "look at the types of the parents");
  }
  /// A write to `remove` of a device: 0 does nothing. Waits for its open descriptors. EINVAL: no number. ENOENT: no such device, or one that
  /// is being removed and has no such file any more. ENODEV: that file went after it was opened. EAGAIN: its creation is not over. Of two
  /// writers the loser gets success.
  [[nodiscard]] Result<void> remove(vfio::ContextFor<vfio::attribute> context, std::string_view uuid,
                                    std::string_view value = "1") DEVLOCK_REQUIRES(context) {
    const auto name = vfio::Uuid::parse(uuid);
    Device* device = name ? find(context.again(), *name) : nullptr;
    if (device == nullptr) {
      return refuse(Operation::remove_mdev, std::string(uuid), ENOENT, "there is no such device",
                    "look at the devices");
    }
    if (is_leaving(context.again(), *device)) {
      Parent::put(context, list_, *driver_, *device);
      return refuse(Operation::remove_mdev, name->text(), ENOENT, "it is being removed", "wait until it is gone");
    }
    const bool number = !value.empty() && value.find_first_not_of("0123456789") == std::string_view::npos;
    const bool wanted = number && value.find_first_not_of('0') != std::string_view::npos;
    const int error_number = !number ? EINVAL : !wanted ? 0 : removal(context.again(), *device);
    Parent::put(context, list_, *driver_, *device);
    switch (error_number) {
      case 0:
        return {};
      case EINVAL:
        return refuse(Operation::remove_mdev, name->text(), EINVAL, "this is no number", "write 1 to remove it");
      case EAGAIN:
        return refuse(Operation::remove_mdev, name->text(), EAGAIN, "its creation is not over", "try again");
      default:
        return refuse(Operation::remove_mdev, name->text(), error_number,
                      "it is being removed, or its parent is leaving", "there is nothing left to do");
    }
  }

  /// What available_instances says, of a type that uses one of them. ENODEV: no such parent.
  [[nodiscard]] Result<unsigned> available(vfio::ContextFor<vfio::mdev_list_lock> context, const std::string& parent)
      DEVLOCK_REQUIRES(context) {
    const Entry of = find(parent);
    if (of.instances != nullptr) {
      return of.instances->left();
    }
    if (of.parent != nullptr) {
      return of.parent->available(context.again());
    }
    return failure(refusal(Operation::enumerate, parent, ENODEV, "there is no such parent", "look at the parents"));
  }
  /// Those that can be removed now.
  [[nodiscard]] std::vector<MdevInfo> devices(vfio::ContextFor<vfio::mdev_list_lock> context)
      DEVLOCK_REQUIRES(context) {
    std::vector<MdevInfo> all;
    Guard guard{context, list_.lock};
    (void)list_.find_if([&](const auto& one) {
      if (one.state.get() == vfio::MdevState::active) {
        all.push_back({one.uuid.text(), static_cast<const Device&>(one).group->id});
      }
      return false;
    });
    return all;
  }
  /// ENOENT: no such group. ENODEV: its device just left. EBUSY: it is open.
  [[nodiscard]] Result<MdevGroupHandle<S>> open_group(vfio::ContextFor<vfio::group_lock> context, int id)
      DEVLOCK_REQUIRES(context) {
    const std::string name = "group " + std::to_string(id);
    const auto group = driver_->find_group(id);
    if (group == nullptr) {
      return failure(refusal(Operation::open_group, name, ENOENT, "there is no such group", "look at the devices"));
    }
    {
      Guard guard{context, group->group_lock};
      if (!group->alive.get()) {
        return failure(refusal(Operation::open_group, name, ENODEV, "its device left", "create a device"));
      }
      if (group->opened.get()) {
        return failure(refusal(Operation::open_group, name, EBUSY, "the group is open already",
                               "close it, its device and the VM that it is attached to"));
      }
      if (group->cdevs.get() != 0U) {
        return failure(refusal(Operation::open_group, name, EBUSY, "a character device of it is bound", "close that"));
      }
      group->opened.set(true);
    }
    return MdevGroupHandle<S>(std::make_shared<MdevGroupFile<S>>(driver_, group));
  }

  /// The character device of a device: it does nothing until it is bound. ENOENT: no such device. ENODEV: it is being removed. Its
  /// end waits for group_lock.
  [[nodiscard]] Result<MdevCdev<S>> open_cdev(vfio::ContextFor<vfio::attribute> context, std::string_view uuid)
      DEVLOCK_REQUIRES(context) {
    const auto name = vfio::Uuid::parse(uuid);
    Guard guard{context, list_.lock};
    auto* one = name ? list_.find(*name) : nullptr;
    if (one == nullptr || one->state.get() == vfio::MdevState::made) {
      return failure(
          refusal(Operation::open_device, std::string(uuid), ENOENT, "there is no such device", "look at the devices"));
    }
    auto& device = static_cast<Device&>(*one);
    auto user = device.users.enter();
    if (!user) {
      return failure(
          refusal(Operation::open_device, std::string(uuid), ENODEV, "it is being removed", "take another device"));
    }
    return MdevCdev<S>(std::make_shared<MdevCdevFile<S>>(driver_, device, std::move(user)));
  }

  /// The next `count` creations, opens or removals fail at this step.
  void inject(MdevStep step, int error_number, unsigned count = 1U) { driver_->fail(step, error_number, count); }
  /// Waits until a removal of this device waits for its descriptors. False if there is no such device.
  bool await_removal_wait(vfio::ContextFor<vfio::mdev_list_lock> context, std::string_view uuid)
      DEVLOCK_REQUIRES(context) {
    const auto name = vfio::Uuid::parse(uuid);
    Device* device = name ? find(context.again(), *name) : nullptr;
    if (device == nullptr) {
      return false;
    }
    device->waits_for_users.await_at_least(1U);
    Parent::put(context.again(), list_, *driver_, *device);
    return true;
  }

 private:
  static constexpr unsigned uncounted = ~0U;  // whose driver counts
  struct Entry {
    std::shared_ptr<Parent> parent;
    std::shared_ptr<MdevInstances<S>> instances;
    std::vector<MdevTypeSpec> types;
    bool leaving = false;
  };
  Result<void> create_in(vfio::ContextFor<vfio::attribute> context, const Entry& of, const std::string& parent,
                         std::string_view text, const MdevUse<S>& use) DEVLOCK_REQUIRES(context) {
    const auto uuid = vfio::Uuid::parse(text);
    if (!uuid) {
      return refuse(Operation::create_mdev, std::string(text), EINVAL, "this is no uuid",
                    "write it as 83b8f4f2-509f-382f-3c1e-e6bfe0fa1001");
    }
    const int error_number = of.parent == nullptr ? ENODEV : of.parent->create(context.again(), *uuid, use);
    switch (error_number) {
      case 0:
        return {};
      case ENODEV:
        return refuse(Operation::create_mdev, uuid->text(), ENODEV, "the parent " + parent + " is gone or leaving",
                      "take another parent");
      case EEXIST:
        return refuse(Operation::create_mdev, uuid->text(), EEXIST,
                      "a device has this uuid, or had it and is still in use", "draw another uuid");
      case EUSERS:
        return refuse(Operation::create_mdev, uuid->text(), EUSERS, "no instance of " + parent + " is left",
                      "remove a device of it");
      case ENOSPC:
        return refuse(Operation::create_mdev, uuid->text(), ENOSPC, "too few instances of " + parent + " are left",
                      "remove a device of it");
      default:
        return refuse(Operation::create_mdev, uuid->text(), error_number, "a step of the creation failed", "try again");
    }
  }
  static Error refusal(Operation operation, std::string object, int error_number, std::string reason,
                       std::string remedy) {
    return make_error(operation, object.empty() ? "mdev" : std::move(object), error_number, std::move(reason),
                      std::move(remedy));
  }
  static Result<void> refuse(Operation operation, std::string object, int error_number, std::string reason,
                             std::string remedy) {
    return failure(refusal(operation, std::move(object), error_number, std::move(reason), std::move(remedy)));
  }
  // Empty if there is none.
  [[nodiscard]] Entry find(const std::string& parent) const {
    return leaf_.with([&]() -> Entry {
      const auto found = parents_.find(parent);
      return found == parents_.end() ? Entry() : found->second;
    });
  }
  int removal(vfio::ContextFor<vfio::attribute> context, Device& device) DEVLOCK_REQUIRES(context) {
    const int error_number = driver_->fault(MdevStep::remove);
    return error_number != 0 ? error_number : Parent::remove(context.again(), device);
  }
  // Has it no remove file any more?
  bool is_leaving(vfio::ContextFor<vfio::mdev_list_lock> context, Device& device) DEVLOCK_REQUIRES(context) {
    Guard guard{context, list_.lock};
    return device.state.get() == vfio::MdevState::leaving && device.remove_file.closing();
  }
  // With a reference.
  Device* find(vfio::ContextFor<vfio::mdev_list_lock> context, const vfio::Uuid& uuid) DEVLOCK_REQUIRES(context) {
    Guard guard{context, list_.lock};
    auto* one = list_.find(uuid);
    return one != nullptr && one->references.get_unless_zero() ? static_cast<Device*>(one) : nullptr;
  }

  std::shared_ptr<MdevDriver<S>> driver_;
  vfio::MdevList<S> list_;
  Leaf<S> leaf_;
  std::map<std::string, Entry> parents_;  // guarded by leaf_
};

}  // namespace devlock::sim

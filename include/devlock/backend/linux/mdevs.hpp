// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Mediated devices through sysfs: the types that a parent offers, creation and removal. A removal is an unbind: it waits until
// every descriptor of the device is closed, cannot be called off, and holds the device's lock meanwhile.
//
//   host.mdevs().create(context, "mtty", "mtty-1", uuid);
//
// Not checked: that the number of available instances still holds when a device is created; it is read without a lock.
// Source: drivers/vfio/mdev/mdev_sysfs.c, mdev_core.c.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "devlock/backend/linux/explain.hpp"
#include "devlock/backend/linux/inventory.hpp"
#include "devlock/vfio/uuid.hpp"

namespace devlock::linux_host {

/// A kind of device that a parent offers.
struct MdevType {
  std::string id;          ///< as `create` wants it: "mtty-1"
  std::string device_api;  ///< "vfio-pci", "vfio-ap"; empty if the kernel does not say
  int available = 0;       ///< instances left when it was read
};

template <SystemCalls Sys>
class Mdevs {
 public:
  /// What a write to such a file may wait for: for the removal of that file, for mdev_list_lock and for the device's lock.
  using MayRunAttribute = vfio::ContextFor<vfio::attribute>;

  explicit Mdevs(Sysfs<Sys> sysfs) : sysfs_(std::move(sysfs)) {}

  /// The devices that can be a parent, by name; none if mdev is not loaded.
  [[nodiscard]] Result<std::vector<std::string>> parents() const {
    auto names = sysfs_.names(sysfs_.class_of("mdev_bus"));
    if (!names && names.error() == ENOENT) {
      return std::vector<std::string>();
    }
    if (!names) {
      return failure(explain(Operation::enumerate, "mdev parents", names.error()));
    }
    return std::move(*names);
  }
  /// What `parent` offers. ENOENT: it is no parent, or not any more. One that leaves while the list is made is not on it.
  [[nodiscard]] Result<std::vector<MdevType>> types(std::string_view parent) const {
    const std::string object = "parent " + std::string(parent);
    if (!valid_driver_name(parent)) {
      return failure(bad_name(Operation::enumerate, parent));
    }
    const auto names = sysfs_.names(types_of(parent));
    if (!names) {
      return failure(explain(Operation::enumerate, object, names.error(), {{ENOENT, no_parent, see_parents}}));
    }
    std::vector<MdevType> all;
    for (const std::string& id : *names) {
      const std::string path = types_of(parent) + '/' + id;
      const auto available = sysfs_.read(path + "/available_instances");
      if (!available && (available.error() == ENOENT || available.error() == ENODEV)) {
        continue;
      }
      const auto count = available ? parse_decimal(*available) : std::nullopt;
      if (!count) {
        return failure(make_error(Operation::enumerate, object, available ? EIO : available.error(),
                                  "available_instances of " + id + " is not readable or not what sysfs prints",
                                  "see the kernel log (dmesg)"));
      }
      all.push_back({id, sysfs_.read(path + "/device_api").value_or(std::string()), *count});
    }
    return all;
  }

  /// Creates a device. EEXIST: the uuid is taken. EUSERS: no instance is left. ENODEV: the parent is leaving. ENOENT: there is
  /// no such parent or type. Waits for mdev_list_lock and, in its probe, for the device's lock; only tries the parent's
  /// unreg_sem.
  [[nodiscard]] Result<void> create([[maybe_unused]] MayRunAttribute context, std::string_view parent,
                                    std::string_view type, const vfio::Uuid& uuid) const DEVLOCK_REQUIRES(context) {
    constexpr auto operation = Operation::create_mdev;
    if (!valid_driver_name(parent) || !valid_driver_name(type)) {
      return failure(bad_name(operation, valid_driver_name(parent) ? type : parent));
    }
    const auto written = sysfs_.write(types_of(parent) + '/' + std::string(type) + "/create", uuid.text());
    if (written) {
      return {};
    }
    return failure(explain(
        operation, uuid.text(), written.error(),
        {{EEXIST, "a device of this uuid exists, of this parent or another", "remove it, or take another uuid"},
         {EUSERS, "the parent has no instance of this type left", "remove a device of it, or see available_instances"},
         {EINVAL, "the parent's driver refuses it", "see the kernel log (dmesg)"},
         {ENODEV, "the parent is leaving", "load its driver again"},
         {ENOENT, "there is no such parent or no such type of it",
          "see mdev_supported_types of each of /sys/class/mdev_bus"},
         {EAGAIN, "the parent is created or removed just now", "try again"},
         {ENOSPC, "the parent has no room for it", "remove a device of it"}}));
  }
  /// Removes a device. Waits as unbind does. EAGAIN: somebody creates or removes it; Linux 6.1 and 6.12 then take its remove file away,
  /// so that it stays until its parent's driver goes. ENODEV, ENOENT: it is gone, or being removed, or has no remove file any more.
  [[nodiscard]] Result<void> remove([[maybe_unused]] MayRunAttribute context, const vfio::Uuid& uuid) const
      DEVLOCK_REQUIRES(context) {
    const auto written = sysfs_.write(sysfs_.mdev(uuid.text()) + "/remove", "1");
    if (written) {
      return {};
    }
    return failure(
        explain(Operation::remove_mdev, uuid.text(), written.error(),
                {{EAGAIN, "it is created or removed just now",
                  "try again; a device that is there and then has no remove file goes with its parent's driver"},
                 {ENODEV, "somebody removes it, or its parent is leaving", "wait until it is gone"},
                 {ENOENT, "there is no such device, or somebody removes it, or removed it too early",
                  "see /sys/bus/mdev/devices; if it stays there, unload its parent's driver"}}));
  }

  /// The devices that exist. Waits for nothing.
  [[nodiscard]] Result<std::vector<vfio::Uuid>> devices() const {
    const auto names = sysfs_.names(sysfs_.mdev(""));
    if (!names && names.error() != ENOENT) {
      return failure(explain(Operation::enumerate, "mdev devices", names.error()));
    }
    std::vector<vfio::Uuid> all;
    for (const std::string& name : names.value_or(std::vector<std::string>())) {
      if (const auto uuid = vfio::Uuid::parse(name)) {
        all.push_back(*uuid);
      }
    }
    return all;
  }
  /// Its IOMMU group, which is opened as any other; -1 if it has none. ENOENT: there is no such device.
  [[nodiscard]] Result<int> group_of(const vfio::Uuid& uuid) const {
    const std::string path = sysfs_.mdev(uuid.text());
    const auto link = sysfs_.link(path + "/iommu_group");
    if (!link && link.error() == ENOENT && sysfs_.exists(path).value_or(false)) {
      return -1;
    }
    const auto number = link ? parse_decimal(last_component(*link)) : std::nullopt;
    if (!number) {
      return failure(explain(Operation::enumerate, uuid.text(), link ? EIO : link.error(),
                             {{ENOENT, "there is no such device", "see /sys/bus/mdev/devices"},
                              {EIO, "its link iommu_group names no group", "see the kernel log (dmesg)"}}));
    }
    return *number;
  }

 private:
  static constexpr const char* no_parent = "it is no parent of mediated devices, or not any more";
  static constexpr const char* see_parents =
      "see /sys/class/mdev_bus; load its driver, or switch mediated devices on there";

  [[nodiscard]] std::string types_of(std::string_view parent) const {
    return sysfs_.class_of("mdev_bus") + '/' + std::string(parent) + "/mdev_supported_types";
  }
  [[nodiscard]] static Error bad_name(Operation operation, std::string_view name) {
    return make_error(operation, in_quotes(name), EINVAL, "no device or type has such a name",
                      "name an entry of /sys/class/mdev_bus, and of mdev_supported_types there");
  }

  Sysfs<Sys> sysfs_;
};

}  // namespace devlock::linux_host

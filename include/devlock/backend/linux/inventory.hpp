// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The PCI functions of this machine as sysfs shows them now: what they are, who drives them, which IOMMU group they are in and
// which bridges are above. Read without any kernel lock, so it is stale as soon as it is returned.
// Not read: sriov_numvfs, whose reader waits for device_lock.
// Source: Documentation/ABI/testing/sysfs-bus-pci; drivers/pci/pci-sysfs.c.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "devlock/backend/concept.hpp"
#include "devlock/backend/linux/sysfs.hpp"

namespace devlock::linux_host {

template <SystemCalls Sys>
class Inventory {
 public:
  explicit Inventory(Sysfs<Sys> sysfs) : sysfs_(std::move(sysfs)) {}

  [[nodiscard]] const Sysfs<Sys>& sysfs() const { return sysfs_; }

  /// Every function, by address. One that leaves while the list is made is not on it.
  [[nodiscard]] Result<std::vector<DeviceInfo>> devices() const {
    const auto names = sysfs_.functions(sysfs_.devices());
    if (!names) {
      return failure(make_error(Operation::enumerate, "PCI functions", names.error(), "sysfs does not list them",
                                "mount sysfs on /sys; a machine without PCI has none"));
    }
    return describe(*names);
  }
  /// ENOENT if there is no such function.
  [[nodiscard]] Result<DeviceInfo> device(pci::Address address) const {
    DeviceInfo info;
    info.address = address;
    const std::string path = sysfs_.device(address);
    if (auto read = numbers(path, info); !read) {
      return failure(std::move(read.error()));
    }
    if (auto read = bindings(path, info); !read) {
      return failure(std::move(read.error()));
    }
    // The link comes last: while it is there, what was not there before was not there at all.
    const auto place = sysfs_.link(path);
    if (!place) {
      return failure(unreadable(address, "its link", place.error()));
    }
    if (!bridges(*place, info)) {
      return failure(unreadable(address, "its link", EIO));
    }
    return info;
  }
  /// The PCI functions of an IOMMU group. ENOENT if there is no such group.
  [[nodiscard]] Result<std::vector<DeviceInfo>> group_members(int group) const {
    const auto names = sysfs_.functions(sysfs_.group_devices(group));
    if (!names) {
      const bool missing = names.error() == ENOENT;
      return failure(make_error(Operation::enumerate, "group " + std::to_string(group), names.error(),
                                missing ? "there is no such IOMMU group" : "sysfs does not list its functions",
                                missing ? "look at /sys/kernel/iommu_groups; if it is empty, switch the IOMMU on "
                                          "(intel_iommu=on on the kernel command line, or in the firmware)"
                                        : ""));
    }
    return describe(*names);
  }
  /// The driver bound now, or empty.
  [[nodiscard]] Answer<std::string> driver_of(pci::Address address) const {
    return link_name(sysfs_.device(address) + "/driver");
  }
  /// The driver_override set now, or empty; older kernels have none. Reading it waits for device_lock, in 6.1 for example.
  [[nodiscard]] Answer<std::string> override_of([[maybe_unused]] vfio::ContextFor<vfio::device_lock> context,
                                                pci::Address address) const DEVLOCK_REQUIRES(context) {
    auto text = sysfs_.read(sysfs_.device(address) + "/driver_override");
    if (!text && text.error() == ENOENT && present(address)) {
      return std::string();
    }
    if (text && *text == "(null)") {
      text->clear();
    }
    return text;
  }
  /// False also if it cannot be told: for the words of an error, not for decisions.
  [[nodiscard]] bool present(pci::Address address) const {
    return sysfs_.exists(sysfs_.device(address)).value_or(false);
  }

 private:
  // The error for something of a function that cannot be read, or that is not what sysfs prints (EIO).
  [[nodiscard]] static Error unreadable(pci::Address address, const std::string& what, int error_number) {
    if (classify(Operation::enumerate, error_number) == ErrorClass::gone) {
      return make_error(Operation::enumerate, to_string(address), error_number, "there is no such function",
                        "see lspci -D; after a hotplug, rescan the bus");
    }
    return make_error(
        Operation::enumerate, to_string(address), error_number,
        error_number == EIO ? what + " is not readable or not what sysfs prints" : what + " is not readable");
  }
  [[nodiscard]] Result<std::vector<DeviceInfo>> describe(const std::vector<pci::Address>& addresses) const {
    std::vector<DeviceInfo> all;
    for (const pci::Address address : addresses) {
      auto one = device(address);
      if (one) {
        all.push_back(std::move(*one));
      } else if (one.error().error_class != ErrorClass::gone) {
        return failure(std::move(one.error()));
      }
    }
    return all;
  }
  // The last component of a link, empty if there is no link.
  [[nodiscard]] Answer<std::string> link_name(const std::string& path) const {
    const auto target = sysfs_.link(path);
    if (!target) {
      return target.error() == ENOENT ? Answer<std::string>(std::string())
                                      : Answer<std::string>(no_answer(target.error()));
    }
    std::string name(last_component(*target));
    if (!valid_driver_name(name)) {
      return no_answer(EIO);
    }
    return name;
  }
  [[nodiscard]] Result<void> numbers(const std::string& path, DeviceInfo& info) const {
    const auto read = [&](const char* name, std::uint32_t most, auto& value) -> Result<void> {
      const auto text = sysfs_.read(path + '/' + name);
      if (!text) {
        return failure(unreadable(info.address, name, text.error()));
      }
      const auto number = parse_hex(*text, most);
      if (!number) {
        return failure(unreadable(info.address, name, EIO));
      }
      value = static_cast<std::remove_reference_t<decltype(value)>>(*number);
      return {};
    };
    Result<void> done = read("class", 0xffffffU, info.class_code);
    if (done) {
      done = read("vendor", 0xffffU, info.vendor);
    }
    if (done) {
      done = read("device", 0xffffU, info.device);
    }
    info.is_bridge = (info.class_code >> 8U) == 0x0604U;
    return done;
  }
  [[nodiscard]] Result<void> bindings(const std::string& path, DeviceInfo& info) const {
    auto driver = link_name(path + "/driver");
    if (!driver) {
      return failure(unreadable(info.address, "driver", driver.error()));
    }
    info.driver = std::move(*driver);
    const auto group = link_name(path + "/iommu_group");
    if (!group) {
      return failure(unreadable(info.address, "iommu_group", group.error()));
    }
    if (!group->empty()) {
      const auto number = parse_decimal(*group);
      if (!number) {
        return failure(unreadable(info.address, "iommu_group", EIO));
      }
      info.iommu_group = *number;
    }
    const auto reset = sysfs_.exists(path + "/reset");
    if (!reset) {
      return failure(unreadable(info.address, "reset", reset.error()));
    }
    info.resettable = *reset;
    return {};
  }
  // From ../../../devices/pci0000:00/0000:00:01.0/0000:01:00.0. Functions above another root bus are no bridges to it.
  [[nodiscard]] static bool bridges(std::string_view place, DeviceInfo& info) {
    std::vector<pci::Address> path;
    while (!place.empty()) {
      const auto slash = place.find('/');
      const auto address = parse_name(place.substr(0, slash));
      if (address) {
        path.push_back(*address);
      } else {
        path.clear();
      }
      place = slash == std::string_view::npos ? std::string_view() : place.substr(slash + 1);
    }
    if (path.empty() || path.back() != info.address) {
      return false;
    }
    path.pop_back();
    info.bridges = std::move(path);
    return true;
  }

  Sysfs<Sys> sysfs_;
};

}  // namespace devlock::linux_host

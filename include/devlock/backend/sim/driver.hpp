// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A driver as the driver core sees it: its name, what it matches, and whether it manages DMA itself. A set override wins over
// every id, and a driver without ids binds by override alone (vfio-pci, pci-stub).
// Not checked: ids added at run time (new_id).
// Source: pci_match_device in drivers/pci/pci-driver.c.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace devlock::sim {

/// One entry of a driver's id table. Zero vendor and device: the class decides.
struct DriverId {
  std::uint16_t vendor = 0;
  std::uint16_t device = 0;
  std::uint32_t class_code = 0;
};

/// May a driver have this name? It is a directory of sysfs: printable, no space, no slash, at most 255 characters.
constexpr bool valid_driver_name(std::string_view name) {
  for (const char c : name) {
    if (c == '/' || c <= ' ' || c > '~') {
      return false;
    }
  }
  return !name.empty() && name.size() <= 255U && name != "." && name != "..";
}

struct Driver {
  std::string name;
  std::vector<DriverId> ids;
  bool manages_dma = false;  ///< left out of the group's DMA accounting: vfio-pci, pci-stub, pcieport
  bool is_vfio = false;      ///< gives its functions to user space
  bool sriov = false;        ///< has sriov_configure: virtual functions can be asked for
  bool keeps_vfs = false;    ///< its .remove leaves them enabled: nvme, pci-pf-stub

  /// May this driver be bound to such a function?
  [[nodiscard]] bool matches(std::uint16_t vendor, std::uint16_t device, std::uint32_t class_code,
                             std::string_view override_name) const {
    if (!override_name.empty()) {
      return override_name == name;
    }
    for (const DriverId& id : ids) {
      const bool by_class = id.vendor == 0 && id.device == 0;
      if (by_class ? id.class_code == class_code : id.vendor == vendor && id.device == device) {
        return true;
      }
    }
    return false;
  }
};

}  // namespace devlock::sim

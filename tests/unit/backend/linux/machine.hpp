// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A small machine for tests of the Linux backend, in a FakeKernel: a port with a device of two functions below it, both in
// group 7, the first bound to vfio-pci, the second driverless.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "devlock/backend/linux/host.hpp"
#include "unit/backend/linux/fake_sys.hpp"

namespace fake {

using devlock::linux_host::BasicHost;
using devlock::linux_host::Paths;
using devlock::pci::Address;
using Host = BasicHost<FakeSys>;

inline constexpr Address port{0, 0, 1, 0};
inline constexpr Address first{0, 1, 0, 0};
inline constexpr Address second{0, 1, 0, 1};
inline constexpr Address nowhere{0, 9, 0, 0};
inline constexpr int group_number = 7;

inline std::string device_path(Address address) {
  return "/sys/bus/pci/devices/" + to_string(address);
}
inline std::string driver_path(std::string_view driver) {
  return "/sys/bus/pci/drivers/" + std::string(driver);
}

/// What sysfs shows of a driver that is bound.
inline void bind_to(FakeKernel& kernel, Address address, const std::string& driver) {
  const std::string path = device_path(address);
  kernel.links[path + "/driver"] = "../../../../bus/pci/drivers/" + driver;
  kernel.stores[path + "/driver/unbind"] = [path](FakeKernel& own, std::string_view) {
    own.links.erase(path + "/driver");
    own.stores.erase(path + "/driver/unbind");
    return 0L;
  };
}
inline void add_driver(FakeKernel& kernel, const std::string& driver) {
  kernel.directories[driver_path(driver)] = {"bind", "unbind"};
  kernel.stores[driver_path(driver) + "/bind"] = [driver](FakeKernel& own, std::string_view name) {
    const auto address = devlock::pci::parse_address(name);
    if (!address || !own.links.contains(device_path(*address))) {
      return -long{ENODEV};
    }
    if (own.links.contains(device_path(*address) + "/driver")) {
      return -long{EBUSY};
    }
    if (own.files[device_path(*address) + "/driver_override"] != driver) {
      return -long{ENODEV};
    }
    bind_to(own, *address, driver);
    return 0L;
  };
}
inline void add_function(FakeKernel& kernel, Address address, const std::string& place, const std::string& class_code) {
  const std::string path = device_path(address);
  kernel.directories["/sys/bus/pci/devices"].push_back(to_string(address));
  kernel.links[path] = "../../../devices/pci0000:00/" + place;
  kernel.files[path + "/class"] = class_code + "\n";
  kernel.files[path + "/vendor"] = "0x8086\n";
  kernel.files[path + "/device"] = "0x10d3\n";
  kernel.files[path + "/driver_override"] = "(null)\n";
  kernel.stores[path + "/driver_override"] = [path](FakeKernel& own, std::string_view text) {
    own.files[path + "/driver_override"] = text == "\n" ? "(null)\n" : text;
    return 0L;
  };
}
inline void add_endpoint(FakeKernel& kernel, Address address) {
  add_function(kernel, address, "0000:00:01.0/" + to_string(address), "0x020000");
  kernel.links[device_path(address) + "/iommu_group"] = "../../../../kernel/iommu_groups/7";
  kernel.directories["/sys/kernel/iommu_groups/7/devices"].push_back(to_string(address));
  kernel.files[device_path(address) + "/reset"] = "";
}

/// The machine itself, and a host on it.
struct Machine {
  Machine() {
    add_function(kernel, port, "0000:00:01.0", "0x060400");
    bind_to(kernel, port, "pcieport");
    kernel.files[device_path(port) + "/reset_subordinate"] = "";
    add_endpoint(kernel, first);
    add_endpoint(kernel, second);
    add_driver(kernel, "vfio-pci");
    add_driver(kernel, "e1000e");
    bind_to(kernel, first, "vfio-pci");
    kernel.stores["/sys/bus/pci/drivers_probe"] = [](FakeKernel& own, std::string_view name) {
      const auto address = devlock::pci::parse_address(name);
      if (!address || !own.links.contains(device_path(*address))) {
        return -long{ENODEV};
      }
      if (own.links.contains(device_path(*address) + "/driver")) {
        return 0L;  // bound already
      }
      const std::string& only = own.files[device_path(*address) + "/driver_override"];
      bind_to(own, *address, only == "(null)\n" ? "e1000e" : only);
      return 0L;
    };
    kernel.nodes["/dev/vfio/7"] = Kind::group;
  }

  FakeKernel kernel;
  Host host{Paths{}, FakeSys(kernel)};
  devlock::vfio::ThreadContext root;
};

}  // namespace fake

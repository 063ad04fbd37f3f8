// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// How it is seen that a thread waits: by what the kernel says about it, never by the time that passed. A thread that was woken does
// not count as waiting from that moment on, even if it has not run yet, so if two looks find all threads waiting or done and the
// same ones, nothing is under way.
#pragma once

#include <algorithm>
#include <array>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "devlock/backend/sim/observer.hpp"

namespace fidelity {

/// The kernel function in which a thread of this process sleeps; "0" if it does not, or was woken. The number of its system call, in
/// the file next to it, would not tell the last.
inline std::string sleeps_in(int id) {
  std::string word = "0";
  std::ifstream("/proc/self/task/" + std::to_string(id) + "/wchan") >> word;
  return word;
}

/// On a kernel: the function in which it sleeps, if that is one where an operation of a script can wait.
class KernelWaits {
 public:
  template <class Host>
  KernelWaits(const Host&, const std::vector<devlock::pci::Address>&) {}
  [[nodiscard]] bool waits(int id) const {
    // vfio_unregister_group_dev: an unbind, for descriptors. The others wait for a device_lock: drivers/pci/pci.c, drivers/base/dd.c,
    // drivers/base/driver.c, drivers/pci/pci-sysfs.c.
    constexpr std::array<std::string_view, 9> places{
        "vfio_unregister_group_dev", "pci_reset_function",   "device_release_driver_internal",
        "__device_driver_lock",      "device_driver_attach", "__device_attach",
        "driver_set_override",       "driver_override_show", "pci_dev_lock"};
    const std::string where = sleeps_in(id);
    return std::find(places.begin(), places.end(), where) != places.end();
  }
};

/// In the simulator: it sleeps in a futex, and an unbind, the only operation that keeps a lock while it waits, does wait.
class SimWaits {
 public:
  SimWaits(const devlock::sim::Host& host, std::vector<devlock::pci::Address> functions)
      : observer_(host), functions_(std::move(functions)) {}
  [[nodiscard]] bool waits(int id) const {
    return std::any_of(functions_.begin(), functions_.end(),
                       [&](devlock::pci::Address address) { return observer_.unbind_waits(address); }) &&
           sleeps_in(id).starts_with("futex");
  }

 private:
  devlock::sim::Observer<devlock::StdSync> observer_;
  std::vector<devlock::pci::Address> functions_;
};

}  // namespace fidelity

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// V10 of the catalogue on a real kernel: a write to sriov_numvfs takes the rescan lock under the PF's device_lock, a
// write to remove takes the device_lock under the rescan lock. A process of three threads does both, again and again,
// and rescans; this one watches.
//
//   guest_v10 DEVICE [ROUNDS]
//
// Exit status 0: they hang, with the stacks of both; or this kernel no longer takes the one lock under the other,
// which its lockdep tells. 1: it does, and no round hung. 2: it cannot run. Not checked: what else uses the device.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <thread>

#include "devlock/backend/linux/host.hpp"
#include "judge.hpp"
#include "stall.hpp"

namespace {

using namespace conformance;
using devlock::pci::Address;

std::string folder(Address device) {
  return "/sys/bus/pci/devices/" + to_string(device) + '/';
}
void write(const std::string& file, const char* text) {
  std::ofstream(file) << text << std::flush;
}
template <class T>
T need(devlock::Result<T> result) {
  if (!result) {
    std::cout << "guest_v10: " << to_string(result.error()) << std::endl;
    std::exit(2);
  }
  if constexpr (!std::is_void_v<T>) {
    return std::move(*result);
  }
}

// Both writes while somebody else rescans the bus, as hotplug does: then both queue for the rescan lock, the removal
// first if the other one is a little later, which it is by another length in each round.
[[noreturn]] void race(Address device, unsigned round) {
  std::atomic<int> at_work{2};
  std::thread rescans([&] {
    while (at_work != 0) {
      write("/sys/bus/pci/rescan", "1");
    }
  });
  std::thread removal([&] {
    write(folder(device) + "remove", "1");
    --at_work;
  });
  std::thread functions([&] {
    for (unsigned spin = 0; spin != round % 32U * 20000U; ++spin) {
      std::atomic_signal_fence(std::memory_order_seq_cst);  // keeps the loop
    }
    write(folder(device) + "sriov_numvfs", "2");
    write(folder(device) + "sriov_numvfs", "0");
    --at_work;
  });
  functions.join();
  removal.join();
  rescans.join();
  std::_Exit(0);
}

// Does this kernel take the rescan lock under a device_lock? Only a kernel with lockdep and device_classes.ko says.
bool takes_both_ways() {
  Lockdep seen;
  std::ifstream chains("/proc/lockdep_chains");
  read_chains(chains, seen);
  Observed observed;
  observe(seen, "this", observed);
  return observed.contains({devlock::vfio::device_lock::name, devlock::vfio::rescan_remove_lock::name});
}

}  // namespace

int main(int count, char** words) {
  const auto device = devlock::pci::parse_address(count > 1 ? words[1] : "");
  const unsigned rounds = count > 2 ? static_cast<unsigned>(std::strtoul(words[2], nullptr, 10)) : 60U;
  if (!device || rounds == 0) {
    std::cout << "usage: guest_v10 DEVICE [ROUNDS]" << std::endl;
    return 2;
  }
  devlock::linux_host::Host host;
  devlock::vfio::ThreadContext context;
  for (unsigned round = 0; round != rounds; ++round) {
    if (!host.device(*device)) {
      need(host.rescan(context));
    }
    if (!need(host.device(*device)).driver.empty()) {
      need(host.unbind(context, *device));
    }
    need(host.set_driver_override(context, *device, "vfio-pci"));
    need(host.bind(context, *device, "vfio-pci"));
    const pid_t child = ::fork();
    if (child == 0) {
      race(*device, round);
    }
    int status = 0;
    while (::waitpid(child, &status, WNOHANG) == 0) {
      const auto stuck = both(
          child,
          [](const Sleep& one) {  // for the rescan lock, not while it lets the device rest
            return one.in("sriov_numvfs_store") &&
                   (one.top() == "sriov_numvfs_store" || one.top() == "pci_lock_rescan_remove");
          },
          [](const Sleep& one) { return one.in("remove_store") && one.top() == "device_release_driver_internal"; });
      if (stuck) {
        std::cout << "hangs: round " << round << "\nthread " << stuck->first.thread << ", with device_lock, waits:\n"
                  << stuck->first.stack << "thread " << stuck->second.thread << ", with the rescan lock, waits:\n"
                  << stuck->second.stack << std::flush;
        return 0;
      }
      std::this_thread::yield();
    }
  }
  bool both = false;
  try {
    both = takes_both_ways();
  } catch (const NotLockdep& wrong) {
    std::cout << "not seen: " << rounds
              << " rounds without a hang, and this kernel has no lockdep that could say more: " << wrong.what()
              << std::endl;
    return 2;
  }
  if (both) {
    std::cout << "not seen: " << rounds
              << " rounds without a hang, and this kernel takes the rescan lock under device_lock" << std::endl;
    return 1;
  }
  std::cout << "gone: " << rounds << " rounds without a hang, and lockdep saw no rescan lock under a device_lock"
            << std::endl;
  return 0;
}

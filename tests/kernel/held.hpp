// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Contention on purpose: a lock of the kernel, held for the length of a scope by the module devlock_hold, which the guest loads.
//
//   Hold hold{HeldLock::device, address};
//
// What then waits for it sleeps in the kernel function that takes it, as /proc/self/task/ID/wchan says. With DEVLOCK_HOLD_NOTHING in the
// environment a Hold opens the module and asks it for nothing: the known-bad twin of every test that uses one.
// Not checked: that somebody else does not hold the lock already; a Hold waits like everybody.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

#include "devlock/pci/address.hpp"

namespace guest {

enum class HeldLock : char {
  device = 'D',         ///< device_lock
  config_access = 'C',  ///< pci_cfg_access_lock: user accesses to config space, and resets, wait or fail
  memory = 'M',         ///< memory_lock, exclusively; bound to vfio-pci
  dev_set = 'S',        ///< vfio_device_set.lock; bound to vfio-pci
  rescan = 'R',         ///< pci_rescan_remove_lock, of no device
};

/// A lock of the kernel, while it lives.
class Hold {
 public:
  /// Holds nothing.
  Hold() = default;
  /// Waits for the lock; throws std::system_error if the kernel refuses.
  explicit Hold(HeldLock lock, devlock::pci::Address address = {}) {
    if (const int error_number = take(lock, address); error_number != 0) {
      throw std::system_error(error_number, std::generic_category(),
                              std::string("hold lock ") + static_cast<char>(lock) + " of " + to_string(address));
    }
  }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;
  ~Hold() { release(); }

  /// Waits for the lock, in the kernel function `hold_write`. 0, or an errno: ENODEV, there is no such function; ENXIO, it is not bound
  /// to vfio-pci; EBUSY, this one holds a lock; ENOENT, the module is not loaded.
  [[nodiscard]] int take(HeldLock lock, devlock::pci::Address address = {}) {
    if (file_ >= 0) {
      return EBUSY;
    }
    const int file = ::open("/dev/devlock_hold", O_WRONLY | O_CLOEXEC);
    if (file < 0) {
      return errno;
    }
    std::string request(1, static_cast<char>(lock));
    if (lock != HeldLock::rescan) {
      request += ' ' + to_string(address);
    }
    const bool asks = std::getenv("DEVLOCK_HOLD_NOTHING") == nullptr;  // NOLINT(concurrency-mt-unsafe): nobody sets it
    if (asks && ::write(file, request.data(), request.size()) < 0) {
      const int error_number = errno;
      (void)::close(file);
      return error_number;
    }
    file_ = file;
    return 0;
  }
  /// Gives it back; idempotent.
  void release() {
    if (file_ >= 0) {
      (void)::close(file_);
      file_ = -1;
    }
  }

 private:
  int file_ = -1;
};

}  // namespace guest

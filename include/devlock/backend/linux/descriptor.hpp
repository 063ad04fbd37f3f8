// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A file descriptor with one owner. It closes when it is destroyed, closed or assigned to; close() says how that went.
// Not checked: that nobody else closes the number.
#pragma once

#include <cerrno>
#include <memory>
#include <utility>

#include "devlock/backend/linux/system_calls.hpp"
#include "devlock/config.hpp"

namespace devlock::linux_host {

template <SystemCalls Sys>
class Descriptor {
 public:
  /// Owns `fd`, or nothing if it is negative: the answer of a call that opens may be passed as it is.
  Descriptor(Sys sys, long fd) : sys_(std::move(sys)), fd_(fd < 0 ? -1 : static_cast<int>(fd)) {}
  Descriptor(Descriptor&& other) noexcept : sys_(other.sys_), fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      (void)close();
      sys_ = other.sys_;
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  ~Descriptor() { (void)close(); }

  [[nodiscard]] explicit operator bool() const noexcept { return fd_ >= 0; }
  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] const Sys& sys() const noexcept { return sys_; }

  /// 0, or the errno of the close; EBADF if nothing is open. Nothing is open afterwards, whatever it returns.
  int close() {
    if (fd_ < 0) {
      return EBADF;
    }
    return static_cast<int>(-sys_.close(std::exchange(fd_, -1)));
  }

  /// What the kernel returns, or the negative errno. A signal does not end it.
  long ioctl(unsigned long request, std::uintptr_t argument = 0) const {
    return uninterrupted([&] { return sys_.ioctl(fd_, request, argument); });
  }

 private:
  DEVLOCK_NO_UNIQUE_ADDRESS Sys sys_;
  int fd_;
};

/// Closes what the owner of `file` shares with nobody; 0, or the errno of that close. What others share they close.
template <SystemCalls Sys>
int close_if_last(std::shared_ptr<Descriptor<Sys>> file) {
  return file != nullptr && file.use_count() == 1 ? file->close() : 0;
}

}  // namespace devlock::linux_host

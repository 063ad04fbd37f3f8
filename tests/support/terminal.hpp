// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A terminal in the place of standard error, and what was written to it.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace support {

/// Standard error goes to `descriptor` while it lives.
class ErrorOutputOn {
 public:
  explicit ErrorOutputOn(int descriptor) {
    std::fflush(stderr);
    kept_ = ::dup(STDERR_FILENO);
    ::dup2(descriptor, STDERR_FILENO);
  }
  ErrorOutputOn(const ErrorOutputOn&) = delete;
  ErrorOutputOn& operator=(const ErrorOutputOn&) = delete;
  ~ErrorOutputOn() {
    std::fflush(stderr);
    ::dup2(kept_, STDERR_FILENO);
    ::close(kept_);
  }

 private:
  int kept_;
};

class Terminal {
 public:
  Terminal() : keyboard_(::posix_openpt(O_RDWR | O_NOCTTY)) {
    if (keyboard_ >= 0 && ::grantpt(keyboard_) == 0 && ::unlockpt(keyboard_) == 0) {
      screen_ = ::open(::ptsname(keyboard_), O_RDWR | O_NOCTTY);
    }
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal() {
    ::close(screen_);
    ::close(keyboard_);
  }

  /// To write to; negative if there are no terminals.
  [[nodiscard]] int screen() const { return screen_; }
  /// What was written, up to where `end` was; all there is if that does not come within ten seconds.
  [[nodiscard]] std::string until(const std::string& end) const {
    std::string all;
    pollfd ready{keyboard_, POLLIN, 0};
    while (!all.ends_with(end) && ::poll(&ready, 1, 10000) == 1) {
      char c = 0;
      if (::read(keyboard_, &c, 1) != 1) {
        break;
      }
      all += c;
    }
    return all;
  }

 private:
  int keyboard_;
  int screen_ = -1;
};

}  // namespace support

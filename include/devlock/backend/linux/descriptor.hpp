// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A file descriptor with one owner. It closes when it is destroyed, closed or assigned to; close() says how that went. A
// borrowed one stays open: its owner is elsewhere in the program.
// Not checked: that nobody else closes the number.
#pragma once

#include <cerrno>
#include <memory>
#include <utility>

#include "devlock/backend/linux/system_calls.hpp"
#include "devlock/config.hpp"

namespace devlock::linux_host {

/// Whether who has a descriptor closes it.
enum class Tenure { owned, borrowed };

template <SystemCalls Sys>
class Descriptor {
 public:
  /// Has `fd`, or nothing if it is negative: the answer of a call that opens may be passed as it is.
  Descriptor(Sys sys, long fd, Tenure tenure = Tenure::owned)
      : sys_(std::move(sys)),
        held_(fd < 0                    ? -1
              : tenure == Tenure::owned ? static_cast<int>(fd)
                                        : lent(static_cast<int>(fd))) {}
  Descriptor(Descriptor&& other) noexcept : sys_(other.sys_), held_(std::exchange(other.held_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      (void)close();
      sys_ = other.sys_;
      held_ = std::exchange(other.held_, -1);
    }
    return *this;
  }
  ~Descriptor() { (void)close(); }

  [[nodiscard]] explicit operator bool() const noexcept { return get() >= 0; }
  [[nodiscard]] int get() const noexcept { return held_ < -1 ? lent(held_) : held_; }
  [[nodiscard]] const Sys& sys() const noexcept { return sys_; }

  /// 0, or the errno of the close; EBADF if nothing is open. Nothing is open here afterwards, whatever it returns.
  int close() {
    const int held = std::exchange(held_, -1);
    return held == -1 ? EBADF : held < -1 ? 0 : static_cast<int>(-sys_.close(held));
  }
  /// The number, which is nobody's to close from here on; -1 if nothing is open.
  [[nodiscard]] int release() noexcept {
    const int number = get();
    held_ = -1;
    return number;
  }
  /// A descriptor that was handed over becomes this one's to close, and is not inherited by what this process executes. 0 or an
  /// errno; if it fails it stays borrowed.
  int take() {
    if (const long done = ioctl(FIOCLEX); done < 0) {
      return static_cast<int>(-done);
    }
    held_ = get();
    return 0;
  }

  /// What the kernel returns, or the negative errno. A signal does not end it.
  long ioctl(unsigned long request, std::uintptr_t argument = 0) const {
    return uninterrupted([&] { return sys_.ioctl(get(), request, argument); });
  }

 private:
  // A borrowed number is kept as one below -1, which no descriptor is; the same function leads there and back.
  static constexpr int lent(int number) noexcept { return -2 - number; }

  DEVLOCK_NO_UNIQUE_ADDRESS Sys sys_;
  int held_;
};

/// Closes what the owner of `file` shares with nobody; 0, or the errno of that close. What others share they close.
template <SystemCalls Sys>
int close_if_last(std::shared_ptr<Descriptor<Sys>> file) {
  return file != nullptr && file.use_count() == 1 ? file->close() : 0;
}

}  // namespace devlock::linux_host

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The system calls that the Linux backend makes, as a policy: PosixSys is the real one, a test brings its own and scripts
// every answer. A call returns what the kernel returns, or the negative errno; nobody looks at the variable errno.
// Not done here: repeating a call that a signal interrupted; `uninterrupted` does that, so that a test sees each attempt.
#pragma once

#include <cerrno>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace devlock::linux_host {

/// A policy is a small value, copied into every descriptor that was opened through it.
template <class S>
concept SystemCalls = std::copyable<S> &&
    requires(const S& sys, const char* path, void* buffer, const void* data, char* text, std::size_t size, int fd,
             unsigned long request, std::uintptr_t argument, pollfd& watched, std::vector<std::string>& names) {
  { sys.open(path, O_RDWR) } -> std::same_as<long>;
  { sys.close(fd) } -> std::same_as<long>;
  { sys.read(fd, buffer, size) } -> std::same_as<long>;
  { sys.write(fd, data, size) } -> std::same_as<long>;
  { sys.ioctl(fd, request, argument) } -> std::same_as<long>;  // a pointer or a number, as the request wants it
  { sys.readlink(path, text, size) } -> std::same_as<long>;    // no terminating zero
  { sys.exists(path) } -> std::same_as<long>;                  // 0 or an errno
  { sys.list(path, names) } -> std::same_as<long>;             // adds the entries but `.` and `..`
  { sys.eventfd(EFD_CLOEXEC) } -> std::same_as<long>;
  { sys.poll(watched, 0) } -> std::same_as<long>;  // one descriptor, a time in milliseconds
};

/// The kernel's own.
struct PosixSys {
  [[nodiscard]] long open(const char* path, int flags) const { return result(::open(path, flags)); }
  [[nodiscard]] long close(int fd) const { return result(::close(fd)); }
  [[nodiscard]] long read(int fd, void* buffer, std::size_t size) const { return result(::read(fd, buffer, size)); }
  [[nodiscard]] long write(int fd, const void* data, std::size_t size) const { return result(::write(fd, data, size)); }
  [[nodiscard]] long ioctl(int fd, unsigned long request, std::uintptr_t argument) const {
    return result(::ioctl(fd, request, argument));
  }
  [[nodiscard]] long readlink(const char* path, char* buffer, std::size_t size) const {
    return result(::readlink(path, buffer, size));
  }
  [[nodiscard]] long exists(const char* path) const { return result(::access(path, F_OK)); }
  [[nodiscard]] long list(const char* path, std::vector<std::string>& names) const {
    DIR* directory = ::opendir(path);  // sets O_CLOEXEC
    if (directory == nullptr) {
      return -errno;
    }
    errno = 0;
    while (const dirent* entry = ::readdir(directory)) {  // NOLINT(concurrency-mt-unsafe): the stream is not shared
      std::string name(entry->d_name);
      if (name != "." && name != "..") {
        names.push_back(std::move(name));
      }
      errno = 0;
    }
    const int error = errno;
    ::closedir(directory);
    return -error;
  }
  [[nodiscard]] long eventfd(int flags) const { return result(::eventfd(0, flags)); }
  [[nodiscard]] long poll(pollfd& watched, int milliseconds) const { return result(::poll(&watched, 1, milliseconds)); }

 private:
  static long result(long returned) { return returned < 0 ? -errno : returned; }
};

static_assert(SystemCalls<PosixSys>);

/// Makes the call again while a signal interrupts it. Not for close: Linux has closed the descriptor by then.
template <class Call>
long uninterrupted(const Call& call) {
  long returned = call();
  while (returned == -EINTR) {
    returned = call();
  }
  return returned;
}

/// The argument of an ioctl that points to a structure.
template <class Structure>
std::uintptr_t pointer_argument(Structure& structure) {
  return reinterpret_cast<std::uintptr_t>(&structure);
}

}  // namespace devlock::linux_host

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A kernel whose answers are the fuzz input: attributes that are binary, huge or cut short, links that lead anywhere, names
// with `..` and newlines, counts that lie, errnos. It plays fair in three things that nobody could check: a descriptor that it
// hands out is one, it writes no further than the caller says, and a call that a signal interrupted left its argument as it
// was. Every path is looked at: below the root, without `..`, printable; so is every descriptor.
#pragma once

#include <climits>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <linux/kvm.h>
#include <linux/vfio.h>

#include "devlock/backend/linux/system_calls.hpp"
#include "fuzz/support/feed.hpp"

namespace fuzz {

inline const std::string root = "/root-of-the-test";

/// Fails if the library should not have made this path.
inline void check_path(std::string_view path) {
  const auto wrong = [&](const char* what) {
    std::string shown;
    for (const char c : path.substr(0, 200)) {
      shown += c < ' ' || c > '~' ? '?' : c;
    }
    fail("a path " + std::string(what) + ": " + shown);
  };
  if (path.size() >= PATH_MAX) {
    wrong("that is too long");
  }
  if (!path.starts_with(root + "/")) {
    wrong("outside of the root");
  }
  std::string_view rest = path.substr(1);
  while (true) {
    const std::string_view part = rest.substr(0, rest.find('/'));
    if (part.empty() || part == "." || part == "..") {
      wrong("that leads outside of the root");
    }
    for (const char c : part) {
      if (c < ' ' || c > '~') {
        wrong("that is not printable");
      }
    }
    if (part.size() == rest.size()) {
      return;
    }
    rest.remove_prefix(part.size() + 1);
  }
}

class HostileKernel {
 public:
  explicit HostileKernel(Feed& feed) : feed_(feed) {}
  HostileKernel(const HostileKernel&) = delete;
  HostileKernel& operator=(const HostileKernel&) = delete;

  /// At the end of an input: nothing is open.
  void check_closed() const { require(open_.empty(), "a descriptor is left open"); }

  /// A descriptor that this process has without having opened it.
  int hand_over() { return static_cast<int>(add("handed over")); }
  void launcher_closes(int fd) { open_.erase(fd); }

  long open(const char* path) {
    begin(path);
    return errno_or(add(path));
  }
  long close(int fd) {
    count();
    if (open_.erase(fd) == 0) {
      fail("close of a descriptor that is not open");
    }
    return feed_.byte() > 240 ? -EIO : 0;
  }
  long read(int fd, void* buffer, std::size_t size) {
    count();
    const std::string& path = path_of(fd);
    std::string text;
    const unsigned kind = feed_.byte();
    if (kind >= 250) {
      return some_errno();
    }
    if (read_.contains(fd) && kind < 200) {
      return 0;
    }
    read_[fd] = true;
    text = kind < 100 ? plausible_attribute(path) : feed_.text(size);
    const std::size_t given = std::min(size, text.size());
    std::memcpy(buffer, text.data(), given);
    return static_cast<long>(given);
  }
  long write(int fd, std::size_t size) {
    count();
    (void)path_of(fd);
    const unsigned kind = feed_.byte();
    return kind < 180 ? static_cast<long>(size) : kind < 200 ? static_cast<long>(feed_.below(size + 1)) : some_errno();
  }
  long readlink(const char* path, char* buffer, std::size_t size) {
    begin(path);
    const unsigned kind = feed_.byte();
    if (kind >= 230) {
      return some_errno();
    }
    const std::string target = kind < 120 ? plausible_link(path) : feed_.text(size);
    const std::size_t given = std::min(size, target.size());
    std::memcpy(buffer, target.data(), given);
    return static_cast<long>(given);
  }
  long exists(const char* path) {
    begin(path);
    const unsigned kind = feed_.byte();
    return kind < 120 ? 0 : kind < 220 ? -ENOENT : some_errno();
  }
  long list(const char* path, std::vector<std::string>& names) {
    begin(path);
    const unsigned kind = feed_.byte();
    if (kind < 100 && std::string_view(path).ends_with("/vfio-dev")) {
      names.emplace_back("vfio3");
    } else if (kind < 100) {
      names.insert(names.end(), {"0000:00:01.0", "0000:01:00.0", "0000:01:00.1"});
    } else {
      for (std::size_t left = kind % 16U; left != 0; --left) {
        names.push_back(feed_.text(300));
      }
    }
    return kind > 245 ? some_errno() : 0;
  }
  long eventfd() {
    count();
    return errno_or(add("event"));
  }
  long poll(pollfd& watched) {
    count();
    (void)path_of(watched.fd);
    watched.revents = static_cast<short>(feed_.byte());
    const unsigned kind = feed_.byte();
    return kind < 100 ? 0 : kind < 200 ? 1 : some_errno();
  }
  long ioctl(int fd, unsigned long request, std::uintptr_t argument) {
    count();
    (void)path_of(fd);
    switch (request) {
      case VFIO_GROUP_GET_DEVICE_FD:
        return errno_or(add("device"));
      case KVM_CREATE_VM:
        return errno_or(add("machine"));
      case KVM_CREATE_DEVICE: {
        auto& device = at<kvm_create_device>(argument);
        const long answer = errno_or(add("kvm-vfio"));
        device.fd = answer < 0 ? feed_.word() : static_cast<std::uint32_t>(answer);
        return answer < 0 ? answer : 0;
      }
      case VFIO_GET_API_VERSION:
        return number_or(VFIO_API_VERSION);
      case KVM_GET_API_VERSION:
        return number_or(KVM_API_VERSION);
      case VFIO_CHECK_EXTENSION:
        return number_or(1);
      case VFIO_GROUP_GET_STATUS:
        at<vfio_group_status>(argument).flags = feed_.word();
        return number_or(0);
      case VFIO_DEVICE_GET_INFO: {
        auto& info = at<vfio_device_info>(argument);
        info.flags = feed_.byte() < 128 ? VFIO_DEVICE_FLAGS_RESET | VFIO_DEVICE_FLAGS_PCI : feed_.word();
        info.argsz = feed_.byte() < 128 ? info.argsz : feed_.word();
        return number_or(0);
      }
      case VFIO_DEVICE_GET_PCI_HOT_RESET_INFO:
        return hot_reset_info(argument);
      default:
        return number_or(0);
    }
  }

 private:
  template <class T>
  static T& at(std::uintptr_t argument) {
    return *reinterpret_cast<T*>(argument);  // NOLINT(performance-no-int-to-ptr): that is what an ioctl takes
  }
  // What a caller does for one input ends.
  void count() {
    if (++calls_ > 100'000) {
      fail("it does not end: 100000 system calls");
    }
  }
  void begin(const char* path) {
    count();
    check_path(path);
  }
  const std::string& path_of(int fd) {
    const auto found = open_.find(fd);
    if (found == open_.end()) {
      fail("use of a descriptor that is not open");
    }
    return found->second;
  }
  long add(const std::string& path) {
    open_.emplace(next_, path);
    return next_++;
  }
  long some_errno() {
    constexpr int all[] = {ENOENT, ENODEV, EACCES, EPERM,  EBUSY, EAGAIN, EINVAL, EIO,
                           EINTR,  ENOMEM, EMFILE, ENOTTY, ELOOP, ENOSPC, ENXIO,  12345};
    return -all[feed_.below(std::size(all))];
  }
  // The descriptor, or an errno instead of it.
  long errno_or(long fd) {
    if (feed_.byte() < 235) {
      return fd;
    }
    open_.erase(static_cast<int>(fd));
    return some_errno();
  }
  long number_or(long usual) {
    const unsigned kind = feed_.byte();
    return kind < 200 ? usual : kind < 220 ? static_cast<long>(feed_.word()) : some_errno();
  }
  long hot_reset_info(std::uintptr_t argument) {
    struct Head {
      std::uint32_t argsz;
      std::uint32_t flags;
      std::uint32_t count;
    };
    auto& head = at<Head>(argument);
    const std::size_t room = (head.argsz - sizeof(Head)) / sizeof(vfio_pci_dependent_device);
    const unsigned kind = feed_.byte();
    const std::size_t wanted = kind < 100 ? 2 : kind < 200 ? feed_.byte() : feed_.word();
    for (std::size_t place = 0; place != std::min(room, wanted); ++place) {
      vfio_pci_dependent_device one{};
      one.group_id = feed_.byte() < 128 ? 7 : feed_.word();
      one.segment = static_cast<std::uint16_t>(feed_.byte() < 200 ? 0 : feed_.word());
      one.bus = static_cast<std::uint8_t>(feed_.byte() < 200 ? 1 : feed_.byte());
      one.devfn = static_cast<std::uint8_t>(kind < 100 ? place : feed_.byte());
      std::memcpy(reinterpret_cast<char*>(argument) + sizeof(Head) + place * sizeof one, &one, sizeof one);  // NOLINT
    }
    head.count = static_cast<std::uint32_t>(wanted);
    head.flags = feed_.byte();
    const unsigned honest = feed_.byte();
    const long answer = honest < 150 ? (wanted <= room ? 0 : -ENOSPC) : number_or(honest < 200 ? 0 : -ENOSPC);
    if (answer != -EINTR && feed_.byte() >= 230) {
      head.argsz = feed_.word();
    }
    return answer;
  }
  static std::string plausible_attribute(std::string_view path) {
    return path.ends_with("/class")             ? path.find("00:01.0") != path.npos ? "0x060400\n" : "0x020000\n"
           : path.ends_with("/driver_override") ? "(null)\n"
           : path.ends_with("/matrix")          ? "04.0006\n04.0047\n"
           : path.ends_with("_instances")       ? "2\n"
           : path.ends_with("mask")             ? "0x" + std::string(64, 'f') + "\n"
           : path.ends_with("/address")         ? "0000:01:00\n"
           : path.ends_with("/reset_method")    ? "flr bus\n"
           : path.find("/sriov_") != path.npos  ? "2\n"
                                                : "0x8086\n";
  }
  static std::string plausible_link(std::string_view path) {
    if (path.ends_with("/driver")) {
      return "../../../../bus/pci/drivers/vfio-pci";
    }
    if (path.ends_with("/iommu_group")) {
      return "../../../../kernel/iommu_groups/7";
    }
    if (path.find("/self/fd/") != path.npos) {
      return "/dev/vfio/7";
    }
    const std::string name(path.substr(path.rfind('/') + 1));
    return "../../../devices/pci0000:00/" + (name == "0000:00:01.0" ? name : "0000:00:01.0/" + name);
  }

  Feed& feed_;
  std::map<int, std::string> open_;
  std::map<int, bool> read_;
  int next_ = 100;
  unsigned calls_ = 0;
};

/// The policy.
class HostileSys {
 public:
  explicit HostileSys(HostileKernel& kernel) : kernel_(&kernel) {}
  [[nodiscard]] long open(const char* path, int) const { return kernel_->open(path); }
  [[nodiscard]] long close(int fd) const { return kernel_->close(fd); }
  [[nodiscard]] long read(int fd, void* buffer, std::size_t size) const { return kernel_->read(fd, buffer, size); }
  [[nodiscard]] long write(int fd, const void*, std::size_t size) const { return kernel_->write(fd, size); }
  [[nodiscard]] long ioctl(int fd, unsigned long request, std::uintptr_t argument) const {
    return kernel_->ioctl(fd, request, argument);
  }
  [[nodiscard]] long readlink(const char* path, char* buffer, std::size_t size) const {
    return kernel_->readlink(path, buffer, size);
  }
  [[nodiscard]] long exists(const char* path) const { return kernel_->exists(path); }
  [[nodiscard]] long list(const char* path, std::vector<std::string>& names) const {
    return kernel_->list(path, names);
  }
  [[nodiscard]] long eventfd(int) const { return kernel_->eventfd(); }
  [[nodiscard]] long poll(pollfd& watched, int) const { return kernel_->poll(watched); }

 private:
  HostileKernel* kernel_;
};
static_assert(devlock::linux_host::SystemCalls<HostileSys>);

}  // namespace fuzz

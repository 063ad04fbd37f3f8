// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A kernel in memory behind the system-call policy: files, links and directories by path, VFIO and KVM nodes that
// answer, and a script of faults. It counts open descriptors and notes every use that a real kernel would punish: a
// descriptor that is not open, one opened without O_CLOEXEC, an ioctl of the wrong node.
//
//   FakeKernel kernel;
//   kernel.fail_ioctl(VFIO_DEVICE_RESET, EAGAIN);
//   BasicHost<FakeSys> host(Paths{}, FakeSys(kernel));
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <linux/kvm.h>
#include <linux/vfio.h>

#include "devlock/backend/linux/iommufd_abi.hpp"
#include "devlock/backend/linux/system_calls.hpp"

namespace fake {

enum class Call { open, close, read, write, ioctl, readlink, exists, list, eventfd, poll };

constexpr const char* to_string(Call call) {
  constexpr const char* names[] = {"open",     "close",  "read", "write",   "ioctl",
                                   "readlink", "exists", "list", "eventfd", "poll"};
  return names[static_cast<std::size_t>(call)];
}

namespace abi = devlock::linux_host::abi;

/// What an open descriptor refers to.
enum class Kind { file, container, group, device, kvm, machine, kvm_vfio, event, iommufd, cdev };

/// A function on the kernel's list of what a hot reset affects.
inline vfio_pci_dependent_device dependent(unsigned bus, unsigned device, unsigned function, unsigned number,
                                           unsigned domain = 0) {
  vfio_pci_dependent_device one{};
  one.group_id = number;
  one.segment = static_cast<std::uint16_t>(domain);
  one.bus = static_cast<std::uint8_t>(bus);
  one.devfn = static_cast<std::uint8_t>(device << 3U | function);
  return one;
}

/// A call as it was made; a descriptor is named by its path or its kind.
struct Made {
  Call call;
  std::string object;
  unsigned long request = 0;
  std::size_t transferred = 0;  ///< by a read or a write
};

class FakeKernel {
 public:
  using Store = std::function<long(FakeKernel&, std::string_view)>;
  using Hook = std::function<long(FakeKernel&, std::uintptr_t)>;

  // The machine. Paths are absolute; nothing is inherited from a directory.
  std::map<std::string, std::string> files;
  std::map<std::string, std::string> links;
  std::map<std::string, std::vector<std::string>> directories;
  std::map<std::string, Kind> nodes{{"/dev/vfio/vfio", Kind::container}, {"/dev/kvm", Kind::kvm}};
  std::map<std::string, Store> stores;  ///< what a write to this file does; the default keeps the text in it
  std::map<unsigned long, Hook> hooks;  ///< what this ioctl does, of whatever node
  std::vector<vfio_pci_dependent_device> hot_reset_functions;  ///< what a hot reset of any device affects
  std::uint32_t hot_reset_flags = 0;
  std::uint32_t group_flags = VFIO_GROUP_FLAGS_VIABLE;
  std::uint32_t device_flags = VFIO_DEVICE_FLAGS_RESET | VFIO_DEVICE_FLAGS_PCI;
  std::size_t chunk = SIZE_MAX;       ///< the most that one read or write transfers
  short poll_events = 0;              ///< what a descriptor that is polled has ready
  std::function<void()> before_call;  ///< run before each call, with the machine as it is then

  // What happened.
  std::vector<Made> made;
  std::vector<Kind> closed;          ///< in order, without plain files
  std::vector<std::string> misuses;  ///< must stay empty
  int unplug_event = -1;             ///< the descriptor that a device was told to signal
  int container_of_group = -1;
  std::vector<std::string> devices_asked_for;
  std::vector<std::vector<int>> hot_resets;                   ///< the descriptors that each one named
  std::vector<std::pair<std::uint64_t, int>> kvm_attributes;  ///< attribute, group descriptor

  /// The call with this number, counted from 0 over all calls, answers the errno.
  void fail_at(std::size_t number, int error_number) { numbered_[number] = error_number; }
  /// The read or write with this number transfers at most `most`. A write that is cut short stores nothing.
  void shorten_at(std::size_t number, std::size_t most) { shortened_[number] = most; }
  /// The next `times` calls of this kind on `object`, or on anything if it is empty, answer the errno.
  void fail(Call call, int error_number, std::string object = {}, int times = 1) {
    scripted_.push_back(Scripted{call, std::move(object), 0, -long{error_number}, times});
  }
  /// The next `times` ioctls with this request answer the errno, or a value of their own.
  void fail_ioctl(unsigned long request, int error_number, int times = 1) {
    scripted_.push_back(Scripted{Call::ioctl, {}, request, -long{error_number}, times});
  }
  void answer_ioctl(unsigned long request, long value, int times = 1) {
    scripted_.push_back(Scripted{Call::ioctl, {}, request, value, times});
  }

  /// A descriptor that this process has without having opened it; /proc shows `path` for it.
  int hand_over(Kind kind, std::string path) {
    links["/proc/self/fd/" + std::to_string(next_)] = path;
    return static_cast<int>(add(kind, std::move(path)));
  }
  [[nodiscard]] bool is_open(int fd) const { return open_.contains(fd); }
  std::map<int, int> bound;               ///< devices to iommufds
  std::map<int, std::uint32_t> attached;  ///< devices to address spaces
  std::vector<std::uint32_t> ioases;      ///< that are not destroyed
  std::uint32_t last_ioas = 0;
  std::vector<int> closed_on_exec;  ///< by FIOCLEX

  [[nodiscard]] std::size_t open_descriptors() const { return open_.size(); }
  [[nodiscard]] std::size_t open_descriptors(Kind kind) const {
    return static_cast<std::size_t>(
        std::count_if(open_.begin(), open_.end(), [&](const auto& one) { return one.second.kind == kind; }));
  }
  [[nodiscard]] std::size_t count(Call call, unsigned long request = 0) const {
    return static_cast<std::size_t>(std::count_if(made.begin(), made.end(), [&](const Made& one) {
      return one.call == call && (request == 0 || one.request == request);
    }));
  }

 private:
  friend class FakeSys;
  // What the argument of an ioctl points to.
  template <class T>
  static T& at(std::uintptr_t argument) {
    return *reinterpret_cast<T*>(argument);  // NOLINT(performance-no-int-to-ptr): that is what an ioctl takes
  }
  struct Scripted {
    Call call;
    std::string object;
    unsigned long request;
    long answer;
    int times;
  };
  struct Opened {
    Kind kind;
    std::string path;
    std::size_t offset = 0;
  };

  // Notes the call; the answer that the script has for it, if any.
  std::optional<long> begin(Call call, std::string object, unsigned long request = 0) {
    if (before_call) {
      before_call();
    }
    const std::size_t number = made.size();
    made.push_back(Made{call, std::move(object), request, 0});
    if (const auto at = numbered_.find(number); at != numbered_.end()) {
      return -long{at->second};
    }
    for (Scripted& one : scripted_) {
      if (one.times > 0 && one.call == call && (one.object.empty() || one.object == made.back().object) &&
          (one.request == 0 || one.request == request)) {
        --one.times;
        return one.answer;
      }
    }
    return std::nullopt;
  }
  // What the call that was noted last may transfer.
  [[nodiscard]] std::size_t most_now(std::size_t size) const {
    const auto found = shortened_.find(made.size() - 1);
    return found == shortened_.end() ? size : std::min(size, found->second);
  }
  long add(Kind kind, std::string path) {
    open_.emplace(next_, Opened{kind, std::move(path)});
    return next_++;
  }
  Opened* find(int fd, const char* use) {
    const auto found = open_.find(fd);
    if (found == open_.end()) {
      misuses.push_back(std::string(use) + " of a descriptor that is not open: " + std::to_string(fd));
      return nullptr;
    }
    return &found->second;
  }
  long open(const char* path, int flags) {
    if (const auto scripted = begin(Call::open, path)) {
      return *scripted;
    }
    if ((flags & O_CLOEXEC) == 0) {
      misuses.push_back(std::string("open without O_CLOEXEC: ") + path);
    }
    if (const auto node = nodes.find(path); node != nodes.end()) {
      return add(node->second, path);
    }
    return files.contains(path) || stores.contains(path) ? add(Kind::file, path) : -ENOENT;
  }
  long close(int fd) {
    const auto* file = find(fd, "close");
    const auto scripted = begin(Call::close, file == nullptr ? "" : file->path);
    if (file == nullptr) {
      return -EBADF;
    }
    if (file->kind != Kind::file) {
      closed.push_back(file->kind);
    }
    bound.erase(fd);
    attached.erase(fd);
    open_.erase(fd);  // Linux closes it even if it answers an error
    return scripted.value_or(0);
  }
  long read(int fd, void* buffer, std::size_t size) {
    auto* file = find(fd, "read");
    if (const auto scripted = begin(Call::read, file == nullptr ? "" : file->path)) {
      return *scripted;
    }
    if (file == nullptr) {
      return -EBADF;
    }
    const std::string& text = files[file->path];
    const std::size_t count = std::min({most_now(size), chunk, text.size() - std::min(file->offset, text.size())});
    std::memcpy(buffer, text.data() + file->offset, count);
    file->offset += count;
    made.back().transferred = count;
    return static_cast<long>(count);
  }
  long write(int fd, const void* data, std::size_t size) {
    const auto* file = find(fd, "write");
    if (const auto scripted = begin(Call::write, file == nullptr ? "" : file->path)) {
      return *scripted;
    }
    if (file == nullptr) {
      return -EBADF;
    }
    if (const std::size_t most = most_now(size); most != size) {
      return static_cast<long>(most);
    }
    const std::string_view text(static_cast<const char*>(data), std::min(size, chunk));
    const std::string path = file->path;
    made.back().transferred = text.size();
    if (const auto found = stores.find(path); found != stores.end()) {
      const Store store = found->second;  // it may take itself away
      const long stored = store(*this, text);
      return stored < 0 ? stored : static_cast<long>(text.size());
    }
    files[path] = text;
    return static_cast<long>(text.size());
  }
  long readlink(const char* path, char* buffer, std::size_t size) {
    if (const auto scripted = begin(Call::readlink, path)) {
      return *scripted;
    }
    const auto found = links.find(path);
    if (found == links.end()) {
      return -ENOENT;
    }
    const std::size_t count = std::min(size, found->second.size());
    std::copy_n(found->second.begin(), count, buffer);
    return static_cast<long>(count);
  }
  long exists(const char* path) {
    if (const auto scripted = begin(Call::exists, path)) {
      return *scripted;
    }
    return files.contains(path) || links.contains(path) || directories.contains(path) || stores.contains(path)
               ? 0
               : -ENOENT;
  }
  long list(const char* path, std::vector<std::string>& names) {
    if (const auto scripted = begin(Call::list, path)) {
      names.emplace_back("0000:ff:1f.7");  // half a list before the error
      return *scripted;
    }
    const auto found = directories.find(path);
    if (found == directories.end()) {
      return -ENOENT;
    }
    names.insert(names.end(), found->second.begin(), found->second.end());
    return 0;
  }
  long eventfd(int flags) {
    if (const auto scripted = begin(Call::eventfd, "")) {
      return *scripted;
    }
    if ((flags & EFD_CLOEXEC) == 0) {
      misuses.emplace_back("eventfd without EFD_CLOEXEC");
    }
    return add(Kind::event, "event");
  }
  long poll(pollfd& watched, int milliseconds) {
    (void)find(watched.fd, "poll");
    if (const auto scripted = begin(Call::poll, "")) {
      return *scripted;
    }
    if (milliseconds != 0) {
      misuses.emplace_back("poll that waits");
    }
    watched.revents = poll_events;
    return poll_events == 0 ? 0 : 1;
  }
  long ioctl(int fd, unsigned long request, std::uintptr_t argument) {
    const auto* file = find(fd, "ioctl");
    if (const auto scripted = begin(Call::ioctl, file == nullptr ? "" : file->path, request)) {
      return *scripted;
    }
    if (file == nullptr) {
      return -EBADF;
    }
    if (request == FIOCLEX) {
      closed_on_exec.push_back(fd);
      return 0;
    }
    if (const auto hook = hooks.find(request); hook != hooks.end()) {
      const Hook answer = hook->second;  // it may take itself away
      return answer(*this, argument);
    }
    switch (file->kind) {
      case Kind::container:
        return container_ioctl(request, argument);
      case Kind::group:
        return group_ioctl(request, argument);
      case Kind::device:
        return device_ioctl(request, argument);
      case Kind::kvm:
        if (request == KVM_GET_API_VERSION) {
          return KVM_API_VERSION;
        }
        return request == KVM_CREATE_VM ? add(Kind::machine, "machine") : wrong_node(request);
      case Kind::machine: {
        if (request == KVM_CHECK_EXTENSION && argument == KVM_CAP_DEVICE_CTRL) {
          return 1;
        }
        if (request != KVM_CREATE_DEVICE) {
          return wrong_node(request);
        }
        auto& device = at<kvm_create_device>(argument);
        device.fd = static_cast<std::uint32_t>(add(Kind::kvm_vfio, "kvm-vfio"));
        return device.type == KVM_DEV_TYPE_VFIO ? 0 : wrong_node(request);
      }
      case Kind::kvm_vfio: {
        const auto& attribute = at<const kvm_device_attr>(argument);
        if (request == KVM_HAS_DEVICE_ATTR) {
          return attribute.group == KVM_DEV_VFIO_GROUP ? 0 : -ENXIO;
        }
        if (request != KVM_SET_DEVICE_ATTR || attribute.group != KVM_DEV_VFIO_GROUP) {
          return wrong_node(request);
        }
        const auto& group = at<const std::int32_t>(static_cast<std::uintptr_t>(attribute.addr));
        kvm_attributes.emplace_back(attribute.attr, group);
        return 0;
      }
      case Kind::iommufd:
        return iommufd_ioctl(request, argument);
      case Kind::cdev:
        return cdev_ioctl(fd, request, argument);
      case Kind::file:
      case Kind::event:
        break;
    }
    return wrong_node(request);
  }
  long container_ioctl(unsigned long request, std::uintptr_t argument) {
    switch (request) {
      case VFIO_GET_API_VERSION:
        return VFIO_API_VERSION;
      case VFIO_CHECK_EXTENSION:
        return argument == VFIO_TYPE1v2_IOMMU || argument == VFIO_TYPE1_IOMMU ? 1 : 0;
      case VFIO_SET_IOMMU:
        return argument == VFIO_TYPE1v2_IOMMU ? 0 : -ENODEV;
      default:
        return wrong_node(request);
    }
  }
  long group_ioctl(unsigned long request, std::uintptr_t argument) {
    switch (request) {
      case VFIO_GROUP_GET_STATUS: {
        auto& status = at<vfio_group_status>(argument);
        status.flags = group_flags;
        return status.argsz >= sizeof status ? 0 : -EINVAL;
      }
      case VFIO_GROUP_SET_CONTAINER:
        container_of_group = at<const std::int32_t>(argument);
        return 0;
      case VFIO_GROUP_UNSET_CONTAINER:
        container_of_group = -1;
        return 0;
      case VFIO_GROUP_GET_DEVICE_FD:
        devices_asked_for.emplace_back(&at<const char>(argument));
        return add(Kind::device, "device");
      default:
        return wrong_node(request);
    }
  }
  long device_ioctl(unsigned long request, std::uintptr_t argument) {
    switch (request) {
      case VFIO_DEVICE_GET_INFO: {
        auto& info = at<vfio_device_info>(argument);
        info.flags = device_flags;
        return info.argsz >= offsetof(vfio_device_info, cap_offset) ? 0 : -EINVAL;
      }
      case VFIO_DEVICE_RESET:
        return 0;
      case VFIO_DEVICE_GET_PCI_HOT_RESET_INFO: {
        auto& info = at<vfio_pci_hot_reset_info>(argument);
        const std::size_t room = (info.argsz - sizeof info) / sizeof(vfio_pci_dependent_device);
        const std::size_t listed = std::min(room, hot_reset_functions.size());
        std::copy_n(hot_reset_functions.begin(), listed,
                    reinterpret_cast<vfio_pci_dependent_device*>(argument + sizeof info));  // NOLINT
        info.count = static_cast<std::uint32_t>(hot_reset_functions.size());
        info.flags = hot_reset_flags;
        return listed == hot_reset_functions.size() ? 0 : -ENOSPC;
      }
      case VFIO_DEVICE_PCI_HOT_RESET: {
        const auto& reset = at<const vfio_pci_hot_reset>(argument);
        const auto* groups = reinterpret_cast<const std::int32_t*>(argument + sizeof reset);  // NOLINT
        const bool right = reset.argsz == sizeof reset + reset.count * sizeof *groups && reset.flags == 0;
        hot_resets.emplace_back(groups, groups + reset.count);
        if (!right || reset.count > hot_reset_functions.size()) {
          return -EINVAL;
        }
        for (const std::int32_t group : hot_resets.back()) {  // as fget and vfio_file_is_group, one after the other
          const auto named = open_.find(group);
          if (named == open_.end() || named->second.kind != Kind::group) {
            return named == open_.end() ? -EBADF : -EINVAL;
          }
        }
        return 0;
      }
      case VFIO_DEVICE_SET_IRQS: {
        vfio_irq_set head{};
        std::memcpy(&head, &at<const char>(argument), sizeof head);
        const bool right = head.index == VFIO_PCI_REQ_IRQ_INDEX && head.start == 0 && head.count == 1 &&
                           head.flags == (VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER) &&
                           head.argsz == sizeof head + sizeof(std::int32_t);
        std::int32_t event = -1;
        std::memcpy(&event, &at<const char>(argument) + sizeof head, sizeof event);
        unplug_event = event;
        return right ? 0 : -EINVAL;
      }
      default:
        return wrong_node(request);
    }
  }
  long iommufd_ioctl(unsigned long request, std::uintptr_t argument) {
    if (request == abi::allocate_ioas) {
      auto& space = at<abi::AllocateIoas>(argument);
      space.out_ioas_id = ++last_ioas;
      ioases.push_back(space.out_ioas_id);
      return space.size == sizeof space && space.flags == 0 ? 0 : -EINVAL;
    }
    if (request != abi::destroy_object) {
      return wrong_node(request);
    }
    const auto& object = at<const abi::DestroyObject>(argument);
    for (const auto& [device, space] : attached) {
      if (space == object.id) {
        return -EBUSY;
      }
    }
    return std::erase(ioases, object.id) == 1 && object.size == sizeof object ? 0 : -ENOENT;
  }
  long cdev_ioctl(int fd, unsigned long request, std::uintptr_t argument) {
    if (request == abi::bind_iommufd) {
      auto& bind = at<abi::BindIommufd>(argument);
      const auto iommufd = open_.find(bind.iommufd);
      // As vfio_df_open: a device is open through one descriptor only.
      const bool taken = std::any_of(bound.begin(), bound.end(),
                                     [&](const auto& one) { return open_.at(one.first).path == open_.at(fd).path; });
      if (bind.argsz != sizeof bind || bind.flags != 0 || bound.contains(fd)) {
        return -EINVAL;
      }
      if (iommufd == open_.end() || iommufd->second.kind != Kind::iommufd) {
        return iommufd == open_.end() ? -EBADF : -EBADFD;
      }
      if (taken) {
        return -EINVAL;
      }
      bind.out_devid = 40;
      bound.emplace(fd, bind.iommufd);
      return 0;
    }
    if (!bound.contains(fd)) {
      return -EINVAL;
    }
    if (request == abi::attach_page_table) {
      auto& attach = at<abi::AttachPageTable>(argument);
      if (attach.argsz != sizeof attach || attach.flags != 0) {
        return -EINVAL;
      }
      if (std::find(ioases.begin(), ioases.end(), attach.pt_id) == ioases.end()) {
        return -ENOENT;
      }
      attached[fd] = attach.pt_id;
      attach.pt_id = 77;  // the page table that the kernel chose
      return 0;
    }
    if (request == abi::detach_page_table) {
      attached.erase(fd);
      return 0;
    }
    return device_ioctl(request, argument);
  }
  long wrong_node(unsigned long request) {
    misuses.push_back("ioctl of the wrong node: " + std::to_string(request));
    return -ENOTTY;
  }

  std::map<int, Opened> open_;
  int next_ = 100;
  std::map<std::size_t, int> numbered_;
  std::map<std::size_t, std::size_t> shortened_;
  std::vector<Scripted> scripted_;
};

/// The policy: a reference to the kernel of the test.
class FakeSys {
 public:
  explicit FakeSys(FakeKernel& kernel) : kernel_(&kernel) {}
  [[nodiscard]] long open(const char* path, int flags) const { return kernel_->open(path, flags); }
  [[nodiscard]] long close(int fd) const { return kernel_->close(fd); }
  [[nodiscard]] long read(int fd, void* buffer, std::size_t size) const { return kernel_->read(fd, buffer, size); }
  [[nodiscard]] long write(int fd, const void* data, std::size_t size) const { return kernel_->write(fd, data, size); }
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
  [[nodiscard]] long eventfd(int flags) const { return kernel_->eventfd(flags); }
  [[nodiscard]] long poll(pollfd& watched, int milliseconds) const { return kernel_->poll(watched, milliseconds); }

 private:
  FakeKernel* kernel_;
};

static_assert(devlock::linux_host::SystemCalls<FakeSys>);

}  // namespace fake

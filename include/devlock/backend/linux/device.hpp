// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// An open VFIO device. It keeps its group open, and that its container, in whatever order the handles go. While it is open, an
// unbind of the device waits; watch_unplug makes the kernel say so.
//
//   if (auto asked = device.unplug_requested(); asked && *asked) (void)device.close(context);
//
// Not checked: close in one thread during an operation in another; a Rundown of handles does that.
// Source: drivers/vfio/vfio_main.c, drivers/vfio/pci/vfio_pci_core.c, vfio_pci_intrs.c.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <linux/vfio.h>

#include "devlock/backend/linux/device_file.hpp"
#include "devlock/backend/linux/hot_reset.hpp"

namespace devlock::linux_host {

template <SystemCalls Sys>
class BasicGroup;

template <SystemCalls Sys>
class BasicDevice {
 public:
  /// An unbind waits for its end.
  using lifetime_class = vfio::open_device;

  /// Opens `address` in `group`, which has a container with an IOMMU; with the token of the VF owner if there is one.
  [[nodiscard]] static Result<BasicDevice> open(std::shared_ptr<GroupFile<Sys>> group, pci::Address address,
                                                const std::optional<vfio::Uuid>& token = std::nullopt) {
    auto file = open_in_group(std::move(group), address, token);
    if (!file) {
      return failure(std::move(file.error()));
    }
    return BasicDevice(std::move(*file));
  }
  /// The same of a mediated device: the group is its own.
  [[nodiscard]] static Result<BasicDevice> open(std::shared_ptr<GroupFile<Sys>> group, const vfio::Uuid& mdev) {
    auto file = open_in_group(std::move(group), mdev);
    if (!file) {
      return failure(std::move(file.error()));
    }
    return BasicDevice(std::move(*file));
  }
  /// For those that open devices; never null.
  explicit BasicDevice(std::unique_ptr<DeviceFile<Sys>> file) : file_(std::move(file)) {}

  /// All zero if the handle is closed, or the device a mediated one.
  [[nodiscard]] pci::Address address() const { return file_ == nullptr ? pci::Address{} : file_->address; }

  /// VFIO_DEVICE_RESET. Waits for memory_lock. Tries the lock of the device and never waits for it: EAGAIN while somebody has it.
  [[nodiscard]] Result<void> reset([[maybe_unused]] vfio::ContextFor<vfio::memory_lock> context)
      DEVLOCK_REQUIRES(context) {
    constexpr auto operation = Operation::reset_device;
    if (file_ == nullptr) {
      return closed_handle(operation, "device");
    }
    constexpr Meaning no_reset{EINVAL, "it has no function reset", "try a hot reset of its bus"};
    if ((file_->flags & VFIO_DEVICE_FLAGS_RESET) == 0U) {
      return failed(operation, EINVAL, {no_reset});
    }
    const long done = file_->descriptor.ioctl(VFIO_DEVICE_RESET);
    if (done < 0) {
      return failed(operation, -done,
                    {no_reset,
                     {EAGAIN, "its lock is taken: by an unbind that waits for this descriptor, or by another reset",
                      "if its unplug was asked for, close it; else try again"},
                     {ENOTTY, "its reset methods all failed", "see the kernel log (dmesg)"}});
    }
    return {};
  }

  /// Asks the kernel to say when somebody wants the device back. Again is no error.
  [[nodiscard]] Result<void> watch_unplug([[maybe_unused]] vfio::ContextFor<vfio::igate> context)
      DEVLOCK_REQUIRES(context) {
    constexpr auto operation = Operation::watch_unplug;
    if (file_ == nullptr) {
      return closed_handle(operation, "device");
    }
    if (file_->unplug) {
      return {};
    }
    const Sys& sys = file_->descriptor.sys();
    const long made = uninterrupted([&] { return sys.eventfd(EFD_CLOEXEC | EFD_NONBLOCK); });
    if (made < 0) {
      return failed(operation, -made, {{EMFILE, "no descriptor is left for the event", "raise the limit: ulimit -n"}});
    }
    Descriptor<Sys> event(sys, made);
    // struct vfio_irq_set ends in a flexible array; here it has one element, the descriptor.
    struct Request {
      alignas(vfio_irq_set) std::array<std::byte, sizeof(vfio_irq_set) + sizeof(std::int32_t)> bytes{};
    } request;
    vfio_irq_set head{};
    head.argsz = sizeof request.bytes;
    head.flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
    head.index = VFIO_PCI_REQ_IRQ_INDEX;
    head.start = 0;
    head.count = 1;
    const std::int32_t fd = event.get();
    std::memcpy(request.bytes.data(), &head, sizeof head);
    std::memcpy(request.bytes.data() + offsetof(vfio_irq_set, data), &fd, sizeof fd);
    if (const long done = file_->descriptor.ioctl(VFIO_DEVICE_SET_IRQS, pointer_argument(request)); done < 0) {
      return failed(
          operation, -done,
          {{EINVAL, "its driver does not announce an unplug", "look at the driver link of the device instead"},
           {ENOTTY, "its driver does not announce an unplug", "look at the driver link of the device instead"}});
    }
    file_->unplug = std::move(event);
    return {};
  }

  /// The functions that a hot reset affects, if they are no more than `room`; errors as hot_reset_list.
  [[nodiscard]] Result<std::vector<AffectedFunction>> hot_reset_info(
      [[maybe_unused]] vfio::ContextFor<vfio::dev_set_lock> context, std::size_t room = every_function)
      DEVLOCK_REQUIRES(context) {
    if (file_ == nullptr) {
      return closed_handle(Operation::hot_reset_info, "device");
    }
    auto list = hot_reset_list(file_->descriptor, file_->address, room);
    if (!list) {
      return failure(std::move(list.error()));
    }
    std::vector<AffectedFunction> all;
    for (const HotResetList::Entry& one : list->entries) {
      all.push_back({one.address, one.number});
    }
    return all;
  }
  /// VFIO_DEVICE_PCI_HOT_RESET of all that hot_reset_info lists; the groups prove that all of it is the caller's. EINVAL, not
  /// owned: the reason names the function that is not. EBUSY: the memory_lock of one of them is taken. EAGAIN: the device_lock
  /// of the bridge or of one is. Waits for dev_set_lock, and for the memory_lock of a device of the set that is not open.
  [[nodiscard]] Result<void> hot_reset([[maybe_unused]] vfio::ContextFor<vfio::dev_set_lock> context,
                                       std::span<BasicGroup<Sys>* const> groups) DEVLOCK_REQUIRES(context) {
    constexpr auto operation = Operation::hot_reset;
    if (file_ == nullptr) {
      return closed_handle(operation, "device");
    }
    std::vector<std::int32_t> descriptors;
    for (const BasicGroup<Sys>* group : groups) {
      descriptors.push_back(group->native());  // -1 if it is closed: the kernel counts them before it looks at them
    }
    if (groups.empty()) {
      return failed(operation, EINVAL,
                    {{EINVAL, "no group is named", "name the open group of each function that is affected"}});
    }
    const long done = linux_host::hot_reset(file_->descriptor, std::span<const std::int32_t>(descriptors));
    if (done == 0) {
      return {};
    }
    const auto is_open = [](const BasicGroup<Sys>* group) { return group->native() >= 0; };
    const bool all_open = std::all_of(groups.begin(), groups.end(), is_open);
    if (done == -EBADF && !all_open) {
      return closed_handle(operation, "group");
    }
    Error error = hot_reset_error(file_->address, static_cast<int>(-done));
    if (done == -EINVAL && all_open) {
      if (auto affected = hot_reset_info(context.again())) {
        groups.front()->say_what_is_not_owned(error, *affected, groups);
      }
    }
    return failure(std::move(error));
  }

  /// As the owner of a physical function: its virtual ones open with this token alone from here on. ENOTTY: it has none. Waits
  /// for a lock of the device that is held around nothing else.
  [[nodiscard]] Result<void> set_vf_token(const vfio::Uuid& token) {
    constexpr auto operation = Operation::set_vf_token;
    if (file_ == nullptr) {
      return closed_handle(operation, "device");
    }
    // struct vfio_device_feature and the 16 bytes that follow it.
    struct {
      std::uint32_t argsz;
      std::uint32_t flags;
      std::array<std::uint8_t, 16> uuid;
    } request{sizeof request, VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_PCI_VF_TOKEN, token.bytes};
    static_assert(sizeof request == sizeof(vfio_device_feature) + sizeof token.bytes);
    if (const long done = file_->descriptor.ioctl(VFIO_DEVICE_FEATURE, pointer_argument(request)); done < 0) {
      return failed(operation, -done, {{ENOTTY, "it has no virtual functions, or its driver no tokens", ""}});
    }
    return {};
  }

  /// Has somebody asked for the device since watch_unplug? Never waits, and once true stays true.
  [[nodiscard]] Result<bool> unplug_requested() {
    constexpr auto operation = Operation::watch_unplug;
    if (file_ == nullptr) {
      return closed_handle(operation, "device");
    }
    if (!file_->unplug) {
      return failure(make_error(operation, file_->name(), EINVAL, "nobody asked to be told of an unplug",
                                "watch_unplug comes first"));
    }
    pollfd watched{file_->unplug.get(), POLLIN, 0};
    const Sys& sys = file_->descriptor.sys();
    const long ready = uninterrupted([&] { return sys.poll(watched, 0); });
    if (ready < 0) {
      return failed(operation, -ready, {});
    }
    if (ready > 0 && (watched.revents & POLLIN) == 0) {
      return failed(operation, EBADF, {{EBADF, "the descriptor of the event was closed by somebody else", ""}});
    }
    return ready > 0;
  }

  /// Closes it. An unbind that waited goes on. The handle is closed whatever this returns.
  [[nodiscard]] Result<void> close([[maybe_unused]] vfio::ContextFor<vfio::group_lock> context)
      DEVLOCK_REQUIRES(context) {
    constexpr auto operation = Operation::close_device;
    if (file_ == nullptr) {
      return closed_handle(operation, "device");
    }
    const auto file = std::move(file_);
    if (const int error_number = file->descriptor.close(); error_number != 0) {
      return failure(explain(operation, file->name(), error_number));
    }
    return {};
  }

  /// The descriptor, for regions and interrupts; -1 if the handle is closed. It stays this handle's.
  [[nodiscard]] int native() const { return file_ == nullptr ? -1 : file_->descriptor.get(); }
  /// A descriptor to poll for POLLIN: readable once an unplug was asked for; -1 before watch_unplug. Do not read it.
  [[nodiscard]] int unplug_event() const { return file_ == nullptr ? -1 : file_->unplug.get(); }

 protected:
  // For devices that are opened otherwise.
  [[nodiscard]] Failure failed(Operation operation, long error_number, std::initializer_list<Meaning> known) const {
    return failure(explain(operation, file_->name(), static_cast<int>(error_number), known));
  }

  std::unique_ptr<DeviceFile<Sys>> file_;
};

}  // namespace devlock::linux_host

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The two ioctls of a hot reset, as they cross the kernel's boundary: the list of the functions that it affects, and the reset with
// the descriptors that prove what the caller owns. The list is not believed: a count beyond the room that the kernel was given, a
// size that changed, a list without the device itself is an error (EIO), and a list that grows each time it is asked for ends.
// Not checked: that the list is still true when the reset begins; backend/hot_reset.hpp asks again under the caller's locks.
// Source: vfio_pci_ioctl_get_pci_hot_reset_info, vfio_pci_dev_set_hot_reset in drivers/vfio/pci/vfio_pci_core.c.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include <linux/vfio.h>

#include "devlock/backend/concept.hpp"
#include "devlock/backend/linux/descriptor.hpp"
#include "devlock/backend/linux/explain.hpp"

namespace devlock::linux_host {

/// What the kernel answers. Through a group the numbers are those of IOMMU groups; through a cdev they are ids of an iommufd.
struct HotResetList {
  struct Entry {
    pci::Address address;
    std::int32_t number;
    friend bool operator==(const Entry&, const Entry&) = default;
  };
  static constexpr std::uint32_t by_id = 1U << 0U;      // VFIO_PCI_HOT_RESET_FLAG_DEV_ID
  static constexpr std::uint32_t all_owned = 1U << 1U;  // VFIO_PCI_HOT_RESET_FLAG_DEV_ID_OWNED
  std::uint32_t flags = 0;
  std::vector<Entry> entries;
  friend bool operator==(const HotResetList&, const HotResetList&) = default;
};

namespace detail {
// vfio_pci_hot_reset_info and vfio_pci_hot_reset without the elements that follow them.
struct HotResetHead {
  std::uint32_t argsz;
  std::uint32_t flags;
  std::uint32_t count;
};
static_assert(sizeof(HotResetHead) == sizeof(vfio_pci_hot_reset_info) &&
              sizeof(HotResetHead) == sizeof(vfio_pci_hot_reset));
static_assert(sizeof(vfio_pci_dependent_device) == 8);

/// That head, and `PerElement` words for each element.
template <std::size_t PerElement>
class HotResetWords {
 public:
  HotResetWords(std::uint32_t count, std::size_t elements) : words_(head_size + PerElement * elements) {
    const HotResetHead head{static_cast<std::uint32_t>(words_.size() * sizeof(std::uint32_t)), 0, count};
    std::memcpy(words_.data(), &head, sizeof head);
  }
  [[nodiscard]] HotResetHead head() const {
    HotResetHead head{};
    std::memcpy(&head, words_.data(), sizeof head);
    return head;
  }
  [[nodiscard]] std::uint32_t* element(std::size_t place) { return words_.data() + head_size + PerElement * place; }
  [[nodiscard]] std::uintptr_t argument() { return reinterpret_cast<std::uintptr_t>(words_.data()); }

 private:
  static constexpr std::size_t head_size = sizeof(HotResetHead) / sizeof(std::uint32_t);
  std::vector<std::uint32_t> words_;
};
}  // namespace detail

/// The functions that a hot reset of `device`, which is at `address`, affects, in the kernel's order, if they are no more than
/// `room`. ENOSPC: they are more. EAGAIN: they changed while they were listed. ENODEV: neither its bus nor its slot can be
/// reset. Waits for dev_set_lock. The kernel's list has 16 bits for a domain; the upper ones are those of `address`.
template <SystemCalls Sys>
[[nodiscard]] Result<HotResetList> hot_reset_list(const Descriptor<Sys>& device, pci::Address address,
                                                  std::size_t room) {
  constexpr auto operation = Operation::hot_reset_info;
  constexpr unsigned most_questions = 4;
  const auto fail = [&](int error_number, std::string reason, std::string remedy = {}) {
    return failure(make_error(operation, to_string(address), error_number, std::move(reason), std::move(remedy)));
  };
  room = std::min(room, every_function);
  std::size_t capacity = std::min<std::size_t>(room, 8);
  for (unsigned question = 0; question != most_questions; ++question) {
    detail::HotResetWords<2> request(0, capacity);
    const std::uint32_t size = request.head().argsz;
    const long done = device.ioctl(VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, request.argument());
    const detail::HotResetHead head = request.head();
    if (done < 0 && done != -ENOSPC) {
      return failure(explain(operation, to_string(address), static_cast<int>(-done),
                             {{ENODEV, "neither its bus nor its slot can be reset", "reset the function"},
                              {EAGAIN, "the functions changed while they were listed", "ask again"},
                              {ENOTTY, "its driver has no hot reset", "reset the function"}}));
    }
    const std::string count = std::to_string(head.count);
    if (done > 0 || head.argsz != size || (done == 0) != (head.count <= capacity) || head.count > every_function) {
      return fail(EIO, "the kernel's list does not hold together: " + count + " functions where " +
                           std::to_string(capacity) + " have room");
    }
    if (done == -ENOSPC) {
      if (head.count > room) {
        return fail(ENOSPC, "the reset affects " + count + " functions", "ask again with room for them");
      }
      capacity = head.count;
      continue;
    }
    HotResetList list;
    list.flags = head.flags;
    for (std::size_t place = 0; place != head.count; ++place) {
      vfio_pci_dependent_device one{};
      std::memcpy(&one, request.element(place), sizeof one);
      const auto devfn = static_cast<unsigned>(one.devfn);
      list.entries.push_back({{(address.domain & ~0xffffU) | one.segment, one.bus,
                               static_cast<std::uint8_t>(devfn >> 3U), static_cast<std::uint8_t>(devfn & 7U)},
                              static_cast<std::int32_t>(one.group_id)});
    }
    if (std::none_of(list.entries.begin(), list.entries.end(),
                     [&](const auto& one) { return one.address == address; })) {
      return fail(EIO, "the kernel's list of " + count + " functions lacks the device itself");
    }
    return list;
  }
  return fail(EAGAIN, "the list grew each time it was asked for", "ask again once the hotplug is over");
}

/// VFIO_DEVICE_PCI_HOT_RESET with these descriptors of groups; none in the cdev form. 0, or the negative errno.
template <SystemCalls Sys>
[[nodiscard]] long hot_reset(const Descriptor<Sys>& device, std::span<const std::int32_t> groups) {
  detail::HotResetWords<1> request(static_cast<std::uint32_t>(groups.size()), groups.size());
  for (std::size_t place = 0; place != groups.size(); ++place) {
    std::memcpy(request.element(place), &groups[place], sizeof groups[place]);
  }
  return device.ioctl(VFIO_DEVICE_PCI_HOT_RESET, request.argument());
}

/// The error of a hot reset, except for what EINVAL is about.
[[nodiscard]] inline Error hot_reset_error(pci::Address address, int error_number) {
  return explain(
      Operation::hot_reset, to_string(address), error_number,
      {{EINVAL, "a function that the reset affects is not the caller's", "open the group of each, and name them all"},
       {EBUSY, "the memory_lock of a device that it affects is taken: somebody accesses or maps it",
        "try again once that access is done"},
       {EAGAIN, "the device_lock of the bridge or of a function that it affects is taken",
        "try again once that operation is done"},
       {ENODEV, "neither its bus nor its slot can be reset", "reset the function"},
       {ENOTTY, "the bridge above cannot reset its bus, or the bus did not come back", "see the kernel log (dmesg)"},
       {EBADF, "the descriptor of a group was closed by somebody else", "open it again"}});
}

}  // namespace devlock::linux_host

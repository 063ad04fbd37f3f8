// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What sysfs makes of the text that is written to an attribute of a simulated function: a number as the kernel reads it, and the
// answer to one that is none. The operations themselves are the host's.
//
//   sim::Sysfs sysfs(host);
//   sysfs.reset(root, address, "1\n");
//
// Not checked: file modes; who writes here may write.
// Source: reset_store, reset_subordinate_store, remove_store, rescan_store, sriov_numvfs_store in drivers/pci; kstrtoul.
#pragma once

#include <optional>
#include <string_view>

#include "devlock/backend/sim/hotplug.hpp"

namespace devlock::sim {

/// As kstrtoul with base 0: decimal, 0x hexadecimal or 0 octal, a plus sign and one final newline allowed. Empty for anything else.
constexpr std::optional<unsigned long> parse_attribute(std::string_view text) {
  if (text.ends_with('\n')) {
    text.remove_suffix(1);
  }
  if (text.starts_with('+')) {
    text.remove_prefix(1);
  }
  int base = 10;
  if (text.size() > 2 && (text.starts_with("0x") || text.starts_with("0X"))) {
    base = 16;
    text.remove_prefix(2);
  } else if (text.size() > 1 && text.starts_with('0')) {
    base = 8;
    text.remove_prefix(1);
  }
  unsigned long value = 0;
  for (const char c : text) {
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : base;
    const auto wide = static_cast<unsigned long>(base);
    if (digit >= base || value > (~0UL - static_cast<unsigned long>(digit)) / wide) {
      return std::nullopt;
    }
    value = value * wide + static_cast<unsigned long>(digit);
  }
  return text.empty() ? std::nullopt : std::optional(value);
}

template <Sync S>
class Sysfs {
 public:
  explicit Sysfs(BasicHost<S>& host) : host_(host) {}

  /// `reset`. EINVAL: not 1. ENOTTY: no reset that does. Waits.
  [[nodiscard]] Result<void> reset(vfio::ContextFor<vfio::device_lock> context, pci::Address address,
                                   std::string_view text) DEVLOCK_REQUIRES(context) {
    if (parse_attribute(text) != 1UL) {
      return failure(no_number(Operation::reset_function, address, "write 1"));
    }
    return host_.reset_function(context.again(), address);
  }
  /// `reset_subordinate` of a bridge; 0 does nothing. EPERM: no privilege, whatever the text is. EINVAL: no number. ENOTTY, EAGAIN: as
  /// try_reset_bus. Never waits.
  [[nodiscard]] Result<void> reset_subordinate(pci::Address bridge, std::string_view text) {
    if (!host_.machine().privileged()) {
      return failure(make_error(Operation::reset_bus, pci::to_string(bridge), EPERM, "a bus reset needs a privilege",
                                "write with CAP_SYS_ADMIN"));
    }
    const auto value = parse_attribute(text);
    if (!value) {
      return failure(no_number(Operation::reset_bus, bridge, "write 1"));
    }
    return *value == 0UL ? Result<void>() : host_.try_reset_bus(bridge);
  }
  /// `sriov_numvfs`. EINVAL: no number. The rest is Hotplug::set_num_vfs.
  [[nodiscard]] Result<void> sriov_numvfs(vfio::ContextFor<vfio::rescan_remove_lock> context, pci::Address address,
                                          std::string_view text) DEVLOCK_REQUIRES(context) {
    const auto value = parse_attribute(text);
    if (!value || *value > 0xffffUL) {
      return failure(no_number(Operation::set_virtual_functions, address, "write how many there shall be"));
    }
    return Hotplug<S>(host_).set_num_vfs(context.again(), address, static_cast<unsigned>(*value));
  }
  /// `remove`; 0 does nothing. EINVAL: no number. ENOENT: no such function. Waits.
  [[nodiscard]] Result<void> remove(vfio::ContextFor<vfio::rescan_remove_lock> context, pci::Address address,
                                    std::string_view text) DEVLOCK_REQUIRES(context) {
    const auto value = parse_attribute(text);
    if (!value) {
      return failure(no_number(Operation::remove_function, address, "write 1"));
    }
    return *value == 0UL ? Result<void>() : Hotplug<S>(host_).remove(context.again(), address);
  }

 private:
  static Error no_number(Operation operation, pci::Address address, const char* remedy) {
    return make_error(operation, pci::to_string(address), EINVAL, "this text is not taken", remedy);
  }

  BasicHost<S>& host_;
};

}  // namespace devlock::sim

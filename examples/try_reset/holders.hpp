// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Who has which VFIO file open, from the links in /proc/PID/fd: a group (/dev/vfio/12), a device by its own node
// (/dev/vfio/devices/vfio3), a device that came out of a group ("anon_inode:[vfio-device]"). Newer kernels say in fdinfo which
// device the last one is; for older ones it is that of the groups which the same process holds, and without one it is
// uncertain. Not seen: processes that this one may not look at (they are counted), and descriptors on their way through a
// socket.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "devlock/pci/address.hpp"

namespace try_reset {

/// Which VFIO files stand for the functions that are looked for.
struct Wanted {
  std::map<int, std::vector<devlock::pci::Address>> groups;
  std::map<std::string, devlock::pci::Address, std::less<>> nodes;  ///< vfio3
  std::vector<devlock::pci::Address> on_vfio;                       ///< those that a VFIO driver has
};

struct Holder {
  int pid = 0;
  std::string process;  ///< its name, printable
  int descriptor = 0;
  std::string object;                            ///< what the descriptor is, printable
  std::vector<devlock::pci::Address> functions;  ///< what it stands for
  bool certain = true;                           ///< else it may be another device
};

/// A thread that waits inside an unbind or a removal until every descriptor of a device is closed.
struct Waiter {
  int pid = 0;
  std::string process;
};

struct Holders {
  std::vector<Holder> all;
  unsigned unseen = 0;   ///< processes that this one may not look at
  bool no_proc = false;  ///< there is no procfs where it was looked for
};

[[nodiscard]] Holders find_holders(const std::string& proc, const Wanted& wanted);
[[nodiscard]] std::vector<Waiter> find_waiters(const std::string& proc);

/// The group of "/dev/vfio/12" and "/dev/vfio/noiommu-12"; -1 if it is neither.
[[nodiscard]] int group_of_link(std::string_view link);
/// The node's name of "/dev/vfio/devices/vfio3"; empty if it is none.
[[nodiscard]] std::string_view node_of_link(std::string_view link);
/// The function that "vfio-device-syspath: /sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0" in fdinfo ends in.
[[nodiscard]] std::string_view device_of_fdinfo(std::string_view text);

}  // namespace try_reset

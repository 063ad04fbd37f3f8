// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What the reset threads share with the owner: the open device, behind a rundown, so that it is closed only after the last of
// them left; the process's own lock of the group's record; and the locks that one reset needs.
#pragma once

#include <mutex>

#include "devlock/lock/ordered.hpp"
#include "devlock/lock/rundown.hpp"
#include "vfio_reset.hpp"

namespace passthrough {

using GroupRecordLock = devlock::Ordered<devlock::vfio::group_lock, std::mutex>;
using Users = devlock::Rundown<devlock::StdSync, devlock::vfio::VfioOrder, devlock::vfio::open_device>;

template <devlock::OpenDevice Device>
struct Session {
  Device& device;
  DeviceLock& lock;    ///< of this process: its threads' resets exclude each other, the kernel's lock is its own
  const Scope& scope;  ///< the function and the bridge above it
  GroupRecordLock& record;
  Users users{};
};

}  // namespace passthrough

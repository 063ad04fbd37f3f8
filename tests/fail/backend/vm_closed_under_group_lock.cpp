// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The end of a VM closes the groups that only the VM kept open, and each of them waits for its group_lock.
// EXPECT: same_class_held_already<
// EXPECT: group_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"

#include "devlock/backend/linux/host.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> record;

devlock::Result<void> end(devlock::linux_host::Host::Vm& vm) {
  ThreadContext root;
  devlock::Guard entry{root, record};
  return vm.close(entry);
}

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A VM that is made here is destroyed here, and its destructor waits for what its end waits for.
// EXPECT: lock_order_inversion<
// EXPECT: group_lock
// EXPECT: kvm_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"

#include "devlock/backend/linux/host.hpp"

using namespace devlock::vfio;

devlock::Ordered<kvm_lock, std::mutex> machines;

bool works(devlock::linux_host::Host& host) {
  ThreadContext root;
  devlock::Guard list{root, machines};
  return host.create_vm(list).has_value();
}

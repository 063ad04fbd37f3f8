// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// It is made with nothing held.
#include <mutex>

#include "devlock/devlock.hpp"

#include "devlock/backend/linux/host.hpp"

using namespace devlock::vfio;

devlock::Ordered<kvm_lock, std::mutex> machines;

bool works(devlock::linux_host::Host& host) {
  ThreadContext root;
  const bool made = host.create_vm(root).has_value();
  devlock::Guard list{root, machines};
  return made;
}

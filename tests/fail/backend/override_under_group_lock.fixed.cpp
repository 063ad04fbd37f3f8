// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The driver can be told without a wait.
#include <mutex>

#include "devlock/devlock.hpp"

#include "devlock/backend/linux/host.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> record;

bool is_lent(devlock::linux_host::Host& host, devlock::pci::Address address) {
  ThreadContext root;
  devlock::Guard entry{root, record};
  const auto info = host.device(address);
  return info && info->driver == "vfio-pci";
}

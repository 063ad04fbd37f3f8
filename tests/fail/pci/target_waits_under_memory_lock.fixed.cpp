// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Under what precedes memory_lock the target may wait for it.
#include <mutex>

#include "devlock/lock/ordered.hpp"
#include "devlock/order/guard.hpp"
#include "devlock/pci/reset.hpp"
#include "devlock/vfio/order.hpp"

using namespace devlock::vfio;

class Lock : public devlock::Ordered<device_lock, std::mutex> {
 public:
  devlock::DeviceLife life() const { return devlock::DeviceLife::live; }
};
using Scope = devlock::pci::ResetScope<Lock>;

struct Kernel {
  devlock::Result<void> check(const Scope&) { return {}; }
  devlock::Result<void> save(devlock::pci::Address) { return {}; }
  devlock::Result<void> reset(ContextFor<memory_lock>, const Scope&) { return {}; }
  devlock::Result<void> restore(devlock::pci::Address) { return {}; }
};

devlock::Ordered<igate, std::mutex> held;

devlock::Result<void> reset_now(Kernel& target, const Scope& scope) {
  ThreadContext root;
  devlock::Guard outer{root, held};
  return devlock::pci::try_reset(outer, target, scope);
}

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The scope is tried, but the target's own reset waits for memory_lock, which is held.
// EXPECT: same_class_held_already<
// EXPECT: memory_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
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

devlock::Ordered<memory_lock, std::mutex> held;

devlock::Result<void> reset_now(Kernel& target, const Scope& scope) {
  ThreadContext root;
  devlock::Guard outer{root, held};
  return devlock::pci::try_reset(outer, target, scope);
}

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The reset that tries compiles.
#include <mutex>

#include "devlock/devlock.hpp"
#include "devlock/pci/reset.hpp"
#include "devlock/sync/std.hpp"

using namespace devlock::vfio;
using Device = devlock::DeviceLock<devlock::StdSync>;

struct Session {
  using lifetime_class = open_device;
};

struct Nothing {
  devlock::Result<void> check(const devlock::pci::ResetScope<Device>&) { return {}; }
  devlock::Result<void> save(devlock::pci::Address) { return {}; }
  devlock::Result<void> reset(const devlock::pci::ResetScope<Device>&) { return {}; }
  devlock::Result<void> restore(devlock::pci::Address) { return {}; }
};

devlock::Result<void> reset_now(Session& session, Nothing& target, const devlock::pci::ResetScope<Device>& scope) {
  ThreadContext root;
  devlock::Through through{root, session};
  return devlock::pci::try_reset(through, target, scope);
}

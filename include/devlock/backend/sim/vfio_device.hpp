// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A function registered with VFIO: from vfio-pci's probe to the end of its remove. `users` counts open descriptors; remove closes it
// and waits. The device set is what resets together, and its lock orders open and close.
// Not checked: interrupts and regions; there are none in this host.
// Source: drivers/vfio/vfio_main.c, drivers/vfio/pci/vfio_pci_core.c.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "devlock/backend/sim/gauge.hpp"
#include "devlock/backend/sim/vm_state.hpp"
#include "devlock/lock/ordered.hpp"
#include "devlock/lock/rundown.hpp"
#include "devlock/order/guard.hpp"
#include "devlock/vfio/device_opens.hpp"
#include "devlock/vfio/order.hpp"

namespace devlock::sim {

template <Sync S>
struct Function;
template <Sync S>
struct VfioGroup;
template <Sync S>
class VfioDevice;

/// The functions on one bus, or a function on a root bus or a virtual one alone.
template <Sync S>
struct DeviceSet {
  Ordered<vfio::dev_set_lock, typename S::mutex> lock;
  std::vector<std::weak_ptr<VfioDevice<S>>> devices;  // registered ones, in that order; guarded by lock
  Gauge<S> waits_for_lock;  // hot resets and their questions that are about to wait for, or wait for, the lock

  void add(vfio::ContextFor<vfio::dev_set_lock> context, const std::shared_ptr<VfioDevice<S>>& device)
      DEVLOCK_REQUIRES(context) {
    Guard guard{context, lock};
    devices.push_back(device);
  }
  void remove(vfio::ContextFor<vfio::dev_set_lock> context, const VfioDevice<S>& device) DEVLOCK_REQUIRES(context) {
    Guard guard{context, lock};
    std::erase_if(devices, [&](const auto& one) { return one.lock().get() == &device; });
  }
};

template <Sync S>
class VfioDevice {
 public:
  using Users = Rundown<S, vfio::VfioOrder, vfio::open_device>;

  VfioDevice(Function<S>& of, std::shared_ptr<VfioGroup<S>> in) : function(of), group(std::move(in)) {}

  Function<S>& function;
  std::shared_ptr<VfioGroup<S>> group;
  Users users;
  Ordered<vfio::memory_lock, typename S::mutex> memory_lock;
  Ordered<vfio::igate, typename S::mutex> igate;
  vfio::DeviceOpens<S, VmState<S>> opens;  // and the VM that it has meanwhile; guarded by the device set's lock
  typename S::template var<bool> reset_works{false};  // written by the first open, before there is a descriptor
  typename S::template var<bool> needs_reset{false};  // closed, and no reset worked; guarded by the device set's lock
  Gauge<S> waits_to_wake;                             // whoever waits for memory_lock to wake this device

  /// Out of low power, in which a device is that nobody has open. Source: vfio_pci_core_runtime_resume.
  void resume(vfio::ContextFor<vfio::memory_lock> context) DEVLOCK_REQUIRES(context) {
    const auto inside = resumes_.enter();
    wake(context.again());
  }
  /// The last close does so too, of a device that is awake. Source: vfio_pci_runtime_pm_exit.
  void wake(vfio::ContextFor<vfio::memory_lock> context) DEVLOCK_REQUIRES(context) {
    auto waiting = waits_to_wake.enter();
    Guard awake{context, memory_lock};
  }
  /// Resumes it unless it is open, or waits for whoever resumes it already: pm_runtime_get_sync.
  void wake_unless_open(vfio::ContextFor<vfio::memory_lock> context) DEVLOCK_REQUIRES(context) {
    if (users.users() == 0U || resumes_.value() != 0U) {
      resume(context.again());
    }
  }
  /// The driver core asks for the device back. Tells those who watch. The kernel repeats it every 10 s.
  void request(vfio::ContextFor<vfio::igate> context) DEVLOCK_REQUIRES(context) {
    Guard guard{context, igate};
    requested_.set(true);
    raise();
  }
  /// Somebody wants to be told, from now on; at once if it was asked for before.
  void watch(vfio::ContextFor<vfio::igate> context) DEVLOCK_REQUIRES(context) {
    Guard guard{context, igate};
    watched_.set(true);
    raise();
  }
  /// Was a watcher told? Never waits.
  [[nodiscard]] bool told() const { return told_.load(std::memory_order_acquire) != 0U; }  // pairs with raise()

 private:
  void raise() {
    if (requested_.get() && watched_.get()) {
      told_.store(1U, std::memory_order_release);  // pairs with told()
    }
  }

  Gauge<S> resumes_;                                 // whoever is about to bring it out of low power
  typename S::template var<bool> requested_{false};  // guarded by igate
  typename S::template var<bool> watched_{false};    // guarded by igate
  typename S::template atomic<unsigned> told_{0U};
};

}  // namespace devlock::sim

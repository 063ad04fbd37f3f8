// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A PCI function of the host: what it is, and what changes about it. The driver is written under the device lock and may be read
// without it, as dev->driver; the VFIO device is reached under the device lock, or through its group's list.
// Not checked: that a driver read without the lock is still bound.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "devlock/backend/sim/blueprint.hpp"
#include "devlock/backend/sim/config_space.hpp"
#include "devlock/backend/sim/gauge.hpp"
#include "devlock/backend/sim/vfio_device.hpp"
#include "devlock/lock/device_lock.hpp"
#include "devlock/pci/topology.hpp"

namespace devlock::sim {

template <Sync S>
struct IommuGroup;

template <Sync S>
struct Function {
  using Tree = pci::Topology<DeviceLock<S>>;

  Function(const FunctionSpec& s, typename Tree::Node& n, DeviceSet<S>& d) : spec(s), node(&n), device_set(&d) {}

  const FunctionSpec spec;
  typename Tree::Node* const node;
  DeviceSet<S>* const device_set;
  IommuGroup<S>* group = nullptr;  // set before the function can be found
  Function* physical = nullptr;    // of a virtual function: whose it is; set as that
  bool resettable = false;         // had a way to be reset when it came: it has `reset` and `reset_method`; set as that

  Registers<S> registers;
  std::shared_ptr<VfioDevice<S>> vfio;  // guarded by the device lock
  std::vector<Function*> virtuals;      // guarded by the device lock
  Gauge<S> waits_for_lock;              // threads that are about to wait for, or wait for, the device lock
  Gauge<S> waits_for_users;             // a remove that waits for open descriptors

  [[nodiscard]] pci::Address address() const { return spec.address; }
  [[nodiscard]] DeviceLock<S>& lock() const { return node->lock; }

  /// Place in the host's list of drivers, from 1; 0 if none is bound.
  [[nodiscard]] unsigned driver() const {
    return driver_.load(std::memory_order_acquire) & ~unlinked;
  }  // pairs with set_driver()
  /// The same as sysfs shows it: 0 from the start of an unbind on, while that waits too. Source: driver_sysfs_remove in
  /// drivers/base/dd.c.
  [[nodiscard]] unsigned linked_driver() const {
    const unsigned word = driver_.load(std::memory_order_acquire);  // pairs with set_driver() and unlink_driver()
    return (word & unlinked) != 0U ? 0U : word;
  }
  void set_driver(unsigned place) { driver_.store(place, std::memory_order_release); }  // pairs with driver()
  /// Call it with the device lock held.
  void unlink_driver() { driver_.store(driver() | unlinked, std::memory_order_release); }  // pairs with linked_driver()

  [[nodiscard]] std::string driver_override() const {
    return override_leaf_.with([this]() -> std::string { return override_; });
  }
  void set_driver_override(std::string name) {
    override_leaf_.with([&] { override_ = std::move(name); });
  }
  /// Its `remove` goes with the first who writes it; true for that one alone. Source: device_remove_file_self in drivers/base/core.c.
  [[nodiscard]] bool ask_remove() {
    return !remove_asked_.exchange(true, std::memory_order_acq_rel);
  }  // pairs with itself
  /// It stays, because of a fault.
  void unask_remove() { remove_asked_.store(false, std::memory_order_release); }  // pairs with ask_remove()
  /// The ways to reset it that are tried now, in this order.
  [[nodiscard]] std::vector<pci::ResetMethod> methods() const {
    return methods_leaf_.with([this] { return methods_; });
  }
  void set_methods(std::vector<pci::ResetMethod> methods) {
    methods_leaf_.with([&] { methods_.swap(methods); });
  }

 private:
  static constexpr unsigned unlinked = 1U << 31U;
  typename S::template atomic<unsigned> driver_{0U};
  typename S::template atomic<bool> remove_asked_{false};
  Leaf<S> override_leaf_;  // a match reads it without the device lock, under which it is written
  std::string override_;   // guarded by override_leaf_
  Leaf<S> methods_leaf_;
  std::vector<pci::ResetMethod> methods_;  // guarded by methods_leaf_
};

}  // namespace devlock::sim

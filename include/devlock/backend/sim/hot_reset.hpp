// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A device set as vfio::hot_reset sees it in this host: the registered devices of the set, and the groups that the caller named. A
// device that is not open sleeps, and waking it waits for its memory_lock.
// Not checked: that dev_set_lock is held; the algorithm holds it.
// Source: vfio_pci_dev_set_resettable, vfio_pci_dev_set_pm_runtime_get in drivers/vfio/pci/vfio_pci_core.c.
#pragma once

#include <algorithm>

#include "devlock/backend/sim/machine.hpp"
#include "devlock/vfio/hot_reset.hpp"

namespace devlock::sim {

template <Sync S>
class HotResetSet {
 public:
  using MemoryLock = Ordered<vfio::memory_lock, typename S::mutex>;
  using Scope = pci::ResetScope<DeviceLock<S>>;

  HotResetSet(DeviceSet<S>& set, const Scope& scope, std::vector<const VfioGroup<S>*> groups)
      : set_(set), scope_(scope), groups_(std::move(groups)) {}

  auto& lock() {
    waiting_ = set_.waits_for_lock.enter();
    return set_.lock;
  }
  Result<void> list() {
    waiting_.leave();
    for (const auto& one : set_.devices) {
      if (auto device = one.lock()) {
        devices_.push_back(std::move(device));
      }
    }
    for (const pci::Address affected : scope_.affected()) {
      if (std::none_of(devices_.begin(), devices_.end(),
                       [&](const auto& device) { return device->function.address() == affected; })) {
        return failure(make_error(Operation::hot_reset, pci::to_string(affected), EINVAL,
                                  "the reset affects it and it is not bound to a VFIO driver", "bind it to vfio-pci"));
      }
    }
    return {};
  }
  Result<void> wake(vfio::ContextFor<vfio::memory_lock> context) DEVLOCK_REQUIRES(context) {
    for (const auto& device : devices_) {
      if (device->opens.count() == 0U) {
        device->resume(context.again());
      }
    }
    return {};
  }
  /// One of them needs a reset, and none is open but the one that closes. Source: vfio_pci_dev_set_needs_reset.
  [[nodiscard]] bool left_without_reset(const VfioDevice<S>& closing) const {
    bool needed = false;
    for (const auto& device : devices_) {
      if (device.get() != &closing && device->opens.count() != 0U) {
        return false;
      }
      needed = needed || device->needs_reset.get();
    }
    return needed;
  }
  void was_reset() {
    for (const auto& device : devices_) {
      device->needs_reset.set(false);
    }
  }
  [[nodiscard]] std::size_t size() const { return devices_.size(); }
  [[nodiscard]] pci::Address address(std::size_t place) const { return devices_[place]->function.address(); }
  [[nodiscard]] bool owned(std::size_t place) const {
    return std::find(groups_.begin(), groups_.end(), devices_[place]->group.get()) != groups_.end();
  }
  [[nodiscard]] MemoryLock& memory(std::size_t place) { return devices_[place]->memory_lock; }

 private:
  DeviceSet<S>& set_;
  const Scope& scope_;
  std::vector<const VfioGroup<S>*> groups_;
  std::vector<std::shared_ptr<VfioDevice<S>>> devices_;
  typename Gauge<S>::Inside waiting_;
};

}  // namespace devlock::sim

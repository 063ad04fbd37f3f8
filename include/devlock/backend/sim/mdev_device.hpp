// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A mediated device of the host and the group that it is alone in. The group dies with it: a descriptor of the group that is still open
// answers ENODEV then. An open descriptor of the device keeps its removal waiting.
// In a container such a group owns no DMA: the host's driver of its device pins pages itself. Not checked: pins; there are none here.
// Source: vfio_register_emulated_iommu_dev in drivers/vfio/vfio_main.c, drivers/vfio/group.c.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "devlock/backend/sim/container.hpp"
#include "devlock/backend/sim/gauge.hpp"
#include "devlock/backend/sim/mdev_instances.hpp"
#include "devlock/backend/sim/vfio_file.hpp"
#include "devlock/lock/rundown.hpp"
#include "devlock/vfio/device_opens.hpp"
#include "devlock/vfio/mdev.hpp"

namespace devlock::sim {

template <Sync S>
class MdevDevice;

template <Sync S>
struct MdevGroup {
  explicit MdevGroup(int number) : id(number) {}

  const int id;
  Ordered<vfio::group_lock, typename S::mutex> group_lock;
  typename S::template var<bool> opened{false};  // guarded by group_lock
  typename S::template var<unsigned> cdevs{0U};  // character devices that are bound; guarded by group_lock
  typename S::template var<bool> alive{true};    // guarded by group_lock
  Ordered<vfio::group_device_lock, typename S::mutex> device_lock;
  typename S::template var<MdevDevice<S>*> device{nullptr};  // guarded by device_lock
  std::shared_ptr<ContainerState<S>> container;              // guarded by group_lock
  typename S::template var<unsigned> container_users{0U};    // guarded by group_lock: 1, and one for each open device
  vfio::KvmPointer<S, VmState<S>> kvm;

  [[nodiscard]] std::string name() const { return "group " + std::to_string(id); }

  /// Leaves the container, if it has one. Call it with group_lock held.
  void detach_container(vfio::ContextFor<vfio::container_lock> context) DEVLOCK_REQUIRES(context) {
    if (container == nullptr) {
      return;
    }
    {
      Guard guard{context, container->lock};
      container->emulated.set(container->emulated.get() - 1U);
      if (container->empty()) {
        container->iommu_set.set(false);
      }
    }
    container.reset();
    container_users.set(0U);
  }
};

template <Sync S>
class MdevDevice : public vfio::Mdev<S> {
 public:
  using Users = Rundown<S, vfio::VfioOrder, vfio::open_device>;
  using vfio::Mdev<S>::Mdev;
  MdevDevice(const vfio::Uuid& name, MdevUse<S> uses_of_parent) : vfio::Mdev<S>(name), use(std::move(uses_of_parent)) {}

  const MdevUse<S> use;  // none if the parent's instances are counted for its driver
  Ordered<vfio::device_lock, typename S::mutex> device_lock;
  Users users;               // open descriptors
  Gauge<S> waits_for_users;  // a removal that waits for them
  Ordered<vfio::dev_set_lock, typename S::mutex> dev_set;
  vfio::DeviceOpens<S, VmState<S>> opens;  // guarded by dev_set
  std::shared_ptr<MdevGroup<S>> group;     // from its attachment on
};

}  // namespace devlock::sim

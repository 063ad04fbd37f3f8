// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The life of mediated devices: create and remove, as handlers of sysfs files, against the unregistering of their parent. One text for
// every host; the driver makes and ends the devices. After unregister there is no child and nobody is inside create or remove;
// available and live instances are the maximum on every path; a device is released once, and its uuid is its own until then.
//
//   vfio::MdevParent<StdSync, Driver> parent(list, driver, 4);
//   if (const int error_number = parent.create(context, uuid)) ...       // EEXIST, EUSERS, ENOMEM, ENODEV
//   parent.unregister(context);                                          // waits; a handler of its own cannot call it
//
// Two things differ from Linux 6.12, whose ways lose a device: the remove file appears last, and remove enters the gate before it
// takes its file away. Not checked: that unregister is called, once, before the end of the parent.
// Source: drivers/vfio/mdev/mdev_core.c, mdev_sysfs.c.
#pragma once

#include <cerrno>
#include <concepts>

#include "devlock/vfio/mdev.hpp"
#include "devlock/vfio/mdev_gate.hpp"

namespace devlock::vfio {

/// What makes and ends the devices. Errors are errnos, 0 for none; what fails has undone itself.
template <class D, class S, class Order>
concept MdevDriver = requires(D& driver, const Uuid& uuid, typename D::Device& device,
                              devlock::ContextFor<Order, device_lock> context) {
  requires std::derived_from<typename D::Device, Mdev<S, Order>>;
  { driver.allocate(uuid) } -> std::same_as<typename D::Device*>;  // null: no memory. Under mdev_list_lock
  { driver.name(device) } -> std::same_as<int>;                    // before anybody sees it
  { driver.attach(context, device) } -> std::same_as<int>;         // device_add and the driver's probe
  { driver.add_files(device) } -> std::same_as<int>;               // to a device that is attached
  driver.detach(context, device);                                  // waits for open descriptors
  driver.release(device);                                          // nobody has it any more
};

template <Sync S, class Driver, class Order = VfioOrder, class Gate = MdevGate<S, Order>>
requires MdevDriver<Driver, S, Order>
class MdevParent {
 public:
  using Device = typename Driver::Device;
  using List = MdevList<S, Order>;

  /// A parent that is registered: its create file is there. All three outlive it.
  MdevParent(List& list, Driver& driver, unsigned instances) : list_(&list), driver_(&driver), available_(instances) {}
  MdevParent(const MdevParent&) = delete;
  MdevParent& operator=(const MdevParent&) = delete;

  /// A write to the create file. ENODEV: the parent is leaving. EEXIST: a device of this uuid, of any parent, is not released yet.
  /// EUSERS: no instance is left. ENOMEM and the driver's own errors. Nothing is left of a creation that failed.
  /// `kind` is what the driver's allocate() wants to know beside the uuid, such as the type.
  template <class... Kind>
  [[nodiscard]] int create(devlock::ContextFor<Order, attribute> context, const Uuid& uuid, const Kind&... kind)
      DEVLOCK_REQUIRES(context) {
    auto handler = create_file_.enter();
    if (!handler) {
      return ENODEV;
    }
    const Through through{context, handler};
    Device* device = nullptr;
    if (const int error = reserve(through, uuid, device, kind...)) {
      return error;
    }
    int error = driver_->name(*device);
    if (error == 0 && !gate_.run(through, [&](const auto& inside) {
          inside.assume();
          error = this->add(inside, *device);
        })) {
      error = ENODEV;
    }
    if (error != 0) {
      put(through, *list_, *driver_, *device);
    }
    return error;
  }

  /// A write to the remove file; the caller has a reference to the device. Waits for its open descriptors. ENODEV: it is gone, or its
  /// parent is leaving and takes it along. EAGAIN: its creation is not over. Of two writers the loser gets success, once it is gone.
  [[nodiscard]] static int remove(devlock::ContextFor<Order, attribute> context, Device& device)
      DEVLOCK_REQUIRES(context) {
    auto handler = device.remove_file.enter();
    if (!handler) {
      return ENODEV;
    }
    MdevParent& parent = of(device);  // there while the handler is inside: unregister waits for that
    int error = ENODEV;
    typename Device::File::User removal;
    (void)parent.gate_.run(context, [&](const auto& inside) {
      inside.assume();
      {
        const Through through{inside, handler};
        error = parent.claim(through, device, removal);
      }
      handler.leave();  // its own file waits for the others only
      if (removal) {
        parent.take_away(inside, device);
      }
    });
    handler.leave();
    if (error == 0 && !removal) {
      device.removal.close(context.again());
    }
    return error;
  }

  /// Refuses creations and removals, waits for those inside, removes every device and the create file.
  void unregister(devlock::ContextFor<Order, unreg_sem> context) DEVLOCK_REQUIRES(context) {
    gate_.closed(context.again(), [this](const auto& inside) {
      inside.assume();
      while (Device* child = this->next_child(inside)) {
        this->take_away(inside, *child);
      }
      create_file_.close(inside);
      this->disown(inside);
    });
  }

  /// One reference less. The last one gives uuid and instance back.
  static void put(devlock::ContextFor<Order, mdev_list_lock> context, List& list, Driver& driver, Device& device)
      DEVLOCK_REQUIRES(context) {
    device.references.put(context.again(), [&](const auto& last) {
      last.assume();
      {
        Guard lock{last, list.lock};
        list.remove(device);
        if (device.parent.get() != nullptr) {
          MdevParent& parent = of(device);
          parent.available_.set(parent.available_.get() + 1U);
        }
      }
      driver.release(device);
    });
  }

  /// What available_instances says.
  [[nodiscard]] unsigned available(devlock::ContextFor<Order, mdev_list_lock> context) DEVLOCK_REQUIRES(context) {
    Guard lock{context, list_->lock};
    return available_.get();
  }

 protected:
  static MdevParent& of(const Device& device) {
    return *const_cast<MdevParent*>(static_cast<const MdevParent*>(device.parent.get()));
  }
  // The uuid and an instance, or neither.
  template <class... Kind>
  int reserve(devlock::ContextFor<Order, mdev_list_lock> context, const Uuid& uuid, Device*& device,
              const Kind&... kind) DEVLOCK_REQUIRES(context) {
    Guard lock{context, list_->lock};
    if (list_->find(uuid) != nullptr) {
      return EEXIST;
    }
    if (available_.get() == 0U) {
      return EUSERS;
    }
    device = driver_->allocate(uuid, kind...);
    if (device == nullptr) {
      return ENOMEM;
    }
    available_.set(available_.get() - 1U);
    device->parent.set(this);
    list_->add(*device);
    return 0;
  }
  // The rest of a creation, inside the gate.
  template <LockContext Inside>
  int add(const Inside& context, Device& device) DEVLOCK_REQUIRES(context) {
    int error = driver_->attach(context, device);
    if (error != 0) {
      return error;
    }
    become(context, device, MdevState::registered);
    error = driver_->add_files(device);
    if (error != 0) {
      become(context, device,
             MdevState::leaving);  // it is on the list until its last reference; nobody removes it again
      driver_->detach(context, device);
      return error;
    }
    Guard lock{context, list_->lock};
    device.state.set(MdevState::active);
    device.remove_file.reopen();
    return 0;
  }
  // The first of those who want to remove it gets `removal`.
  int claim(devlock::ContextFor<Order, mdev_list_lock> context, Device& device, typename Device::File::User& removal)
      DEVLOCK_REQUIRES(context) {
    Guard lock{context, list_->lock};
    switch (device.state.get()) {
      case MdevState::made:
      case MdevState::registered:
        return EAGAIN;
      case MdevState::leaving:
        return 0;
      case MdevState::active:
        break;
    }
    device.state.set(MdevState::leaving);
    removal = device.removal.enter();
    return 0;
  }
  // For whoever made it `leaving`.
  void take_away(devlock::ContextFor<Order, attribute> context, Device& device) DEVLOCK_REQUIRES(context) {
    device.remove_file.close(context.again());
    driver_->detach(context, device);
    put(context, *list_, *driver_, device);
  }
  void become(devlock::ContextFor<Order, mdev_list_lock> context, Device& device, MdevState state)
      DEVLOCK_REQUIRES(context) {
    Guard lock{context, list_->lock};
    device.state.set(state);
  }
  // A device that the driver core knows and nobody removes, which the caller removes from now on.
  Device* next_child(devlock::ContextFor<Order, mdev_list_lock> context) DEVLOCK_REQUIRES(context) {
    Guard lock{context, list_->lock};
    auto* child = list_->find_if([this](const auto& one) {
      return one.parent.get() == this &&
             (one.state.get() == MdevState::registered || one.state.get() == MdevState::active);
    });
    if (child != nullptr) {
      child->state.set(MdevState::leaving);
    }
    return static_cast<Device*>(child);
  }
  // References that outlive the parent do not lead to it, and their instances are nobody's.
  void disown(devlock::ContextFor<Order, mdev_list_lock> context) DEVLOCK_REQUIRES(context) {
    Guard lock{context, list_->lock};
    while (auto* left = list_->find_if([this](const auto& one) { return one.parent.get() == this; })) {
      left->parent.set(nullptr);
      available_.set(available_.get() + 1U);
    }
  }

  List* list_;
  Driver* driver_;
  Gate gate_;
  Rundown<S, Order, attribute> create_file_;
  typename S::template var<unsigned> available_;  // guarded by mdev_list_lock
};

}  // namespace devlock::vfio

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The vfio_ap driver: it has the queues that the masks leave to it, assigns them to mdevs, and keeps each guest's hardware at what
// is assigned and there. Three locks: guests_lock for the list of mdevs and their guests, kvm_lock of the guest that changes,
// mdevs_lock for the data.
//
//   matrix.assign(context, mdev, Dimension::adapter, 4);   // EADDRNOTAVAIL: the host's. EADDRINUSE: another mdev's. ENODEV: not there.
//   matrix.open(context, mdev, guest);
//
// What must always hold: a queue is in one mdev at most; what is assigned is not the host's, as seen under ap_perms_lock; what is in
// a shadow is assigned and vfio_ap's; a queue is out of the guest and reset before it leaves vfio_ap.
// Not checked: that an mdev and a guest outlive their use here.
// Source: drivers/s390/crypto/vfio_ap_ops.c of Linux 6.12.
#pragma once

#include "devlock/order/shared_guard.hpp"
#include "devlock/vfio/ap/assignments.hpp"
#include "devlock/vfio/ap/protocol.hpp"

namespace devlock::vfio::ap {

template <Sync S, class Protocol = AsLanded>
class MatrixDevice {
 public:
  using Mdev = ap::Mdev<S>;
  using Guest = ap::Guest<S>;
  using Queue = ap::Queue<S>;

  MatrixDevice(const QueueTable<S>& queues, Permissions<S>& permissions)
      : permissions_(permissions), assignments_(queues, permissions) {}
  MatrixDevice(const MatrixDevice&) = delete;
  MatrixDevice& operator=(const MatrixDevice&) = delete;

  Ordered<vfio::guests_lock, typename S::mutex> guests_lock;
  Ordered<vfio::mdevs_lock, typename S::mutex> mdevs_lock;
  [[nodiscard]] Permissions<S>& permissions() const { return permissions_; }

  /// Puts an mdev on the list. EEXIST: it is there.
  Result<void> add(ContextFor<vfio::guests_lock> context, Mdev& mdev) DEVLOCK_REQUIRES(context) {
    Guard guests{context, guests_lock};
    Guard data{guests, mdevs_lock};
    if (mdev.listed.get()) {
      return refuse(Operation::assign_ap, "mdev", EEXIST, "it is on the list", "use it as it is");
    }
    assignments_.enlist(mdev);
    return {};
  }
  /// Takes an mdev off the list: its queues are reset and free. It must be closed.
  Result<void> remove(ContextFor<vfio::guests_lock> context, Mdev& mdev) DEVLOCK_REQUIRES(context) {
    Guard guests{context, guests_lock};
    Guard data{guests, mdevs_lock};
    if (!mdev.listed.get()) {
      return refuse(Operation::unassign_ap, "mdev", ENODEV, "it is not on the list", "add it first");
    }
    if (mdev.guest.get() != nullptr) {
      return refuse(Operation::unassign_ap, "mdev", EBUSY, "a guest has it open", "close it first");
    }
    assignments_.delist(mdev);
    return {};
  }

  /// assign_adapter, assign_domain, assign_control_domain. What is assigned already is success. ENODEV: the host has none of this
  /// number, or the mdev is not on the list. EADDRNOTAVAIL: a queue is the host's. EADDRINUSE: another mdev has one.
  Result<void> assign(ContextFor<ap_perms_lock> context, Mdev& mdev, Dimension dimension, unsigned number)
      DEVLOCK_REQUIRES(context) {
    if (auto there = assignments_.check(Operation::assign_ap, dimension, number); !there) {
      return there;
    }
    Result<void> answer;
    if (!Protocol::assign(*this, context.again(), mdev,
                          [&] { answer = assignments_.assign(mdev, dimension, number); })) {
      return refuse(Operation::assign_ap, to_string(dimension), EBUSY, "the matrix is locked", "try again");
    }
    return answer;
  }
  /// The opposite. What is not assigned is success.
  Result<void> unassign(ContextFor<vfio::guests_lock> context, Mdev& mdev, Dimension dimension, unsigned number)
      DEVLOCK_REQUIRES(context) {
    if (auto there = assignments_.check(Operation::unassign_ap, dimension, number); !there) {
      return there;
    }
    update(context, mdev, [&] { assignments_.unassign(mdev, dimension, number); });
    return {};
  }

  /// A guest gets what is assigned and there. EPERM: it has another mdev. EBUSY: another guest has this one. ENODEV: not on the list.
  Result<void> open(ContextFor<vfio::guests_lock> context, Mdev& mdev, Guest& guest) DEVLOCK_REQUIRES(context) {
    Guard guests{context, guests_lock};
    if (!mdev.listed.get()) {
      return refuse(Operation::open_device, "mdev", ENODEV, "it is not on the list", "add it first");
    }
    if (mdev.guest.get() != nullptr) {
      return refuse(Operation::open_device, "mdev", EBUSY, "a guest has it open", "close it first");
    }
    if (assignments_.any_open_in(guest)) {
      return refuse(Operation::open_device, "mdev", EPERM, "the VM has another matrix",
                    "assign its queues to that one");
    }
    Guard vm{guests, guest.lock};
    set_hook(vm, guest, &mdev);
    Guard data{vm, mdevs_lock};
    assignments_.start(mdev, guest);
    return {};
  }
  /// The guest loses everything; its queues are reset. Nothing happens if no guest has it.
  void close(ContextFor<vfio::guests_lock> context, Mdev& mdev) DEVLOCK_REQUIRES(context) {
    Guard guests{context, guests_lock};
    Guest* const guest = mdev.guest.get();
    if (guest == nullptr) {
      return;
    }
    Guard vm{guests, guest->lock};
    set_hook(vm, *guest, nullptr);
    Guard data{vm, mdevs_lock};
    assignments_.stop(mdev);
  }
  /// The guest's instruction for the interrupts of a queue. False: the queue is not its.
  bool enable_interrupts(ContextFor<vcpu_lock> context, Guest& guest, Apqn apqn) DEVLOCK_REQUIRES(context) {
    Guard running{context, guest.vcpu};
    SharedGuard hook{running, guest.hook_lock};
    Mdev* const mdev = guest.hook.get();
    if (mdev == nullptr) {
      return false;
    }
    Guard data{hook, mdevs_lock};
    return assignments_.enable_interrupts(*mdev, guest, apqn);
  }

  /// Of the bus, when the driver is bound to a queue: an mdev that is assigned it gets it.
  template <LockContext Context>
  void probe(const Context& context, Queue& queue) DEVLOCK_REQUIRES(context) {
    Guard guests{context, guests_lock};
    Mdev* const mdev = assignments_.assignee(queue.apqn);
    with_data(guests, mdev, [&] { assignments_.enter(queue, mdev); });
  }
  /// Of the bus, before the driver is unbound: a guest loses the whole adapter.
  template <LockContext Context>
  void forget(const Context& context, Queue& queue) DEVLOCK_REQUIRES(context) {
    Guard guests{context, guests_lock};
    Mdev* const mdev = queue.mdev.get();
    with_data(guests, mdev, [&] { assignments_.leave(queue, mdev); });
  }
  /// Of the bus: does an mdev have one of these queues? Under ap_perms_lock.
  template <LockContext Context>
  InUse in_use(const Context& masks, const Matrix& matrix) DEVLOCK_REQUIRES(masks) {
    return Protocol::in_use(*this, masks, [&] { return assignments_.any_has(matrix); });
  }

  /// For a Protocol: guests_lock, kvm_lock of the guest if there is one, mdevs_lock; then `act`.
  template <LockContext Context, class Act>
  void update(const Context& context, Mdev& mdev, Act act) DEVLOCK_REQUIRES(context) {
    Guard guests{context, guests_lock};
    with_data(guests, &mdev, act);
  }

 private:
  static Failure refuse(Operation operation, std::string object, int error_number, std::string reason,
                        std::string remedy) {
    return failure(make_error(operation, std::move(object), error_number, std::move(reason), std::move(remedy)));
  }
  template <LockContext Context, class Act>
  void with_data(const Context& guests, Mdev* mdev, Act act) DEVLOCK_REQUIRES(guests) {
    if (Guest* const guest = mdev != nullptr ? mdev->guest.get() : nullptr; guest != nullptr) {
      Guard vm{guests, guest->lock};
      Guard data{vm, mdevs_lock};
      act();
    } else {
      Guard data{guests, mdevs_lock};
      act();
    }
  }
  template <LockContext Context>
  static void set_hook(const Context& vm, Guest& guest, Mdev* mdev) DEVLOCK_REQUIRES(vm) {
    Guard hook{vm, guest.hook_lock};
    guest.hook.set(mdev);
  }

  Permissions<S>& permissions_;
  Assignments<S, Protocol> assignments_;  // guarded by the three locks
};

}  // namespace devlock::vfio::ap

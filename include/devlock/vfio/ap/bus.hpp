// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The AP bus: queues come and go, and two masks say which of them are for the host's own drivers. A mask that takes a queue from an mdev
// is refused; the check and the commit are one step under ap_perms_lock. Queues are rebound after that lock was given back, for
// a probe takes it under the queue's device_lock.
//
//   bus.store(context, Dimension::adapter, "-4");      // apmask: adapter 4 goes to vfio_ap
//   bus.plug(context, {4, 6});
//
// Not checked: cards; a queue is a device of its own here.
// Source: apmask_store, ap_bus_revise_bindings, ap_device_probe in drivers/s390/crypto/ap_bus.c.
#pragma once

#include "devlock/vfio/ap/matrix_device.hpp"

namespace devlock::vfio::ap {

template <Sync S, class Protocol = AsLanded>
class Bus {
 public:
  using Queue = ap::Queue<S>;

  Bus(const QueueTable<S>& queues, Permissions<S>& permissions, MatrixDevice<S, Protocol>& vfio_ap)
      : queues_(queues), permissions_(permissions), vfio_ap_(vfio_ap) {}
  Bus(const Bus&) = delete;
  Bus& operator=(const Bus&) = delete;

  /// Writes apmask (adapters) or aqmask (domains), then rebinds what changed hands. EINVAL: malformed. EBUSY: an mdev has a queue
  /// that would become the host's; nothing changed.
  Result<void> store(ContextFor<device_lock> context, Dimension dimension, std::string_view text)
      DEVLOCK_REQUIRES(context) {
    {
      Guard masks{context, permissions_.lock};
      auto changed = commit(masks, dimension, text);
      if (!changed) {
        return failure(std::move(changed.error()));
      }
      if (!*changed) {
        return {};
      }
      if constexpr (Protocol::rebinds_under_masks) {
        Protocol::force(masks, [&](const auto& forced) { revise(forced.assume()); });
        return {};
      }
    }
    revise(context);
    return {};
  }
  [[nodiscard]] Matrix masks(ContextFor<ap_perms_lock> context) DEVLOCK_REQUIRES(context) {
    Guard masks{context, permissions_.lock};
    return permissions_.host.read();
  }

  /// A queue appears and gets its driver. ENODEV: the host has no such queue. EEXIST: it is there.
  Result<void> plug(ContextFor<device_lock> context, Apqn apqn) DEVLOCK_REQUIRES(context) {
    auto queue = find(Operation::plug_queue, apqn);
    if (!queue) {
      return failure(std::move(queue.error()));
    }
    Guard device{context, (*queue)->lock};
    if ((*queue)->present.get()) {
      return refuse(Operation::plug_queue, apqn.to_string(), EEXIST, "the queue is plugged", "use it as it is");
    }
    (*queue)->present.set(true);
    attach(device, **queue);
    return {};
  }
  /// A queue goes, from its guest first. ENODEV: it is not there.
  Result<void> unplug(ContextFor<device_lock> context, Apqn apqn) DEVLOCK_REQUIRES(context) {
    auto queue = find(Operation::unplug_queue, apqn);
    if (!queue) {
      return failure(std::move(queue.error()));
    }
    Guard device{context, (*queue)->lock};
    if (!(*queue)->present.get()) {
      return refuse(Operation::unplug_queue, apqn.to_string(), ENODEV, "the queue is not plugged", "plug it first");
    }
    detach(device, **queue);
    (*queue)->present.set(false);
    return {};
  }
  /// The driver of a queue; none if it is not plugged or not there.
  [[nodiscard]] QueueDriver driver(ContextFor<device_lock> context, Apqn apqn) DEVLOCK_REQUIRES(context) {
    Queue* const queue = queues_.find(apqn);
    if (queue == nullptr) {
      return QueueDriver::none;
    }
    Guard device{context, queue->lock};
    return queue->driver.get();
  }

 private:
  static Failure refuse(Operation operation, std::string object, int error_number, std::string reason,
                        std::string remedy) {
    return failure(make_error(operation, std::move(object), error_number, std::move(reason), std::move(remedy)));
  }
  Result<Queue*> find(Operation operation, Apqn apqn) const {
    if (Queue* const queue = queues_.find(apqn)) {
      return queue;
    }
    return refuse(operation, apqn.to_string(), ENODEV,
                  "the host has " + std::to_string(queues_.adapters()) + " adapters and " +
                      std::to_string(queues_.domains()) + " domains",
                  "name one of those");
  }
  // True if the mask is another one now.
  template <LockContext Context>
  Result<bool> commit(const Context& masks, Dimension dimension, std::string_view text) DEVLOCK_REQUIRES(masks) {
    const std::string name = dimension == Dimension::adapter ? "apmask" : "aqmask";
    const Matrix before = permissions_.host.read();
    const auto next = dimension == Dimension::control_domain ? std::nullopt : Mask::parse(text, of(before, dimension));
    if (!next) {
      return refuse(Operation::store_ap_mask, name, EINVAL, "not a mask of 0 to 255",
                    "write 0x and hexadecimal digits, or changes as +4,-6-9");
    }
    if (*next == of(before, dimension)) {
      return false;
    }
    Matrix reserved = before;
    of(reserved, dimension) = next->without(of(before, dimension));
    switch (vfio_ap_.in_use(masks, reserved)) {
      case InUse::no:
        break;
      case InUse::yes:
        return refuse(Operation::store_ap_mask, name, EBUSY, "an mdev has a queue that would become the host's",
                      "unassign it first");
      case InUse::unknown:
        return refuse(Operation::store_ap_mask, name, EBUSY, "the matrix is locked", "try again");
    }
    of(permissions_.host.write(), dimension) = *next;
    return true;
  }
  // Each queue that has the wrong driver gets the other one. In two steps, as the driver core does it.
  template <LockContext Context>
  void revise(const Context& context) DEVLOCK_REQUIRES(context) {
    for (const auto& queue : queues_.all()) {
      {
        Guard device{context, queue->lock};
        const QueueDriver driver = queue->driver.get();
        if (driver == QueueDriver::none || driver == owner(device, *queue)) {
          continue;
        }
        detach(device, *queue);
      }
      Guard device{context, queue->lock};
      if (queue->present.get() && queue->driver.get() == QueueDriver::none) {
        attach(device, *queue);
      }
    }
  }
  template <LockContext Context>
  QueueDriver owner(const Context& device, const Queue& queue) DEVLOCK_REQUIRES(device) {
    Guard masks{device, permissions_.lock};
    return permissions_.host.read().has(queue.apqn) ? QueueDriver::host : QueueDriver::vfio_ap;
  }
  template <LockContext Context>
  void attach(const Context& device, Queue& queue) DEVLOCK_REQUIRES(device) {
    const QueueDriver next = owner(device, queue);
    queue.driver.set(next);
    if (next == QueueDriver::vfio_ap) {
      vfio_ap_.probe(device, queue);
    }
  }
  template <LockContext Context>
  void detach(const Context& device, Queue& queue) DEVLOCK_REQUIRES(device) {
    if (queue.driver.get() == QueueDriver::vfio_ap) {
      vfio_ap_.forget(device, queue);
    }
    queue.driver.set(QueueDriver::none);
  }

  const QueueTable<S>& queues_;
  Permissions<S>& permissions_;
  MatrixDevice<S, Protocol>& vfio_ap_;
};

}  // namespace devlock::vfio::ap

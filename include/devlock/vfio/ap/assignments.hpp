// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Which queue is assigned to which mdev, and what its guest may use: the data of the vfio_ap driver, without its locks. The shadow of
// an mdev is what it is assigned, without adapters of which a queue is missing, broken or not reset since its last
// guest; what leaves a guest is reset.
//
// Not checked: that the caller holds guests_lock, kvm_lock of the mdev's guest if it has one, and mdevs_lock; MatrixDevice does.
// Source: vfio_ap_mdev_filter_matrix, vfio_ap_mdev_link_queue and their like in drivers/s390/crypto/vfio_ap_ops.c.
#pragma once

#include <algorithm>
#include <string>

#include "devlock/backend/classify.hpp"
#include "devlock/vfio/ap/mdev.hpp"
#include "devlock/vfio/ap/queue_table.hpp"

namespace devlock::vfio::ap {

template <Sync S, class Protocol>
class Assignments {
 public:
  using Mdev = ap::Mdev<S>;
  using Guest = ap::Guest<S>;
  using Queue = ap::Queue<S>;

  Assignments(const QueueTable<S>& queues, Permissions<S>& permissions) : queues_(queues), permissions_(permissions) {}

  /// ENODEV if the host has no such adapter or domain.
  Result<void> check(Operation operation, Dimension dimension, unsigned number) const {
    const unsigned limit = queues_.limit(dimension);
    if (number < limit) {
      return {};
    }
    return refuse(operation, dimension, number, ENODEV, "the host has " + std::to_string(limit), "name one below that");
  }
  /// The mdev that is assigned this queue.
  [[nodiscard]] Mdev* assignee(Apqn queue) const {
    const auto& list = mdevs_.read();
    const auto found =
        std::find_if(list.begin(), list.end(), [&](const Mdev* mdev) { return mdev->assigned.read().has(queue); });
    return found == list.end() ? nullptr : *found;
  }
  [[nodiscard]] bool any_has(const Matrix& matrix) const {
    const auto& list = mdevs_.read();
    return std::any_of(list.begin(), list.end(),
                       [&](const Mdev* mdev) { return mdev->assigned.read().overlaps(matrix); });
  }
  [[nodiscard]] bool any_open_in(const Guest& guest) const {
    const auto& list = mdevs_.read();
    return std::any_of(list.begin(), list.end(), [&](const Mdev* mdev) { return mdev->guest.get() == &guest; });
  }
  void enlist(Mdev& mdev) {
    mdevs_.write().push_back(&mdev);
    mdev.listed.set(true);
  }
  /// Its queues are reset and free.
  void delist(Mdev& mdev) {
    each_linked(mdev, mdev.assigned.read(), [this](Queue& queue) {
      reset(queue);
      unlink(queue);
    });
    mdev.assigned.write() = Matrix();
    mdev.shadow.write() = Matrix();
    auto& list = mdevs_.write();
    list.erase(std::find(list.begin(), list.end(), &mdev));
    mdev.listed.set(false);
  }

  /// EADDRNOTAVAIL: reserved for the host. EADDRINUSE: another mdev's. ENODEV: not on the list. Needs ap_perms_lock besides.
  Result<void> assign(Mdev& mdev, Dimension dimension, unsigned number) {
    if (!mdev.listed.get()) {
      return refuse(Operation::assign_ap, dimension, number, ENODEV, "the mdev is not on the list", "add it first");
    }
    if (of(mdev.assigned.read(), dimension).test(number)) {
      return {};
    }
    of(mdev.assigned.write(), dimension).set(number);
    if (auto allowed = validate(mdev, dimension, number); !allowed) {
      of(mdev.assigned.write(), dimension).set(number, !Protocol::takes_back);
      return allowed;
    }
    part(mdev.assigned.read(), dimension, number).each([&](Apqn apqn) {
      if (Queue* const queue = queues_.find(apqn); queue->known.get()) {
        link(*queue, mdev);
      }
      return true;
    });
    replug(mdev);
    return {};
  }
  void unassign(Mdev& mdev, Dimension dimension, unsigned number) {
    if (!of(mdev.assigned.read(), dimension).test(number)) {
      return;
    }
    const Matrix gone = part(mdev.assigned.read(), dimension, number);
    of(mdev.assigned.write(), dimension).set(number, false);
    const Matrix before = mdev.shadow.read();
    of(mdev.shadow.write(), dimension).set(number, false);
    publish(mdev);
    gone.each([&](Apqn apqn) {
      Queue& queue = *queues_.find(apqn);
      if (linked(queue, mdev)) {
        queue.in_table.set(false);
        if (before.has(apqn)) {
          reset(queue);
        }
        if (before.has(apqn) || Protocol::unlinks_all) {
          queue.mdev.set(nullptr);
        }
      }
      return true;
    });
    replug(mdev);
  }
  /// Brings shadow and guest to what is assigned and there.
  void replug(Mdev& mdev) {
    const Matrix before = mdev.shadow.read();
    refresh(mdev);
    if (mdev.shadow.read() == before) {
      return;
    }
    publish(mdev);
    before.adapters.without(mdev.shadow.read().adapters).each([&](unsigned adapter) {
      reset_adapter(mdev, adapter);
      return true;
    });
  }
  /// vfio_ap has the queue from now on.
  void enter(Queue& queue, Mdev* mdev) {
    queue.known.set(true);
    if (queue.unreset.get()) {
      reset(queue);
    }
    if (mdev != nullptr) {
      link(queue, *mdev);
      replug(*mdev);
    }
  }
  /// It has it no longer; a guest loses the whole adapter first.
  void leave(Queue& queue, Mdev* mdev) {
    if (mdev != nullptr && mdev->shadow.read().has(queue.apqn)) {
      if (Protocol::unplugs_on_remove) {
        mdev->shadow.write().adapters.set(queue.apqn.adapter, false);
        publish(*mdev);
      }
      if (Protocol::resets_on_remove) {
        reset_adapter(*mdev, queue.apqn.adapter);
      }
    } else if (Protocol::resets_on_remove) {
      reset(queue);
    }
    unlink(queue);
    queue.known.set(false);
  }
  /// The guest starts with what is assigned and there.
  void start(Mdev& mdev, Guest& guest) {
    mdev.guest.set(&guest);
    refresh(mdev);
    publish(mdev);
  }
  /// The guest ends with nothing.
  void stop(Mdev& mdev) {
    mdev.guest.get()->control_block.write() = Matrix();
    each_linked(mdev, mdev.assigned.read(), [this](Queue& queue) { reset(queue); });
    mdev.guest.set(nullptr);
  }
  /// False if the guest of this mdev has no such queue.
  bool enable_interrupts(const Mdev& mdev, const Guest& guest, Apqn apqn) {
    Queue* const queue = queues_.find(apqn);
    if (queue == nullptr || !linked(*queue, mdev) || mdev.guest.get() != &guest || !mdev.shadow.read().has(apqn)) {
      return false;
    }
    queue->interrupts.set(true);
    return true;
  }

 private:
  static Failure refuse(Operation operation, Dimension dimension, unsigned number, int error_number, std::string reason,
                        std::string remedy) {
    return failure(make_error(operation, std::string(to_string(dimension)) + ' ' + std::to_string(number), error_number,
                              std::move(reason), std::move(remedy)));
  }
  Result<void> validate(const Mdev& mdev, Dimension dimension, unsigned number) const {
    if (dimension == Dimension::control_domain) {
      return {};
    }
    const Matrix& wanted = mdev.assigned.read();
    const bool reserved = Protocol::asks_masks
                              ? wanted.overlaps(permissions_.host.read())
                              : !wanted.each([&](Apqn apqn) { return queues_.find(apqn)->known.get(); });
    if (reserved) {
      return refuse(Operation::assign_ap, dimension, number, EADDRNOTAVAIL,
                    "a queue of it is reserved for the host's drivers", "take it out of apmask or aqmask");
    }
    for (const Mdev* other : mdevs_.read()) {
      if (Protocol::refuses_shared && other != &mdev && other->assigned.read().overlaps(wanted)) {
        return refuse(Operation::assign_ap, dimension, number, EADDRINUSE, "another mdev has a queue of it",
                      "unassign it there");
      }
    }
    return {};
  }
  // The queues of one adapter or one domain of a matrix.
  static Matrix part(Matrix matrix, Dimension dimension, unsigned number) {
    if (dimension == Dimension::control_domain) {
      return {};
    }
    of(matrix, dimension) = Mask{number};
    return matrix;
  }
  void refresh(Mdev& mdev) {
    Matrix next = mdev.assigned.read();
    mdev.assigned.read().adapters.each([&](unsigned adapter) {
      const bool whole = next.domains.each([&](unsigned domain) {
        const Queue& queue = *queues_.find({adapter, domain});
        return linked(queue, mdev) && !queue.broken.get() && !queue.unreset.get();
      });
      next.adapters.set(adapter, whole);
      return true;
    });
    mdev.shadow.write() = next;
  }
  void publish(Mdev& mdev) {
    Guest* const guest = mdev.guest.get();
    if (guest == nullptr) {
      return;
    }
    guest->control_block.write() = mdev.shadow.read();
    each_linked(mdev, mdev.shadow.read(), [](Queue& queue) { queue.used.set(true); });
  }
  template <class Act>
  void each_linked(const Mdev& mdev, const Matrix& matrix, Act act) {
    matrix.each([&](Apqn apqn) {
      if (Queue& queue = *queues_.find(apqn); linked(queue, mdev)) {
        act(queue);
      }
      return true;
    });
  }
  void reset_adapter(Mdev& mdev, unsigned adapter) {
    each_linked(mdev, part(mdev.assigned.read(), Dimension::adapter, adapter), [this](Queue& queue) { reset(queue); });
  }
  static bool linked(const Queue& queue, const Mdev& mdev) { return queue.in_table.get() && queue.mdev.get() == &mdev; }
  static void link(Queue& queue, Mdev& mdev) {
    queue.mdev.set(&mdev);
    queue.in_table.set(true);
  }
  static void unlink(Queue& queue) {
    queue.mdev.set(nullptr);
    queue.in_table.set(false);
  }
  void reset(Queue& queue) {
    queue.unreset.set(queue.broken.get());
    if (!queue.broken.get()) {
      queue.resets.set(queue.resets.get() + 1U);
      queue.used.set(false);
      queue.interrupts.set(false);
    }
  }

  const QueueTable<S>& queues_;
  Permissions<S>& permissions_;
  Tracked<S, std::vector<Mdev*>> mdevs_;  // guarded by guests_lock and mdevs_lock
};

}  // namespace devlock::vfio::ap

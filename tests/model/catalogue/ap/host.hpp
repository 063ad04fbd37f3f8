// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// vfio-ap with one queue that an admin gives to the host's drivers (apmask), that mdevs are assigned, that guests use, and that
// is unplugged and plugged: the library's bus and matrix device under the checker.
// Always: the queue is in one mdev at most; what is assigned is not the host's; what is in a guest's shadow is assigned and vfio_ap's;
// a queue left the guest and was reset before its unbind completes; a failed assignment leaves no trace.
// Source: drivers/s390/crypto/ap_bus.c, vfio_ap_ops.c.
#pragma once

#include "model/catalogue/ap/variants.hpp"

#include "devlock/check/check.hpp"
#include "devlock/vfio/ap/bus.hpp"

namespace catalogue::ap {

using devlock::check::mark;
using devlock::check::require;
using devlock::vfio::ap::Apqn;
using devlock::vfio::ap::Dimension;
using devlock::vfio::ap::Mask;
using devlock::vfio::ap::Matrix;
using devlock::vfio::ap::QueueDriver;

using Mdev = devlock::vfio::ap::Mdev<Sync>;
using Guest = devlock::vfio::ap::Guest<Sync>;

// What a thread does.
struct GivesToTheHost {};
template <unsigned M>
struct Assigns {};
template <unsigned M>
struct Unassigns {};
template <unsigned M>
struct Runs {};  // a guest opens the mdev, asks for interrupts, closes
template <unsigned M>
struct UnassignsAndRemoves {};
struct Unplugs {};
struct Replugs {};

/// How the scenario begins. The queue is vfio_ap's, and mdev 0 is assigned nothing; or the queue; or the queue and another one of its
/// adapter, which is not plugged, so that no guest can have either; or a guest uses it.
enum class Begin { free, assigned, partial, used };

template <class Protocol, Begin begin, class... Actions>
struct Ap {
  static constexpr unsigned threads = sizeof...(Actions);
  static constexpr Apqn only{0, 0};

  devlock::vfio::ap::QueueTable<Sync> queues{1, begin == Begin::partial ? 2U : 1U};
  devlock::vfio::ap::Permissions<Sync> permissions;
  devlock::vfio::ap::MatrixDevice<Sync, Protocol> matrix{queues, permissions};
  devlock::vfio::ap::Bus<Sync, Protocol> bus{queues, permissions, matrix};
  std::unique_ptr<Mdev> mdevs[2] = {std::make_unique<Mdev>(), std::make_unique<Mdev>()};
  Guest guests[2];
  bool refused[2] = {};

  Ap() {
    using devlock::check::name;
    name(permissions.host, "apmask and aqmask");
    for (const auto& queue : queues.all()) {
      const unsigned domain = queue->apqn.domain;
      name(queue->lock, "device_lock of queue", domain);
      name(queue->present, "there is queue", domain);
      name(queue->driver, "driver of queue", domain);
      name(queue->known, "vfio_ap has queue", domain);
      name(queue->mdev, "mdev of queue", domain);
      name(queue->in_table, "in its table: queue", domain);
      name(queue->used, "used: queue", domain);
      name(queue->broken, "broken: queue", domain);
      name(queue->unreset, "not reset: queue", domain);
      name(queue->resets, "resets of queue", domain);
    }
    for (unsigned i = 0; i != 2; ++i) {
      name(mdevs[i]->assigned, "matrix of mdev", i);
      name(mdevs[i]->shadow, "shadow of mdev", i);
      name(mdevs[i]->guest, "guest of mdev", i);
      name(mdevs[i]->listed, "listed: mdev", i);
      name(guests[i].lock, "kvm->lock", i);
      name(guests[i].vcpu, "vcpu->mutex", i);
      name(guests[i].hook_lock, "pqap_hook_rwsem", i);
      name(guests[i].control_block, "control block of guest", i);
    }
    begin_with();
  }
  void thread(unsigned index) {
    unsigned place = 0;
    ((place++ == index ? run(Actions{}) : void()), ...);
  }

  void run(GivesToTheHost) {
    ThreadContext root;
    const auto done = bus.store(root, Dimension::adapter, "+0");
    mark(done ? "mask changed" : "mask refused, in use");
  }
  template <unsigned M>
  void run(Assigns<M>) {
    ThreadContext root;
    const auto done = matrix.assign(root, *mdevs[M], Dimension::adapter, 0);
    refused[M] = !done;
    mark(done                                         ? "assigned"
         : done.error().error_number == EADDRNOTAVAIL ? "assignment refused, the host's"
         : done.error().error_number == EADDRINUSE    ? "assignment refused, another mdev's"
                                                      : "assignment refused, contended");
  }
  template <unsigned M>
  void run(Unassigns<M>) {
    ThreadContext root;
    require(matrix.unassign(root, *mdevs[M], Dimension::adapter, 0).has_value(), "unassigning cannot fail");
    mark("unassigned");
  }
  template <unsigned M>
  void run(Runs<M>) {
    ThreadContext root;
    require(matrix.open(root, *mdevs[M], guests[M]).has_value(), "a guest opens the mdev");
    mark(matrix.enable_interrupts(root, guests[M], only) ? "the guest uses the queue" : "the guest has no queue");
    matrix.close(root, *mdevs[M]);
    require(!guests[M].control_block.read().adapters.any(), "a guest that closed its mdev has no queue");
  }
  template <unsigned M>
  void run(UnassignsAndRemoves<M>) {
    run(Unassigns<M>{});
    ThreadContext root;
    require(matrix.remove(root, *mdevs[M]).has_value(), "an mdev without a guest can be removed");
    mdevs[M].reset();
    mark("mdev removed");
  }
  void run(Unplugs) {
    ThreadContext root;
    auto& queue = *queues.find(only);
    require(bus.unplug(root, only).has_value(), "the queue is unplugged");
    require(!queue.used.get() && !queue.interrupts.get(), "a queue was reset before its unbind completed");
    mark(queue.resets.get() != 0U ? "reset" : "not reset");
  }
  void run(Replugs) {
    run(Unplugs{});
    ThreadContext root;
    require(bus.plug(root, only).has_value(), "the queue is plugged again");
    mark(bus.driver(root, only) == QueueDriver::host ? "plugged for the host" : "plugged for vfio_ap");
  }

  void after() {
    const auto& queue = *queues.find(only);
    const bool host = permissions.host.read().has(only);
    unsigned assignees = 0;
    for (unsigned i = 0; i != 2; ++i) {
      if (mdevs[i] == nullptr) {
        continue;
      }
      const bool assigned = mdevs[i]->assigned.read().has(only);
      assignees += assigned ? 1U : 0U;
      require(!assigned || !host, "an assigned queue is not the host's");
      require(!refused[i] || !assigned, "a refused assignment leaves no trace");
      require(!mdevs[i]->shadow.read().has(only) || (assigned && queue.driver.get() == QueueDriver::vfio_ap),
              "a queue in a guest's shadow is assigned and bound");
      require(mdevs[i]->guest.get() == nullptr || guests[i].control_block.read() == mdevs[i]->shadow.read(),
              "a guest's hardware is what its shadow says");
    }
    require(assignees < 2, "a queue is assigned to one mdev");
    require(!queue.present.get() || queue.driver.get() == (host ? QueueDriver::host : QueueDriver::vfio_ap),
            "whose a queue is by the masks is bound to it");
    require(queue.present.get() || queue.driver.get() == QueueDriver::none, "a queue that is gone has no driver");
  }

 private:
  void begin_with() {
    permissions.host.write() = Matrix{{}, {0, 1}, {}};
    ThreadContext root;
    require(bus.plug(root, only).has_value(), "the queue is plugged");
    for (auto& mdev : mdevs) {
      mdev->assigned.write().domains = begin == Begin::partial ? Mask{0, 1} : Mask{0};
      require(matrix.add(root, *mdev).has_value(), "the mdev is listed");
    }
    if (begin != Begin::free) {
      require(matrix.assign(root, *mdevs[0], Dimension::adapter, 0).has_value(), "the queue is assigned");
    }
    if (begin == Begin::used) {
      require(matrix.open(root, *mdevs[0], guests[0]).has_value(), "a guest opens the mdev");
    }
  }
};

}  // namespace catalogue::ap

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The unbind of a device that another one needs. The driver core gives the device_lock of the supplier back while it unbinds the
// consumer, takes it again, and must look whether the driver is still the one it was about to remove: another unbind may have run
// in between. And it must look again whether a consumer came meanwhile.
// Always: .remove runs once for each probe; a consumer that is bound has its supplier; no deadlock.
// Source: __device_release_driver, device_links_busy, device_links_unbind_consumers in drivers/base.
#pragma once

#include "model/catalogue/order.hpp"

#include "devlock/check/check.hpp"

namespace catalogue::pci {

using devlock::check::mark;
using devlock::check::require;

/// State of the link between the two, as of a device_link; changed by a step.
struct Link {
  static constexpr unsigned available = 0;
  static constexpr unsigned active = 1;
  static constexpr unsigned supplier_unbind = 2;
};

struct AsLinux {
  static constexpr bool rechecks_driver = true;
  static constexpr bool claims_link = true;
};
struct ForgetsToRecheck : AsLinux {
  static constexpr bool rechecks_driver = false;
};
struct LooksAtTheLinkOnce : AsLinux {
  static constexpr bool claims_link = false;
};

/// Each thread unbinds the supplier, but for the last one with `Probe`, which binds the consumer again.
template <class How, unsigned Unbinds, bool Probe>
struct SupplierAndConsumer {
  static constexpr unsigned threads = Unbinds + (Probe ? 1 : 0);

  SupplierAndConsumer() {
    devlock::check::name(supplier, "device_lock of the supplier");
    devlock::check::name(consumer, "device_lock of the consumer");
    devlock::check::name(link, "device link");
  }
  void thread(unsigned index) { index < Unbinds ? unbind() : probe_consumer(); }

  // device_release_driver_internal of the supplier
  void unbind() {
    ThreadContext root;
    for (;;) {
      {
        devlock::Guard lock{root, supplier};
        if (!supplier_bound.get()) {
          mark("unbound by another");
          return;
        }
        if (release_unless_busy()) {
          return;
        }
      }
      unbind_consumer(root);
      if (!How::rechecks_driver) {
        devlock::Guard again{root, supplier};
        (void)release_unless_busy();
        return;
      }
      mark("supplier's lock taken again");
    }
  }
  // With the supplier's lock held. False if a consumer is bound.
  bool release_unless_busy() {
    unsigned expected = Link::available;
    if (!How::claims_link) {
      if (link.load(std::memory_order_acquire) == Link::active) {  // pairs with the exchange of the consumer's probe
        return false;
      }
      devlock::check::step();
    } else if (!link.compare_exchange_strong(
                   expected, Link::supplier_unbind, std::memory_order_acq_rel,
                   std::memory_order_acquire) &&  // pairs with probe and unbind of the consumer
               expected == Link::active) {
      return false;
    }
    ++removals;
    require(removals == 1, ".remove runs once");
    require(!consumer_bound, "a consumer that is bound has its supplier");
    supplier_bound.set(false);
    mark("supplier unbound");
    return true;
  }
  void unbind_consumer(const ThreadContext& root) DEVLOCK_REQUIRES(root) {
    devlock::Guard lock{root, consumer};
    if (consumer_bound) {
      consumer_bound = false;
      link.store(Link::available, std::memory_order_release);  // pairs with the exchange of the supplier's unbind
      mark("consumer unbound");
    }
  }
  // really_probe of the consumer: device_links_check_suppliers, else the probe is deferred
  void probe_consumer() {
    ThreadContext root;
    devlock::Guard lock{root, consumer};
    unsigned expected = Link::available;
    if (consumer_bound ||
        !link.compare_exchange_strong(expected, Link::active, std::memory_order_acq_rel,
                                      std::memory_order_acquire)) {  // pairs with the supplier's unbind
      mark("consumer's probe deferred");
      return;
    }
    consumer_bound = true;
    require(removals == 0, "a consumer that is bound has its supplier");
    mark("consumer bound");
  }
  void after() {
    require(removals == 1 && !supplier_bound.get(), "the supplier is unbound");
    require(!consumer_bound, "a consumer that is bound has its supplier");
  }

  Mutex<device_lock> supplier;
  Mutex<device_lock> consumer;
  Sync::atomic<unsigned> link{Link::active};
  Var<bool> supplier_bound{true};  // under the supplier's lock
  bool consumer_bound = true;      // under the consumer's lock
  unsigned removals = 0;
};

}  // namespace catalogue::pci

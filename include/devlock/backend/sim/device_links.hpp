// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Which driver needs which: a consumer's probe is deferred until its suppliers are bound, and a supplier is not unbound while a
// consumer is. Who unbinds a supplier claims its links; if a consumer is bound, or is being probed, it has to go first.
// Not checked: cycles among suppliers.
// Source: device_links_check_suppliers, device_links_busy, device_links_driver_bound in drivers/base/core.c.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "devlock/backend/sim/leaf.hpp"
#include "devlock/pci/address.hpp"

namespace devlock::sim {

template <Sync S>
class DeviceLinks {
 public:
  /// A probe begins. False if a supplier is not bound, or is being unbound: the probe is deferred.
  [[nodiscard]] bool begin_probe(pci::Address consumer, const std::vector<pci::Address>& suppliers) {
    return leaf_.with([&] {
      for (const pci::Address& supplier : suppliers) {
        if (std::find(ready_.begin(), ready_.end(), supplier) == ready_.end()) {
          return false;
        }
      }
      for (const pci::Address& supplier : suppliers) {
        links_.push_back({supplier, consumer});
      }
      return true;
    });
  }
  /// The probe succeeded: consumers may come.
  void bound(pci::Address supplier) {
    leaf_.with([&] { ready_.push_back(supplier); });
  }
  /// The driver is gone, or its probe failed: suppliers may go.
  void unbound(pci::Address consumer) {
    leaf_.with([&] {
      std::erase_if(links_, [&](const Link& link) { return link.consumer == consumer; });
      std::erase(ready_, consumer);
    });
  }
  /// No consumer comes from here on; or, if one is there, it, which has to be unbound first.
  [[nodiscard]] std::optional<pci::Address> begin_unbind(pci::Address supplier) {
    return leaf_.with([&]() -> std::optional<pci::Address> {
      for (const Link& link : links_) {
        if (link.supplier == supplier) {
          return link.consumer;
        }
      }
      std::erase(ready_, supplier);
      return std::nullopt;
    });
  }

 private:
  struct Link {
    pci::Address supplier;
    pci::Address consumer;
  };
  Leaf<S> leaf_;             // device_links_lock: it guards what follows
  std::vector<Link> links_;  // in use, by a driver that is bound or being probed
  std::vector<pci::Address> ready_;
};

}  // namespace devlock::sim

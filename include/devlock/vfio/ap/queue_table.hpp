// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The queues of a host with so many adapters and domains, plugged or not, and whose they are by the masks.
// Not checked: who looks at what when; the locks stand in the queue and beside the masks.
// Source: ap_queues and ap_perms in drivers/s390/crypto/ap_bus.c.
#pragma once

#include <memory>
#include <vector>

#include "devlock/sync/tracked.hpp"
#include "devlock/vfio/ap/queue.hpp"

namespace devlock::vfio::ap {

template <Sync S>
class QueueTable {
 public:
  /// More than Mask::size of either are not there.
  QueueTable(unsigned adapters, unsigned domains)
      : adapters_(adapters < Mask::size ? adapters : Mask::size),
        domains_(domains < Mask::size ? domains : Mask::size) {
    queues_.reserve(std::size_t{adapters_} * domains_);
    for (unsigned adapter = 0; adapter != adapters_; ++adapter) {
      for (unsigned domain = 0; domain != domains_; ++domain) {
        queues_.push_back(std::make_unique<Queue<S>>(Apqn{adapter, domain}));
      }
    }
  }
  [[nodiscard]] unsigned adapters() const { return adapters_; }
  [[nodiscard]] unsigned domains() const { return domains_; }
  [[nodiscard]] unsigned limit(Dimension dimension) const {
    return dimension == Dimension::adapter ? adapters_ : domains_;
  }
  /// Null if the host has no such queue.
  [[nodiscard]] Queue<S>* find(Apqn queue) const {
    return queue.adapter < adapters_ && queue.domain < domains_
               ? queues_[std::size_t{queue.adapter} * domains_ + queue.domain].get()
               : nullptr;
  }
  [[nodiscard]] const std::vector<std::unique_ptr<Queue<S>>>& all() const { return queues_; }

 private:
  unsigned adapters_;
  unsigned domains_;
  std::vector<std::unique_ptr<Queue<S>>> queues_;
};

/// apmask and aqmask: a queue in both is for the host's own drivers.
template <Sync S>
struct Permissions {
  Ordered<ap_perms_lock, typename S::mutex> lock;
  Tracked<S, Matrix> host{Matrix{Mask::all(), Mask::all(), {}}};  // guarded by lock
};

}  // namespace devlock::vfio::ap

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// An AP bus with its vfio_ap driver, and what tests ask of them.
#pragma once

#include <string_view>

#include "devlock/sync/std.hpp"
#include "devlock/vfio/ap/bus.hpp"
#include "support/catch.hpp"

namespace test::ap {

using devlock::ErrorClass;
using devlock::Result;
using devlock::StdSync;
using devlock::vfio::ThreadContext;
using devlock::vfio::ap::Apqn;
using devlock::vfio::ap::Bus;
using devlock::vfio::ap::Dimension;
using devlock::vfio::ap::Mask;
using devlock::vfio::ap::Matrix;
using devlock::vfio::ap::MatrixDevice;
using devlock::vfio::ap::Permissions;
using devlock::vfio::ap::QueueDriver;
using devlock::vfio::ap::QueueTable;
using Mdev = devlock::vfio::ap::Mdev<StdSync>;
using Guest = devlock::vfio::ap::Guest<StdSync>;

struct ApHost {
  explicit ApHost(unsigned adapters, unsigned domains) : queues(adapters, domains) {}
  QueueTable<StdSync> queues;
  Permissions<StdSync> permissions;
  MatrixDevice<StdSync> matrix{queues, permissions};
  Bus<StdSync> bus{queues, permissions, matrix};
  ThreadContext root;

  /// Leaves these adapters to vfio_ap and plugs all of their queues.
  void give(const Mask& adapters) {
    adapters.each([&](unsigned adapter) {
      root.assume();
      REQUIRE(bus.store(root, Dimension::adapter, std::string("-").append(std::to_string(adapter))));
      for (unsigned domain = 0; domain != queues.domains(); ++domain) {
        REQUIRE(bus.plug(root, {adapter, domain}));
      }
      return true;
    });
  }
  void assign(Mdev& mdev, const Matrix& wanted) {
    for (const Dimension dimension : {Dimension::adapter, Dimension::domain, Dimension::control_domain}) {
      of(wanted, dimension).each([&](unsigned number) {
        root.assume();
        REQUIRE(matrix.assign(root, mdev, dimension, number));
        return true;
      });
    }
  }
  [[nodiscard]] unsigned resets(Apqn apqn) const { return queues.find(apqn)->resets.get(); }
};

/// The errno of a result; 0 if it is a success.
template <class T>
int errno_of(const Result<T>& result) {
  return result ? 0 : result.error().error_number;
}

}  // namespace test::ap

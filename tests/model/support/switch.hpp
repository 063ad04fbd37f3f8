// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The PCI tree of the model tests: one switch. Its upstream port is the bridge above four devices.
//
//   up       01:00.0  upstream port
//   down0    02:00.0    downstream port
//   end0     03:00.0      endpoint
//   down1    02:01.0    downstream port
//   end1     04:00.0      endpoint
//
// Every function can be the target of a function scope, which holds the bridge above it too.
#pragma once

#include <array>

#include "devlock/lock/device_lock.hpp"
#include "devlock/lock/ordered.hpp"
#include "devlock/pci/topology.hpp"
#include "devlock/vfio/order.hpp"
#include "model/support/watched_mutex.hpp"

namespace model {

using devlock::pci::Address;
using devlock::pci::ResetScope;
using devlock::pci::ScopeKind;

inline constexpr Address up{0, 1, 0, 0};
inline constexpr Address down0{0, 2, 0, 0};
inline constexpr Address end0{0, 3, 0, 0};
inline constexpr Address down1{0, 2, 1, 0};
inline constexpr Address end1{0, 4, 0, 0};

/// device_lock alone: one schedule point for a try, one for an unlock.
template <class S>
using PlainDeviceLock = devlock::Ordered<devlock::vfio::device_lock, typename S::mutex>;

// The mutex of a device, whichever lock type the tree has.
template <class Mutex>
Mutex& mutex_of(devlock::Ordered<devlock::vfio::device_lock, Mutex>& lock) {
  return lock.native();
}
template <class S>
auto& mutex_of(devlock::DeviceLock<S>& lock) {
  return lock.device().native();
}

template <class Lock>
struct Switch {
  Switch() {
    tree.add(up);
    tree.add(down0, up);
    tree.add(end0, down0);
    tree.add(down1, up);
    tree.add(end1, down1);
  }
  devlock::pci::Topology<Lock> tree;
};

/// What one thread asks for.
struct Request {
  ScopeKind kind;
  Address target;
};

/// A walk as the library does it: the scope that the topology gives.
struct TopDown {
  template <class Lock>
  static ResetScope<Lock> walk(const ResetScope<Lock>& scope, std::size_t) {
    return scope;
  }
};

/// A switch, and for each request of `Requests::of_threads` what is reset and which locks are taken for it.
template <class Lock, class Requests, class Walk = TopDown>
struct SwitchWithScopes : Switch<Lock> {
  SwitchWithScopes() {
    for (const Request& request : Requests::of_threads) {
      touched.push_back(*this->tree.scope(request.kind, request.target));
      locked.push_back(Walk::walk(touched.back(), locked.size()));
    }
  }
  std::vector<ResetScope<Lock>> touched;
  std::vector<ResetScope<Lock>> locked;
};

}  // namespace model

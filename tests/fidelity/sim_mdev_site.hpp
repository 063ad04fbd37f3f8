// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The simulator's mediated devices as a place where scripts run, over TurnSync: a parent as mtty is, with the types of that and the instances
// that it has left.
#pragma once

#include <algorithm>
#include <string>

#include "answer.hpp"
#include "devlock/backend/sim/host.hpp"
#include "devlock/backend/sim/mdev_bus.hpp"
#include "turn_threads.hpp"

namespace fidelity {

/// The simulated host beside its mediated devices: groups are those of the latter.
class SimMdevHost {
 public:
  using Simulator = devlock::sim::BasicHost<TurnSync>;
  using Group = devlock::sim::MdevGroupHandle<TurnSync>;
  using Vm = devlock::sim::Vm<TurnSync>;

  SimMdevHost(Simulator& host, const devlock::sim::Profile& profile) : host_(host), bus_(first_group, profile) {}

  [[nodiscard]] devlock::sim::MdevBus<TurnSync>& bus() { return bus_; }
  [[nodiscard]] devlock::Result<Group::Container> open_container() { return host_.open_container(); }
  [[nodiscard]] devlock::Result<Group> open_group(devlock::vfio::ContextFor<devlock::vfio::group_lock> context, int id)
      DEVLOCK_REQUIRES(context) {
    return bus_.open_group(context.again(), id);
  }
  [[nodiscard]] devlock::Result<Vm> create_vm(devlock::vfio::ContextFor<devlock::vfio::group_lock> context)
      DEVLOCK_REQUIRES(context) {
    return host_.create_vm(context.again());
  }

 private:
  static constexpr int first_group = 1000;
  Simulator& host_;
  devlock::sim::MdevBus<TurnSync> bus_;
};

class SimMdevSite : public TurnThreads {
 public:
  using Host = SimMdevHost;
  struct Hold {};  // nobody holds a lock of theirs

  SimMdevSite(Host& host, std::string parent) : host_(host), parent_(std::move(parent)) {}
  Host& host() { return host_; }

  std::string create(Context& context, const std::string& type, const devlock::vfio::Uuid& uuid) {
    return text(host_.bus().create(context.assume(), parent_, type, uuid.text()));
  }
  std::string remove(Context& context, const devlock::vfio::Uuid& uuid) {
    return text(host_.bus().remove(context.assume(), uuid.text()));
  }
  bool is_there(const devlock::vfio::Uuid& uuid) {
    Context context;
    return group_of(context, uuid) != -1;
  }
  int group_of(Context& context, const devlock::vfio::Uuid& uuid) {
    for (const auto& one : host_.bus().devices(context.assume())) {
      if (one.uuid == uuid.text()) {
        return one.group;
      }
    }
    return -1;
  }
  std::string available(Context& context) {
    const auto left = host_.bus().available(context.assume(), parent_);
    return left ? std::to_string(*left) + " of mtty-1" : text(left.error());
  }

 private:
  Host& host_;
  std::string parent_;
};

}  // namespace fidelity

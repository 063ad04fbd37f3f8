// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Functions of a real machine that scripts may use, and the simulated machine with the same ones: addresses, ports above them, groups.
// Every function has no driver and no driver_override when a script starts.
//
// Not checked: that nobody else uses the functions meanwhile.
#pragma once

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "devlock/backend/linux/host.hpp"
#include "devlock/backend/sim/host.hpp"
#include "stage.hpp"

namespace fidelity {

/// An errno that the simulator is made to answer where it would succeed, so that the comparison has something to find.
struct Wrong {
  devlock::Operation operation;
  int error_number;
};

class Lane {
 public:
  Lane(std::vector<Address> functions, std::optional<Wrong> wrong, const devlock::sim::Profile& profile)
      : functions_(std::move(functions)), wrong_(wrong) {
    plan_.usual_drivers().kernel(profile);
    std::vector<Address> known;
    const auto put = [&](const devlock::DeviceInfo& info) {
      if (std::find(known.begin(), known.end(), info.address) != known.end()) {
        return;
      }
      known.push_back(info.address);
      devlock::sim::FunctionSpec spec;
      spec.address = info.address;
      spec.bridge = info.bridges.empty() ? std::nullopt : std::optional(info.bridges.back());
      spec.vendor = info.vendor;
      spec.device = info.device;
      spec.class_code = info.class_code;
      spec.resettable = info.resettable;
      spec.iommu_group = info.iommu_group;
      spec.reset_methods = {devlock::pci::ResetMethod::bus};
      plan_.function(spec);
    };
    for (const Address address : functions_) {
      const auto info = need(kernel_.device(address));
      for (const Address bridge : info.bridges) {
        put(need(kernel_.device(bridge)));
      }
      put(info);
    }
    restore();
  }

  [[nodiscard]] unsigned size() const { return static_cast<unsigned>(functions_.size()); }

  Notes on_kernel(const Script& script) {
    Notes notes = Stage<devlock::linux_host::Host, KernelWaits>(kernel_, functions_).run(script);
    restore();
    return notes;
  }
  [[nodiscard]] Notes in_simulator(const Script& script) const {
    auto host = need(devlock::sim::Host::make(plan_));
    {
      Context context;
      for (const auto& spec : plan_.functions()) {
        if (spec.is_bridge()) {
          (void)need(host.probe(context.assume(), spec.address));
        }
      }
    }
    if (wrong_) {
      host.inject(wrong_->operation, {}, wrong_->error_number, 1000U);
    }
    return Stage<devlock::sim::Host, SimWaits>(host, functions_).run(script);
  }

 private:
  template <class T>
  static T need(devlock::Result<T> result) {
    if (!result) {
      std::fprintf(stderr, "fidelity: %s\n", to_string(result.error()).c_str());
      std::exit(2);
    }
    if constexpr (!std::is_void_v<T>) {
      return std::move(*result);
    }
  }
  void restore() {
    Context context;
    for (const Address address : functions_) {
      if (!need(kernel_.device(address)).driver.empty()) {
        need(kernel_.unbind(context.assume(), address));
      }
      need(kernel_.set_driver_override(context.assume(), address, ""));
    }
  }

  devlock::linux_host::Host kernel_;
  std::vector<Address> functions_;
  std::optional<Wrong> wrong_;
  devlock::sim::Blueprint plan_;
};

}  // namespace fidelity

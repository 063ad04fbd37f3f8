// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Functions of a real machine that scripts may use, and the simulated machine with the same ones: addresses, ports above them, groups, ways
// to be reset. Every function has no driver, no driver_override and its default reset methods when a script starts.
//
// Not checked: that nobody else uses the functions meanwhile.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "generator.hpp"
#include "kernel_site.hpp"
#include "lane.hpp"
#include "sim_site.hpp"
#include "stage.hpp"

namespace fidelity {

class FunctionLane : public Lane {
 public:
  FunctionLane(std::vector<Address> functions, std::optional<Wrong> wrong, const devlock::sim::Profile& profile,
               const std::string& shared)
      : Lane(shared), functions_(std::move(functions)), wrong_(wrong) {
    plan_.usual_drivers().kernel(profile);
    for (const Address address : functions_) {
      drivers_at_first_.push_back(need(kernel().device(address)).driver);
    }
    plan_.driver({.name = "nvme", .ids = {{0, 0, 0x010802}}, .manages_dma = false, .is_vfio = false});
    release();
    for (const Address address : functions_) {
      const auto info = need(kernel().device(address));
      for (const Address bridge : info.bridges) {
        put(need(kernel().device(bridge)));
      }
      put(info);
      kind_ = kind_of(info);
    }
    if (!kind_->host_driver.empty() && driver_exists(kind_->host_driver)) {
      drivers_.emplace_back(kind_->host_driver);
    }
  }

  /// Binds what the functions were bound to before.
  void give_back() override {
    Context context;
    for (std::size_t place = 0; place != functions_.size(); ++place) {
      if (!drivers_at_first_[place].empty()) {
        need(kernel().bind(context.assume(), functions_[place], drivers_at_first_[place]));
      }
    }
  }
  [[nodiscard]] const Kind& kind() const override { return *kind_; }
  void offer(Producible& to) const override {
    to.functions = true;
    to.pair = to.pair || functions_.size() > 1U;
    to.host_driver = to.host_driver || drivers_.size() > Generator::host_driver;
  }
  [[nodiscard]] Script draw(std::uint64_t seed, std::span<const Op> left_out) const override {
    return Generator(seed, stock(), left_out).draw();
  }
  [[nodiscard]] Stock stock() const {
    return {static_cast<unsigned>(functions_.size()), static_cast<unsigned>(drivers_.size()), KernelSite::can_hold()};
  }
  /// The kind of a function of this machine; edu if it is none of those above.
  static const Kind* kind_of(const devlock::DeviceInfo& info) {
    const auto found = std::find_if(kinds.begin(), kinds.end(), [&](const Kind& one) {
      return one.vendor == info.vendor && one.device == info.device;
    });
    return found == kinds.end() ? &kinds.front() : &*found;
  }

  [[nodiscard]] Notes on_kernel(const Script& script) override {
    std::optional<Alone> alone;
    if (changes_topology(script) || comes_anew(script)) {
      alone.emplace(topology());
    }
    Notes notes = Stage<KernelSite>(site_, functions_, drivers_).run(script);
    restore(script);
    return notes;
  }

 private:
  KernelSite::Host& kernel() { return site_.host(); }
  static bool driver_exists(std::string_view driver) {
    return ::access(("/sys/bus/pci/drivers/" + std::string(driver)).c_str(), F_OK) == 0;
  }
  void put(const devlock::DeviceInfo& info) {
    for (const auto& known : plan_.functions()) {
      if (known.address == info.address) {
        return;
      }
    }
    devlock::sim::FunctionSpec spec;
    spec.address = info.address;
    spec.bridge = info.bridges.empty() ? std::nullopt : std::optional(info.bridges.back());
    spec.vendor = info.vendor;
    spec.device = info.device;
    spec.class_code = info.class_code;
    spec.resettable = info.resettable;
    spec.iommu_group = info.iommu_group;
    spec.reset_methods = kernel().reset_methods().read(info.address).value_or(std::vector<devlock::pci::ResetMethod>());
    plan_.function(spec);
  }
  [[nodiscard]] Notes run_simulator(const Script& script) const override {
    auto host = need(SimSite::Host::make(plan_));
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
    SimSite site(host);
    return Stage<SimSite>(site, functions_, drivers_).run(script);
  }
  void release() {
    Context context;
    for (const Address address : functions_) {
      if (!need(kernel().device(address)).driver.empty()) {
        need(kernel().unbind(context.assume(), address));
      }
      need(kernel().set_driver_override(context.assume(), address, ""));
    }
  }
  // How a function can be reset is decided when it comes, by what is there then: after one left, or forgot a way, all of them come anew.
  [[nodiscard]] bool comes_anew(const Script& script) const {
    return std::any_of(script.begin(), script.end(), [this](const Step& step) {
      return step.op == Op::remove || (step.op == Op::set_reset_methods && functions_.size() > 1U);
    });
  }
  void restore(const Script& script) {
    Context context;
    const bool anew = comes_anew(script);
    const bool forgets = !anew && std::any_of(script.begin(), script.end(),
                                              [](const Step& step) { return step.op == Op::set_reset_methods; });
    if (anew) {
      for (const Address address : functions_) {
        if (kernel().device(address)) {
          need(kernel().remove(context.assume(), address));
        }
      }
      need(kernel().rescan(context.assume()));
    }
    release();
    for (const Address address : functions_) {
      if (forgets && need(kernel().device(address)).resettable) {
        need(kernel().reset_methods().write_default(address));
      }
    }
  }

  KernelSite site_;
  std::vector<Address> functions_;
  std::vector<std::string> drivers_at_first_;
  std::vector<std::string> drivers_{"vfio-pci", "pci-stub", "no-driver"};
  std::optional<Wrong> wrong_;
  devlock::sim::Blueprint plan_;
  const Kind* kind_ = &kinds.front();
};

}  // namespace fidelity

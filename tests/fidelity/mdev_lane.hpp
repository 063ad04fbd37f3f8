// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Mediated devices of the kernel's sample driver mtty, and a simulated parent like it. Devices of the lane's own use what that has, but for
// two instances, so that scripts see it full. No device of a script is there when one starts.
//
// Not checked: that nobody else uses the parent meanwhile.
#pragma once

#include <string>
#include <vector>

#include "kernel_mdev_site.hpp"
#include "lane.hpp"
#include "mdev_desk.hpp"
#include "mdev_generator.hpp"
#include "sim_mdev_site.hpp"
#include "stage.hpp"

namespace fidelity {

class MdevLane : public Lane {
 public:
  MdevLane(std::optional<Wrong> wrong, const devlock::sim::Profile& profile, const std::string& shared)
      : Lane(shared), wrong_(wrong), profile_(profile) {
    plan_.usual_drivers().kernel(profile);
    fill();
  }

  [[nodiscard]] const Kind& kind() const override { return mtty; }
  void offer(Producible& to) const override { to.mdevs = true; }
  [[nodiscard]] Script draw(std::uint64_t seed, std::span<const Op> left_out) const override {
    return MdevGenerator(seed, left_out).draw();
  }
  void give_back() override {
    Context context;
    for (const auto& uuid : fillers_) {
      need(kernel().mdevs().remove(context.assume(), uuid));
    }
  }
  /// Each script is alone with the topology: it makes IOMMU groups, whose numbers another lane's may have had.
  [[nodiscard]] Notes on_kernel(const Script& script) override {
    const Alone alone(topology());
    Notes notes = Stage<KernelMdevSite, MdevDesk>(site_, types()).run(script);
    Context context;
    for (unsigned place = 0; place != mdevs; ++place) {
      if (site_.is_there(mdev_uuid(place))) {
        need(kernel().mdevs().remove(context.assume(), mdev_uuid(place)));
      }
    }
    return notes;
  }

 private:
  static constexpr const char* parent = "mtty";
  static constexpr unsigned left = 2;  // instances that scripts have

  /// As MdevGenerator::types says.
  static std::vector<std::string> types() { return {"mtty-1", "mtty-2", "mtty-0"}; }
  KernelSite::Host& kernel() { return site_.host(); }
  void fill() {
    Context context;
    for (unsigned place = mdevs; available() > static_cast<int>(left); ++place) {
      fillers_.push_back(mdev_uuid(place));
      need(kernel().mdevs().create(context.assume(), parent,
                                   available() > static_cast<int>(left) + 1 ? "mtty-2" : "mtty-1", fillers_.back()));
    }
  }
  int available() {
    for (const auto& type : need(kernel().mdevs().types(parent))) {
      if (type.id == "mtty-1") {
        return type.available;
      }
    }
    return 0;
  }
  [[nodiscard]] Notes run_simulator(const Script& script) const override {
    auto simulator = need(SimMdevHost::Simulator::make(plan_));
    SimMdevHost host(simulator, profile_);
    auto& bus = host.bus();
    need(bus.register_parent(parent, left, {{"mtty-1", 1U}, {"mtty-2", 2U}}));
    if (wrong_ && wrong_->operation == devlock::Operation::create_mdev) {
      bus.inject(devlock::sim::MdevStep::files, wrong_->error_number, 1000U);
    }
    if (wrong_ && wrong_->operation == devlock::Operation::remove_mdev) {
      bus.inject(devlock::sim::MdevStep::remove, wrong_->error_number, 1000U);
    }
    SimMdevSite site(host, parent);
    Notes notes = Stage<SimMdevSite, MdevDesk>(site, types()).run(script);
    Context context;
    need(bus.unregister_parent(context.assume(), parent));
    return notes;
  }

  KernelMdevSite site_{parent};
  std::optional<Wrong> wrong_;
  devlock::sim::Profile profile_;
  devlock::sim::Blueprint plan_;
  std::vector<devlock::vfio::Uuid> fillers_;
};

}  // namespace fidelity

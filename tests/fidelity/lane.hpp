// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Functions of a real machine that scripts may use, and the simulated machine with the same ones: addresses, ports above them, groups, ways
// to be reset. Every function has no driver, no driver_override and its default reset methods when a script starts.
//
// Not checked: that nobody else uses the functions meanwhile.
#pragma once

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "generator.hpp"
#include "kernel_site.hpp"
#include "sim_site.hpp"
#include "stage.hpp"

namespace fidelity {

/// A model of device: what it is called, how it is known, and which driver of the host drives it with DMA; none if it is empty.
struct Kind {
  std::string_view name;
  std::uint16_t vendor;
  std::uint16_t device;
  std::string_view host_driver;
};
inline constexpr std::array kinds{Kind{"edu", 0x1234, 0x11e8, ""}, Kind{"e1000e", 0x8086, 0x10d3, "e1000e"},
                                  Kind{"nvme", 0x1b36, 0x0010, "nvme"}};

/// An errno that the simulator is made to answer where it would succeed, so that the comparison has something to find.
struct Wrong {
  devlock::Operation operation;
  int error_number;
};

class Lane {
 public:
  /// Scripts that change the topology take turns through `shared`, a file for all lanes.
  Lane(std::vector<Address> functions, std::optional<Wrong> wrong, const devlock::sim::Profile& profile,
       const std::string& shared)
      : functions_(std::move(functions)), wrong_(wrong), shared_(shared) {
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
  void give_back() {
    Context context;
    for (std::size_t place = 0; place != functions_.size(); ++place) {
      if (!drivers_at_first_[place].empty()) {
        need(kernel().bind(context.assume(), functions_[place], drivers_at_first_[place]));
      }
    }
  }
  /// Once in the process that runs it: a lock of a file is that of whoever opened it.
  void reopen() { topology_ = ::open(shared_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600); }
  [[nodiscard]] const Kind& kind() const { return *kind_; }
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

  Notes on_kernel(const Script& script) {
    const bool alone = changes_topology(script) || comes_anew(script);
    if (alone) {
      (void)::flock(topology_, LOCK_EX);
    }
    Notes notes = Stage<KernelSite>(site_, functions_, drivers_).run(script);
    restore(script);
    if (alone) {
      (void)::flock(topology_, LOCK_UN);
    }
    return notes;
  }
  /// What the simulator answers, once for every order in which those who wait can go on.
  [[nodiscard]] std::vector<Notes> in_simulator(const Script& script) const {
    std::vector<Notes> all;
    Turns::Choices choices;
    for (bool more = true; more; more = Turns::instance().next(choices)) {
      if (runs_of_one_ == 4096U) {
        std::fprintf(stderr, "fidelity: a script has more than 4096 orders of wake-ups\n");
        std::_Exit(2);
      }
      ++runs_of_one_;
      Turns::instance().begin(choices);
      Notes notes = run_simulator(script);
      if (std::find(all.begin(), all.end(), notes) == all.end()) {
        all.push_back(std::move(notes));
      }
    }
    runs_of_one_ = 0;
    return all;
  }

 private:
  template <class T>
  static T need(devlock::Result<T> result) {
    if (!result) {
      std::fprintf(stderr, "fidelity: %s\n", to_string(result.error()).c_str());
      std::_Exit(2);
    }
    if constexpr (!std::is_void_v<T>) {
      return std::move(*result);
    }
  }
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
  [[nodiscard]] Notes run_simulator(const Script& script) const {
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
  std::string shared_;
  int topology_ = -1;
  devlock::sim::Blueprint plan_;
  const Kind* kind_ = &kinds.front();
  mutable unsigned runs_of_one_ = 0;
};

}  // namespace fidelity

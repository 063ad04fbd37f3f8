// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The simulated machine behind a host and all handles opened through it: the tree, the functions, the IOMMU groups, the drivers.
// Handles share it, so they may outlive the host that opened them. Functions come and go (backend/sim/hotplug.hpp); one that left stays
// in memory, so that whoever waits for its lock or lists it in a scope may go on, and find its life to be gone.
// Not checked: that a function which was found is still there; its life says so under its device lock.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "devlock/backend/concept.hpp"
#include "devlock/backend/sim/device_links.hpp"
#include "devlock/backend/sim/iommu_groups.hpp"
#include "devlock/backend/sim/vfio_group.hpp"

namespace devlock::sim {

template <Sync S>
class Machine {
 public:
  using Tree = pci::Topology<DeviceLock<S>>;

  Machine() = default;
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  /// Everything of the plan, with nothing bound. EEXIST: two functions have one address, or two drivers one name. ENOENT: a bridge is
  /// not there, or comes after what is below it. EINVAL: a function sits below one that is no bridge.
  [[nodiscard]] Result<void> build(const Blueprint& plan) {
    plan_ = plan.functions();
    drivers_ = plan.drivers();
    profile_ = plan.profile();
    for (const Driver& one : drivers_) {
      if (&drivers_[driver_place(one.name) - 1U] != &one) {
        return refuse("driver " + one.name, EEXIST, "two drivers have this name", "give each its own");
      }
    }
    for (const FunctionSpec& spec : plan.functions()) {
      if (auto added = put_in(spec, nullptr); !added) {
        return failure(std::move(added).error());
      }
    }
    number_groups();
    return {};
  }
  /// A function comes, a virtual one if it is somebody's. Call it with rescan_lock held, and under it the lock of its bridge, which a Linux
  /// does not take: a reset of that bus hits what is there. The errors are those of build.
  [[nodiscard]] Result<Function<S>*> add(const FunctionSpec& spec, Function<S>* physical = nullptr) {
    return bus_list_.with([&] {
      auto added = put_in(spec, physical);
      if (added) {
        groups_.join(**added, functions_);
      }
      return added;
    });
  }
  /// A function that has no driver and nothing below it leaves. Call it with its device lock held, or with that of what it belongs to.
  /// False, and nothing happened, if something is below it or it left before.
  bool erase(Function<S>& function) {
    return bus_list_.with([&] {
      if (known(function.address()) != &function || !tree_.remove(function.address())) {
        return false;
      }
      if (function.group != nullptr) {
        function.group->leave(function);
      }
      function.lock().mark_gone();
      auto owned = functions_.extract(function.address());
      gone_.push_back(std::move(owned.mapped()));
      return true;
    });
  }
  /// The kernel whose answers it gives where kernels differ.
  [[nodiscard]] const Profile& profile() const { return profile_; }
  /// What the plan has: what a rescan can find.
  [[nodiscard]] const std::vector<FunctionSpec>& plan() const { return plan_; }

  /// The tree itself, for when nothing comes or goes.
  [[nodiscard]] const Tree& tree() const { return tree_; }
  /// What a reset of this kind touches now; empty as Topology::scope is. The bus below a bridge may be empty: then it is the lock of the
  /// bridge that is taken, and nothing that is reset, as pci_reset_bus does.
  [[nodiscard]] std::optional<pci::ResetScope<DeviceLock<S>>> scope(pci::ScopeKind kind, pci::Address address) const {
    return bus_list_.with([&] {
      auto scope = tree_.scope(kind, address);
      const Function<S>* bridge = scope || kind != pci::ScopeKind::subordinate ? nullptr : known(address);
      if (bridge != nullptr && bridge->spec.is_bridge()) {
        scope.emplace(kind, address);
        scope->add_bridge(address, bridge->lock());
      }
      return scope;
    });
  }
  /// What a reset of this kind hits now: what hangs there, whatever a scope lists.
  [[nodiscard]] std::vector<Function<S>*> hit_by(pci::ScopeKind kind, pci::Address address) const {
    return bus_list_.with([&] {
      std::vector<Function<S>*> hit;
      if (const auto now = tree_.scope(kind, address)) {
        for (const pci::Address affected : now->affected()) {
          hit.push_back(known(affected));
        }
      }
      return hit;
    });
  }
  /// The ways to reset a function that it has now: `bus` if nothing else hangs there, the others as the plan says. Source:
  /// pci_init_reset_methods, pci_parent_bus_reset in drivers/pci/pci.c.
  [[nodiscard]] std::vector<pci::ResetMethod> reset_methods_of(const Function<S>& function) const {
    return function.spec.methods(hit_by(pci::ScopeKind::bus, function.address()).size() == 1U);
  }
  /// The functions that are there now, in walking order.
  [[nodiscard]] std::vector<Function<S>*> functions() const {
    return bus_list_.with([this] {
      std::vector<Function<S>*> all;
      for (const auto* node : tree_.walk()) {
        all.push_back(functions_.at(node->address).get());
      }
      return all;
    });
  }
  [[nodiscard]] std::vector<Function<S>*> by_address() const {
    return bus_list_.with([this] { return all_of(functions_); });
  }
  [[nodiscard]] std::vector<IommuGroup<S>*> groups() const {
    return bus_list_.with([this] { return groups_.all(); });
  }
  [[nodiscard]] std::vector<DeviceSet<S>*> device_sets() const {
    return bus_list_.with([this] {
      std::vector<DeviceSet<S>*> all;
      for (const auto& set : sets_) {
        all.push_back(set.get());
      }
      return all;
    });
  }
  /// The function that has this address now; null if none has.
  [[nodiscard]] Function<S>* find(pci::Address address) const {
    return bus_list_.with([&]() -> Function<S>* {
      const auto found = functions_.find(address);
      return found == functions_.end() ? nullptr : found->second.get();
    });
  }
  /// The same, or else the last one that had it: for whoever has its lock, or waited for it.
  [[nodiscard]] Function<S>* find_or_recall(pci::Address address) const {
    return bus_list_.with([&]() -> Function<S>* {
      if (Function<S>* function = known(address)) {
        return function;
      }
      for (auto one = gone_.rbegin(); one != gone_.rend(); ++one) {
        if ((*one)->address() == address) {
          return one->get();
        }
      }
      return nullptr;
    });
  }
  [[nodiscard]] IommuGroup<S>* find_group(int id) const {
    return bus_list_.with([&] { return groups_.find(id); });
  }
  /// From 1; 0 if there is no such driver.
  [[nodiscard]] unsigned driver_place(std::string_view name) const {
    for (unsigned place = 0; place != drivers_.size(); ++place) {
      if (drivers_[place].name == name) {
        return place + 1U;
      }
    }
    return 0U;
  }
  /// The driver at a place that is not 0.
  [[nodiscard]] const Driver& driver(unsigned place) const { return drivers_[place - 1U]; }
  [[nodiscard]] unsigned drivers() const { return static_cast<unsigned>(drivers_.size()); }
  [[nodiscard]] std::string driver_name(const Function<S>& function) const {
    const unsigned place = function.linked_driver();
    return place == 0U ? std::string() : driver(place).name;
  }

  [[nodiscard]] DeviceInfo describe(const Function<S>& function) const {
    DeviceInfo info;
    info.address = function.address();
    info.vendor = function.spec.vendor;
    info.device = function.spec.device;
    info.class_code = function.spec.class_code;
    info.driver = driver_name(function);
    info.iommu_group = function.group != nullptr ? function.group->id : -1;
    for (const auto* above = function.node->bridge; above != nullptr; above = above->bridge) {
      info.bridges.insert(info.bridges.begin(), above->address);
    }
    info.is_bridge = function.spec.is_bridge();
    info.resettable = function.resettable;
    return info;
  }

  /// Has whoever asks CAP_SYS_ADMIN and CAP_SYS_RAWIO? So it is until somebody says otherwise.
  [[nodiscard]] bool privileged() const {
    return privileged_.load(std::memory_order_acquire);
  }                                                                                     // pairs with set_privileged
  void set_privileged(bool yes) { privileged_.store(yes, std::memory_order_release); }  // pairs with privileged

  Faults<S> faults;
  std::shared_ptr<Gauge<S>> vms = std::make_shared<Gauge<S>>();  // that somebody refers to
  DeviceLinks<S> links;
  Ordered<vfio::rescan_remove_lock, typename S::mutex> rescan_lock;
  Gauge<S> waits_for_rescan;  // threads that are about to wait for, or wait for, rescan_lock
  Ordered<vfio::group_list_lock, typename S::mutex> group_list_lock;

 private:
  static Failure refuse(std::string object, int error_number, std::string reason, std::string remedy) {
    return failure(
        make_error(Operation::enumerate, std::move(object), error_number, std::move(reason), std::move(remedy)));
  }
  template <class Map>
  static auto all_of(const Map& map) {
    std::vector<typename Map::mapped_type::element_type*> all;
    for (const auto& entry : map) {
      all.push_back(entry.second.get());
    }
    return all;
  }
  Function<S>* known(pci::Address address) const {
    const auto found = functions_.find(address);
    return found == functions_.end() ? nullptr : found->second.get();
  }
  Result<Function<S>*> put_in(const FunctionSpec& spec, Function<S>* physical) {
    const std::string name = pci::to_string(spec.address);
    if (tree_.find(spec.address) != nullptr) {
      return refuse(name, EEXIST, "two functions have this address", "give each function its own");
    }
    const Function<S>* above = spec.bridge ? known(*spec.bridge) : nullptr;
    if (spec.bridge && above == nullptr) {
      return refuse(name, ENOENT, "its bridge " + pci::to_string(*spec.bridge) + " is not there",
                    "add the bridge before what is below it");
    }
    if (above != nullptr && !above->spec.is_bridge()) {
      return refuse(name, EINVAL, pci::to_string(*spec.bridge) + " above it is no bridge", "put it below a bridge");
    }
    auto* node = physical != nullptr ? tree_.add_virtual(spec.address, physical->address())
                                     : tree_.add(spec.address, spec.bridge);
    auto function = std::make_unique<Function<S>>(spec, *node, set_of(spec.is_virtual ? nullptr : node->bridge));
    function->physical = physical;
    function->set_methods(spec.methods(node->bridge != nullptr && node->bridge->below.size() == 1U));
    function->resettable = !function->methods().empty();
    function->registers.assign(0xf0000000U + static_cast<unsigned>(functions_.size() + gone_.size()) * 0x100000U);
    return functions_.emplace(spec.address, std::move(function)).first->second.get();
  }
  // What resets together: the functions below one bridge, or one on a root bus, or a virtual one.
  DeviceSet<S>& set_of(const typename Tree::Node* bridge) {
    if (bridge != nullptr) {
      if (const auto known = set_below_.find(bridge); known != set_below_.end()) {
        return *known->second;
      }
    }
    sets_.push_back(std::make_unique<DeviceSet<S>>());
    if (bridge != nullptr) {
      set_below_.emplace(bridge, sets_.back().get());
    }
    return *sets_.back();
  }
  // Chosen numbers first; then, by address, one new number for each slot.
  void number_groups() {
    for (const bool chosen : {true, false}) {
      for (const auto& [address, function] : functions_) {
        if (function->spec.iommu_group.has_value() == chosen) {
          groups_.join(*function, functions_);
        }
      }
    }
  }

  typename S::template atomic<bool> privileged_{true};
  Leaf<S> bus_list_;  // pci_bus_sem, which nothing is waited for under: it guards everything below
  Tree tree_;
  std::vector<Driver> drivers_;  // never changed
  Profile profile_;
  std::vector<FunctionSpec> plan_;  // never changed
  std::vector<std::unique_ptr<DeviceSet<S>>> sets_;
  std::map<const typename Tree::Node*, DeviceSet<S>*> set_below_;
  IommuGroups<S> groups_;
  std::map<pci::Address, std::unique_ptr<Function<S>>> functions_;
  std::vector<std::unique_ptr<Function<S>>> gone_;
};

}  // namespace devlock::sim

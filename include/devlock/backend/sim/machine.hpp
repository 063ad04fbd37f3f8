// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The simulated machine behind a host and all handles opened through it: the tree, the functions, the IOMMU groups, the drivers.
// Handles share it, so they may outlive the host that opened them.
// Not checked: hotplug; functions neither come nor go once it is built.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "devlock/backend/concept.hpp"
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
    drivers_ = plan.drivers();
    for (const Driver& one : drivers_) {
      if (&drivers_[driver_place(one.name) - 1U] != &one) {
        return refuse("driver " + one.name, EEXIST, "two drivers have this name", "give each its own");
      }
    }
    for (const FunctionSpec& spec : plan.functions()) {
      if (auto added = add(spec); !added) {
        return added;
      }
    }
    number_groups();
    return {};
  }

  [[nodiscard]] const Tree& tree() const { return tree_; }
  /// In walking order.
  [[nodiscard]] const std::vector<Function<S>*>& functions() const { return order_; }
  [[nodiscard]] const std::map<pci::Address, std::unique_ptr<Function<S>>>& by_address() const { return functions_; }
  [[nodiscard]] const std::map<int, std::unique_ptr<IommuGroup<S>>>& groups() const { return groups_; }
  [[nodiscard]] const std::vector<std::unique_ptr<DeviceSet<S>>>& device_sets() const { return sets_; }
  [[nodiscard]] Function<S>* find(pci::Address address) const {
    const auto found = functions_.find(address);
    return found == functions_.end() ? nullptr : found->second.get();
  }
  [[nodiscard]] IommuGroup<S>* find_group(int id) const {
    const auto found = groups_.find(id);
    return found == groups_.end() ? nullptr : found->second.get();
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
    const unsigned place = function.driver();
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
    info.resettable = function.spec.has_reset();
    return info;
  }

  Faults<S> faults;
  std::shared_ptr<Gauge<S>> vms = std::make_shared<Gauge<S>>();  // that somebody refers to
  Ordered<vfio::group_list_lock, typename S::mutex> group_list_lock;

 private:
  static Failure refuse(std::string object, int error_number, std::string reason, std::string remedy) {
    return failure(
        make_error(Operation::enumerate, std::move(object), error_number, std::move(reason), std::move(remedy)));
  }
  Result<void> add(const FunctionSpec& spec) {
    const std::string name = pci::to_string(spec.address);
    if (tree_.find(spec.address) != nullptr) {
      return refuse(name, EEXIST, "two functions have this address", "give each function its own");
    }
    const Function<S>* above = spec.bridge ? find(*spec.bridge) : nullptr;
    if (spec.bridge && above == nullptr) {
      return refuse(name, ENOENT, "its bridge " + pci::to_string(*spec.bridge) + " is not there",
                    "add the bridge before what is below it");
    }
    if (above != nullptr && !above->spec.is_bridge()) {
      return refuse(name, EINVAL, pci::to_string(*spec.bridge) + " above it is no bridge", "put it below a bridge");
    }
    auto* node = tree_.add(spec.address, spec.bridge);
    auto function = std::make_unique<Function<S>>(spec, *node, set_of(node->bridge));
    function->registers.assign(0xf0000000U + static_cast<unsigned>(functions_.size()) * 0x100000U);
    functions_.emplace(spec.address, std::move(function));
    return {};
  }
  // What resets together: the functions below one bridge, or one on a root bus.
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
  void join(Function<S>& function, int id) {
    auto& group = groups_[id];
    if (group == nullptr) {
      group = std::make_unique<IommuGroup<S>>(id, function.spec.group_ready);
    }
    function.group = group.get();
    group->members.push_back(&function);
    group->addresses.push_back(function.address());
  }
  // Chosen numbers first; then, by address, one new number for each slot.
  void number_groups() {
    for (const auto* node : tree_.walk()) {
      order_.push_back(find(node->address));
    }
    for (const auto& [address, owned] : functions_) {
      Function<S>* function = owned.get();
      if (function->spec.iommu_group.value_or(FunctionSpec::no_group) >= 0) {
        join(*function, *function->spec.iommu_group);
      }
    }
    int next = 0;
    std::map<pci::Address, int> group_of_slot;
    for (const auto& [address, owned] : functions_) {
      Function<S>* function = owned.get();
      if (function->spec.iommu_group) {
        continue;
      }
      pci::Address slot = address;
      slot.function = 0;
      if (const auto known = group_of_slot.find(slot); known != group_of_slot.end()) {
        join(*function, known->second);
        continue;
      }
      while (groups_.contains(next)) {
        ++next;
      }
      group_of_slot.emplace(slot, next);
      join(*function, next);
    }
  }

  Tree tree_;
  std::vector<Driver> drivers_;
  std::vector<std::unique_ptr<DeviceSet<S>>> sets_;
  std::map<const typename Tree::Node*, DeviceSet<S>*> set_below_;
  std::map<int, std::unique_ptr<IommuGroup<S>>> groups_;
  std::map<pci::Address, std::unique_ptr<Function<S>>> functions_;
  std::vector<Function<S>*> order_;
};

}  // namespace devlock::sim

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What a script has open on one host: two containers, groups, devices and holds, and a VM. A step names one of two; the other is meant if
// only that is open, or free, as the step wants it.
//
// Not checked: that nobody uses a handle which a step closes; uses() says which handles a step is about.
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "script.hpp"

namespace fidelity {

template <class Site>
struct Handles {
  using Host = typename Site::Host;
  using Group = typename Host::Group;

  [[nodiscard]] bool holds_any() const { return holds[0] != nullptr || holds[1] != nullptr; }

  /// The handles that a step is about, a bit for each. Two steps at once that have one in common are not asked.
  [[nodiscard]] unsigned uses(const Step& step) const {
    const unsigned a_container = 1U << place(containers, step.handle, step.op != Op::open_container);
    const unsigned a_group = 4U << place(groups, step.handle, step.op != Op::open_group);
    const unsigned a_device = 16U << place(devices, step.handle, step.op != Op::open_device);
    const unsigned the_vm = 64U;
    switch (step.op) {
      case Op::open_container:
      case Op::close_container:
      case Op::set_iommu:
        return a_container;
      case Op::open_group:
      case Op::close_group:
      case Op::status:
      case Op::unset_container:
        return a_group;
      case Op::set_container:
        return a_container | a_group;
      case Op::open_device:
      case Op::hot_reset:
        return a_group | a_device;
      case Op::close_device:
      case Op::reset_device:
      case Op::hot_reset_info:
      case Op::watch_unplug:
      case Op::unplug_requested:
        return a_device;
      case Op::create_vm:
      case Op::close_vm:
        return the_vm;
      case Op::attach:
      case Op::detach:
        return the_vm | a_group;
      case Op::open_all:
        return 1U << step.handle | 4U << step.handle | 16U << step.handle;
      case Op::hold:
      case Op::release:
        return 128U << step.handle;
      default:
        return 0;
    }
  }
  /// Whether there is what the step is about; else it is asked of nobody.
  [[nodiscard]] bool has(const Step& step) const {
    const auto open = [&](const auto& slots) { return slots[0] || slots[1]; };
    const auto room = [&](const auto& slots) { return !slots[0] || !slots[1]; };
    switch (step.op) {
      case Op::open_container:
        return room(containers);
      case Op::close_container:
      case Op::set_iommu:
        return open(containers);
      case Op::open_group:
        return room(groups);
      case Op::close_group:
      case Op::status:
      case Op::unset_container:
        return open(groups);
      case Op::set_container:
        return open(groups) && open(containers);
      case Op::open_device:
        return open(groups) && room(devices);
      case Op::close_device:
      case Op::reset_device:
      case Op::hot_reset_info:
      case Op::hot_reset:
      case Op::watch_unplug:
      case Op::unplug_requested:
        return open(devices);
      case Op::create_vm:
        return !vm;
      case Op::close_vm:
        return vm.has_value();
      case Op::attach:
      case Op::detach:
        return vm && open(groups);
      case Op::open_all:
        return !devices[step.handle];
      case Op::hold:
        return holds[step.handle] == nullptr;
      case Op::release:
        return holds[step.handle] != nullptr;
      default:
        return true;
    }
  }

  /// What is open, to be closed one by one.
  template <class Close>
  void for_each_open(const Close& act) {
    for (const unsigned handle : {0U, 1U}) {
      const auto closing = [&](bool open, Op op) {
        if (open) {
          act(Step{op, 0, 0, handle, 0});
        }
      };
      closing(holds[handle] != nullptr, Op::release);
    }
    for (const Op op : {Op::close_device, Op::close_group, Op::close_container, Op::close_vm}) {
      for (const unsigned handle : {0U, 1U}) {
        if (has(Step{op, 0, 0, handle, 0}) && (op != Op::close_vm || handle == 0U)) {
          act(Step{op, 0, 0, handle, 0});
        }
      }
    }
  }
  // The one at this place, or the other if only that is `open` as wanted.
  template <class Slots>
  static unsigned place(const Slots& slots, unsigned wanted, bool open) {
    return static_cast<bool>(slots[wanted]) == open ? wanted : 1U - wanted;
  }
  std::array<std::optional<typename Group::Container>, handles> containers;
  std::array<std::optional<Group>, handles> groups;
  std::array<std::optional<typename Group::Device>, handles> devices;
  std::array<std::unique_ptr<typename Site::Hold>, handles> holds;
  std::optional<typename Host::Vm> vm;
};

}  // namespace fidelity

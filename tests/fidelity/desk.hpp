// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// How a step is asked of one host: one text for every host.
//
// Not checked: that the handles are there which the step is about; Handles::has says so.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "answer.hpp"
#include "handles.hpp"
#include "script.hpp"

namespace fidelity {

template <class Site>
class Desk {
 public:
  using Host = typename Site::Host;
  using Group = typename Host::Group;

  Desk(Site& site, std::vector<Address> functions, std::vector<std::string> drivers)
      : site_(site), host_(site.host()), functions_(std::move(functions)), drivers_(std::move(drivers)) {
    const auto info = host_.device(functions_.front());
    bridge_ = info && !info->bridges.empty() ? info->bridges.back() : Address{};
    note_groups();
  }

  [[nodiscard]] const std::vector<std::string>& drivers() const { return drivers_; }
  std::string ask(const Step& step) {
    Context context;
    const Address address = functions_[step.function];
    auto& container =
        open_.containers[Handles<Site>::place(open_.containers, step.handle, step.op != Op::open_container)];
    auto& group = open_.groups[Handles<Site>::place(open_.groups, step.handle, step.op != Op::open_group)];
    auto& device = open_.devices[Handles<Site>::place(open_.devices, step.handle, step.op != Op::open_device)];
    switch (step.op) {
      case Op::bind:
        return text(host_.bind(context.assume(), address, drivers_[step.choice]));
      case Op::unbind:
        return text(host_.unbind(context.assume(), address));
      case Op::set_override:
        return text(host_.set_driver_override(context.assume(), address, drivers_[step.choice]));
      case Op::clear_override:
        return text(host_.set_driver_override(context.assume(), address, ""));
      case Op::probe: {
        const auto bound = host_.probe(context.assume(), address);  // the driver is noted when nothing moves
        return bound ? "ok" : text(bound.error());
      }
      case Op::reset_function:
        return text(host_.reset_function(context.assume(), address));
      case Op::remove:
        return site_.remove(context, address);
      case Op::rescan:
        return site_.rescan(context);
      case Op::hold:
        return hold(step);
      case Op::release:
        open_.holds[step.handle].reset();
        return "ok";
      case Op::reset_bus:
        return text(host_.try_reset_bus(bridge_));
      case Op::set_reset_methods:
        return set_reset_methods(address, method_choices[step.choice]);
      case Op::reset_methods:
        return site_.reset_methods(address);
      case Op::open_all:
        return open_all(context, step);
      case Op::open_container:
        return keep(container, host_.open_container());
      case Op::close_container:
        return close(context, container);
      case Op::open_group:
        return keep(group, host_.open_group(context.assume(), group_of(address)));
      case Op::close_group:
        return close(context, group);
      case Op::status:
        return text(group->status(context.assume()));
      case Op::set_container:
        return text(group->set_container(context.assume(), *container));
      case Op::unset_container:
        return text(group->unset_container(context.assume()));
      case Op::set_iommu:
        return text(container->set_iommu(context.assume()));
      case Op::open_device:
        return keep(device, group->open_device(context.assume(), address));
      case Op::close_device:
        return close(context, device);
      case Op::reset_device:
        return text(device->reset(context.assume()));
      case Op::hot_reset_info: {
        const auto affected = device->hot_reset_info(context.assume(), devlock::every_function);
        return affected ? list(*affected) : text(affected.error());
      }
      case Op::hot_reset: {
        std::vector<Group*> owned;
        if (group) {
          owned.push_back(&*group);
        }
        return text(device->hot_reset(context.assume(), owned));
      }
      case Op::watch_unplug:
        return text(device->watch_unplug(context.assume()));
      case Op::unplug_requested:
        return text(device->unplug_requested());
      case Op::create_vm:
        return keep(open_.vm, host_.create_vm(context.assume()));
      case Op::close_vm:
        return close(context, open_.vm);
      case Op::attach:
        return text(open_.vm->attach(context.assume(), *group));
      case Op::detach:
        return text(open_.vm->detach(context.assume(), *group));
    }
    return "no operation";
  }

  [[nodiscard]] Handles<Site>& open() { return open_; }
  [[nodiscard]] const Handles<Site>& open() const { return open_; }
  /// The driver of a function as sysfs shows it now.
  [[nodiscard]] std::string driver(unsigned function) const {
    const auto info = host_.device(functions_[function]);
    return info ? (info->driver.empty() ? "no driver" : info->driver) : "no function";
  }
  /// The groups that the functions are in now; one that left keeps the one that it had.
  void note_groups() {
    group_ids_.resize(functions_.size(), -1);
    for (std::size_t place = 0; place != functions_.size(); ++place) {
      if (const auto info = host_.device(functions_[place])) {
        group_ids_[place] = info->iommu_group;
      }
    }
  }
  void note_left(Notes& notes) {
    Context context;
    for (unsigned function = 0; function != functions_.size(); ++function) {
      const std::string what = " of function " + std::to_string(function);
      notes.push_back({"left: driver" + what, "", driver(function)});
      notes.push_back(
          {"left: driver_override" + what, "", text(host_.driver_override(context.assume(), functions_[function]))});
    }
    auto group = host_.open_group(context.assume(), group_of(functions_.front()));
    notes.push_back({"left: the group", "", group ? text(group->status(context.assume())) : text(group.error())});
  }

 private:
  template <class Slot, class Made>
  static std::string keep(Slot& slot, Made made) {
    if (!made) {
      return text(made.error());
    }
    slot.emplace(std::move(*made));
    return "ok";
  }
  template <class Slot>
  static std::string close(Context& context, Slot& slot) {
    std::string answer;
    if constexpr (requires { slot->close(); }) {
      answer = text(slot->close());
    } else {
      answer = text(slot->close(context.assume()));
    }
    slot.reset();
    return answer;
  }
  int group_of(Address address) const {
    for (std::size_t place = 0; place != functions_.size(); ++place) {
      if (functions_[place] == address) {
        return group_ids_[place];
      }
    }
    return -1;
  }
  template <class Affected>
  std::string list(const std::vector<Affected>& all) const {
    std::vector<std::string> functions;
    for (const auto& one : all) {
      functions.push_back(to_string(one.address) +
                          (one.iommu_group == group_of(one.address) ? "" : " of another group"));
    }
    // A kernel lists them as they came to the bus. What is compared is which they are.
    std::sort(functions.begin(), functions.end());
    std::string words = "ok";
    for (const std::string& one : functions) {
      words += ' ' + one;
    }
    return words;
  }
  std::string hold(const Step& step) {
    const int error_number = site_.hold(lock_letters[step.choice], functions_[step.function], open_.holds[step.handle]);
    return error_number == 0       ? "ok"
           : error_number == ENXIO ? "invalid ENXIO"
                                   : std::string("gone ") + devlock::errno_name(error_number);
  }
  std::string set_reset_methods(Address address, const std::string& choice) {
    using devlock::pci::ResetMethod;
    std::vector<ResetMethod> methods;
    for (const auto method : {ResetMethod::bus, ResetMethod::flr, ResetMethod::pm}) {
      if (choice == to_string(method)) {
        methods.push_back(method);
      }
    }
    return site_.set_reset_methods(address, choice, methods);
  }
  // What is missing of all that an open device needs. The first step that fails is the answer.
  std::string open_all(Context& context, const Step& step) {
    const Address address = functions_[step.function];
    auto& container = open_.containers[step.handle];
    auto& group = open_.groups[step.handle];
    std::string said;
    const auto works = [&](Op op, const std::string& answer) {
      said = answer.rfind("ok", 0) == 0 ? "ok" : std::string(name(op)) + ": " + answer;
      return said == "ok";
    };
    const auto asked = [&](Op op, auto&& act) { return works(op, act()); };
    const bool fresh = !group;
    (void)(asked(Op::set_override,
                 [&] { return text(host_.set_driver_override(context.assume(), address, drivers_.front())); }) &&
           asked(Op::probe, [&] { return text(host_.probe(context.assume(), address)); }) &&
           (container || asked(Op::open_container, [&] { return keep(container, host_.open_container()); })) &&
           (group || asked(Op::open_group,
                           [&] { return keep(group, host_.open_group(context.assume(), group_of(address))); })) &&
           (!fresh ||
            (asked(Op::set_container, [&] { return text(group->set_container(context.assume(), *container)); }) &&
             asked(Op::set_iommu, [&] { return text(container->set_iommu(context.assume())); }))) &&
           asked(Op::open_device,
                 [&] { return keep(open_.devices[step.handle], group->open_device(context.assume(), address)); }));
    return said;
  }

  Site& site_;
  Host& host_;
  std::vector<Address> functions_;
  std::vector<std::string> drivers_;
  std::vector<int> group_ids_;
  Address bridge_;
  Handles<Site> open_;
};

}  // namespace fidelity

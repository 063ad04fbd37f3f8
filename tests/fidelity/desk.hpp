// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// How a step about functions is asked of one host: one text for every host. HandleDesk asks what is about handles alone.
//
// Not checked: that the handles are there which the step is about; Handles::has says so.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "answer.hpp"
#include "handle_desk.hpp"
#include "script.hpp"

namespace fidelity {

template <class Site>
class Desk : public HandleDesk<Site> {
 public:
  using Host = typename Site::Host;
  using Group = typename Host::Group;

  Desk(Site& site, std::vector<Address> functions, std::vector<std::string> drivers)
      : HandleDesk<Site>(site.host()),
        site_(site),
        host_(site.host()),
        functions_(std::move(functions)),
        drivers_(std::move(drivers)) {
    const auto info = host_.device(functions_.front());
    bridge_ = info && !info->bridges.empty() ? info->bridges.back() : Address{};
    note_groups();
  }

  static constexpr std::string_view object = "function";
  [[nodiscard]] const std::vector<std::string>& names() const { return drivers_; }
  std::string ask(const Step& step) {
    Context context;
    const Address address = functions_[step.function];
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
        this->open().holds[step.handle].reset();
        return "ok";
      case Op::reset_bus:
        return text(host_.try_reset_bus(bridge_));
      case Op::set_reset_methods:
        return set_reset_methods(address, method_choices[step.choice]);
      case Op::reset_methods:
        return site_.reset_methods(address);
      case Op::open_all:
        return open_all(context, step);
      case Op::hot_reset_info: {
        const auto affected = this->device_at(step)->hot_reset_info(context.assume(), devlock::every_function);
        return affected ? list(*affected) : text(affected.error());
      }
      case Op::hot_reset: {
        std::vector<Group*> owned;
        if (auto& group = this->group_at(step)) {
          owned.push_back(&*group);
        }
        return text(this->device_at(step)->hot_reset(context.assume(), owned));
      }
      default:
        return this->ask_of_handles(context, step, group_of(address), address);
    }
  }

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
    const int error_number =
        site_.hold(lock_letters[step.choice], functions_[step.function], this->open().holds[step.handle]);
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
    std::string said;
    (void)(this->works(said, Op::set_override,
                       text(host_.set_driver_override(context.assume(), address, drivers_.front()))) &&
           this->works(said, Op::probe, text(host_.probe(context.assume(), address))) &&
           this->open_handles(
               said, context, step, [&] { return group_of(address); }, address));
    return said;
  }

  Site& site_;
  Host& host_;
  std::vector<Address> functions_;
  std::vector<std::string> drivers_;
  std::vector<int> group_ids_;
  Address bridge_;
};

}  // namespace fidelity

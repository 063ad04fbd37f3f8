// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// How a step about handles is asked of one host: containers, groups, devices and VMs, whatever the devices are.
//
// Not checked: that the handles are there which the step is about; Handles::has says so.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "answer.hpp"
#include "handles.hpp"
#include "script.hpp"

namespace fidelity {

template <class Site>
class HandleDesk {
 public:
  using Host = typename Site::Host;

  [[nodiscard]] Handles<Site>& open() { return open_; }
  [[nodiscard]] const Handles<Site>& open() const { return open_; }

 protected:
  explicit HandleDesk(Host& host) : handles_of_(host) {}

  auto& container_at(const Step& step) {
    return open_.containers[Handles<Site>::place(open_.containers, step.handle, step.op != Op::open_container)];
  }
  auto& group_at(const Step& step) {
    return open_.groups[Handles<Site>::place(open_.groups, step.handle, step.op != Op::open_group)];
  }
  auto& device_at(const Step& step) {
    return open_.devices[Handles<Site>::place(open_.devices, step.handle, step.op != Op::open_device)];
  }
  /// `group_number` is the group to open, and `device_name` what its device is called.
  template <class Name>
  std::string ask_of_handles(Context& context, const Step& step, int group_number, const Name& device_name) {
    switch (step.op) {
      case Op::open_container:
        return keep(container_at(step), handles_of_.open_container());
      case Op::close_container:
        return close(context, container_at(step));
      case Op::open_group:
        return keep(group_at(step), handles_of_.open_group(context.assume(), group_number));
      case Op::close_group:
        return close(context, group_at(step));
      case Op::status:
        return text(group_at(step)->status(context.assume()));
      case Op::set_container:
        return text(group_at(step)->set_container(context.assume(), *container_at(step)));
      case Op::unset_container:
        return text(group_at(step)->unset_container(context.assume()));
      case Op::set_iommu:
        return text(container_at(step)->set_iommu(context.assume()));
      case Op::open_device:
        return keep(device_at(step), group_at(step)->open_device(context.assume(), device_name));
      case Op::close_device:
        return close(context, device_at(step));
      case Op::reset_device:
        return text(device_at(step)->reset(context.assume()));
      case Op::watch_unplug:
        return text(device_at(step)->watch_unplug(context.assume()));
      case Op::unplug_requested:
        return text(device_at(step)->unplug_requested());
      case Op::create_vm:
        return keep(open_.vm, handles_of_.create_vm(context.assume()));
      case Op::close_vm:
        return close(context, open_.vm);
      case Op::attach:
        return text(open_.vm->attach(context.assume(), *group_at(step)));
      case Op::detach:
        return text(open_.vm->detach(context.assume(), *group_at(step)));
      default:
        return "no operation";
    }
  }
  /// Notes what a part of open_all answered; false if it failed, and the others are not asked.
  static bool works(std::string& said, Op op, const std::string& answer) {
    said = answer.rfind("ok", 0) == 0 ? "ok" : std::string(name(op)) + ": " + answer;
    return said == "ok";
  }
  /// What open_all needs from the container to the open device, as far as it is not there.
  template <class GroupOf, class Name>
  bool open_handles(std::string& said, Context& context, const Step& step, const GroupOf& group_of,
                    const Name& device_name) {
    auto& container = open_.containers[step.handle];
    auto& group = open_.groups[step.handle];
    const bool fresh = !group;
    return (container || works(said, Op::open_container, keep(container, handles_of_.open_container()))) &&
           (group || works(said, Op::open_group, keep(group, handles_of_.open_group(context.assume(), group_of())))) &&
           (!fresh || (works(said, Op::set_container, text(group->set_container(context.assume(), *container))) &&
                       works(said, Op::set_iommu, text(container->set_iommu(context.assume()))))) &&
           works(said, Op::open_device,
                 keep(open_.devices[step.handle], group->open_device(context.assume(), device_name)));
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

  Host& handles_of_;
  Handles<Site> open_;
};

}  // namespace fidelity

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Runs one script on one host, whichever it is, and notes every answer: "ok" and what came with it, class and errno, or "blocks". At the
// end it closes what is open and notes the state that is left.
//
// At most one thread waits for a lock: a step that would be the second is not asked, on every host. Not checked: who would be first.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "actor.hpp"
#include "devlock/backend/concept.hpp"
#include "script.hpp"
#include "waits.hpp"

namespace fidelity {

using devlock::pci::Address;
using Context = devlock::vfio::ThreadContext;

inline std::string text(const devlock::Error& error) {
  return std::string(to_string(error.error_class)) + ' ' + devlock::errno_name(error.error_number);
}
inline std::string text(const devlock::GroupStatus& status) {
  return std::string("ok") + (status.viable ? " viable" : "") + (status.container_set ? " container" : "");
}
inline std::string text(const std::string& word) {
  return word.empty() ? "ok" : "ok " + word;
}
inline std::string text(bool yes) {
  return yes ? "ok yes" : "ok no";
}
template <class Affected>
std::string text(const std::vector<Affected>& list) {
  std::string all = "ok";
  for (const auto& one : list) {
    all += ' ' + to_string(one.address) + '/' + std::to_string(one.iommu_group);
  }
  return all;
}
template <class T>
std::string text(const devlock::Result<T>& result) {
  if (!result) {
    return text(result.error());
  }
  if constexpr (std::is_void_v<T>) {
    return "ok";
  } else {
    return text(*result);
  }
}

/// What was noted: the operation, if it is one, and its answer.
struct Note {
  std::string what;
  std::string operation;
  std::string answer;
  friend bool operator==(const Note&, const Note&) = default;
};
using Notes = std::vector<Note>;

template <devlock::Backend Host, class Waits>
class Stage {
 public:
  Stage(Host& host, std::vector<Address> functions)
      : host_(host), functions_(std::move(functions)), waits_(host, functions_) {
    const auto info = host_.device(functions_.front());
    group_ = info ? info->iommu_group : -1;
    bridge_ = info && !info->bridges.empty() ? info->bridges.back() : Address{};
  }

  Notes run(const Script& script) {
    for (std::size_t place = 0; place != script.size(); ++place) {
      ask(script[place], std::to_string(place + 1U) + ". " + text(script[place]));
    }
    finish();
    return std::move(notes_);
  }

 private:
  using Group = typename Host::Group;

  void ask(const Step& step, const std::string& what) {
    Actor& actor = actors_[step.actor];
    if (actor.busy()) {
      return note(what, "", "not asked: the actor waits");
    }
    if (step.op == Op::watch_unplug && somebody_waits()) {
      return note(what, "",
                  "not asked: the kernel repeats its request every 10 s, so what it answers depends on the clock");
    }
    if (!takes_device_lock(step.op)) {
      note(what, name(step.op), now(step));
      return settle();
    }
    for (std::size_t other = 0; other != actors_.size(); ++other) {
      // The first unbind has the lock and waits for descriptors; the next one waits for the lock.
      if (actors_[other].busy() && asked_[other].function == step.function && waiters(step.function) > 1U) {
        return note(what, "", "not asked: somebody waits for the lock");
      }
    }
    asked_[step.actor] = step;
    actor.start([this, step] { return under_device_lock(step); });
    settle(&actor, what);
  }
  [[nodiscard]] bool somebody_waits() const {
    return std::any_of(actors_.begin(), actors_.end(), [](const Actor& one) { return one.busy(); });
  }
  [[nodiscard]] unsigned waiters(unsigned function) const {
    unsigned count = 0;
    for (std::size_t other = 0; other != actors_.size(); ++other) {
      count += actors_[other].busy() && asked_[other].function == function ? 1U : 0U;
    }
    return count;
  }

  // Until each actor is done or waits, seen twice; then takes the answers of those who are done, the asking one's first.
  void settle(const Actor* asking = nullptr, const std::string& what = {}) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    for (auto before = look(); true;) {
      const auto seen = look();
      if (seen == before && seen.find('r') == std::string::npos) {
        break;
      }
      before = seen;
      if (std::chrono::steady_clock::now() > limit) {
        give_up();
      }
      std::this_thread::yield();
    }
    for (std::size_t place = 0; place != actors_.size(); ++place) {
      Actor& actor = actors_[place];
      if (&actor == asking) {
        note(what, name(asked_[place].op), actor.done() ? actor.take() : "blocks");
      }
    }
    for (std::size_t place = 0; place != actors_.size(); ++place) {
      Actor& actor = actors_[place];
      if (&actor != asking && actor.busy() && actor.done()) {
        note("   then actor " + std::to_string(place) + "'s", name(asked_[place].op), actor.take());
      }
    }
  }
  [[nodiscard]] std::string look() const {
    std::string all;
    for (const Actor& actor : actors_) {
      all += !actor.busy() ? '-' : actor.done() ? 'd' : actor.id() != 0 && waits_.waits(actor.id()) ? 'w' : 'r';
    }
    return all;
  }
  [[noreturn]] void give_up() const {
    for (const Note& one : notes_) {
      std::fprintf(stderr, "%s: %s\n", one.what.c_str(), one.answer.c_str());
    }
    for (std::size_t place = 0; place != actors_.size(); ++place) {
      if (actors_[place].busy() && !actors_[place].done()) {
        std::fprintf(stderr, "actor %zu, %s: neither done nor where an operation is known to wait, but in %s\n", place,
                     text(asked_[place]).c_str(), sleeps_in(actors_[place].id()).c_str());
      }
    }
    std::_Exit(3);
  }

  std::string under_device_lock(const Step& step) {
    Context context;
    const Address address = functions_[step.function];
    switch (step.op) {
      case Op::bind:
        return text(host_.bind(context.assume(), address, drivers[step.driver]));
      case Op::unbind:
        return text(host_.unbind(context.assume(), address));
      case Op::set_override:
        return text(host_.set_driver_override(context.assume(), address, drivers[step.driver]));
      case Op::clear_override:
        return text(host_.set_driver_override(context.assume(), address, ""));
      case Op::probe:
        return text(host_.probe(context.assume(), address));
      default:
        return text(host_.reset_function(context.assume(), address));
    }
  }
  // The one at this place, or the other if only that is `open` as wanted.
  template <class Slots>
  static auto& one_of(Slots& slots, unsigned place, bool open) {
    return slots[slots[place].has_value() == open ? place : 1U - place];
  }
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
  std::string now(const Step& step) {
    Context context;
    const bool opens = step.op == Op::open_device;
    auto& container = one_of(containers_, step.handle, step.op != Op::open_container);
    auto& group = one_of(groups_, step.handle, step.op != Op::open_group);
    auto& device = one_of(devices_, step.handle, !opens);
    const std::string none = "no handle";
    switch (step.op) {
      case Op::reset_bus:
        return text(host_.try_reset_bus(bridge_));
      case Op::open_container:
        return container ? none : keep(container, host_.open_container());
      case Op::close_container:
        return container ? close(context, container) : none;
      case Op::open_group:
        return group ? none : keep(group, host_.open_group(context.assume(), group_));
      case Op::close_group:
        return group ? close(context, group) : none;
      case Op::status:
        return group ? text(group->status(context.assume())) : none;
      case Op::set_container:
        return group && container ? text(group->set_container(context.assume(), *container)) : none;
      case Op::unset_container:
        return group ? text(group->unset_container(context.assume())) : none;
      case Op::set_iommu:
        return container ? text(container->set_iommu(context.assume())) : none;
      case Op::open_device:
        return group && !device ? keep(device, group->open_device(context.assume(), functions_[step.function])) : none;
      case Op::close_device:
        return device ? close(context, device) : none;
      case Op::reset_device:
        return device ? text(device->reset(context.assume())) : none;
      case Op::hot_reset_info:
        return device ? text(device->hot_reset_info(context.assume(), devlock::every_function)) : none;
      case Op::hot_reset: {
        std::vector<Group*> owned;
        if (group) {
          owned.push_back(&*group);
        }
        return device ? text(device->hot_reset(context.assume(), owned)) : none;
      }
      case Op::watch_unplug:
        return device ? text(device->watch_unplug(context.assume())) : none;
      case Op::unplug_requested:
        return device ? text(device->unplug_requested()) : none;
      case Op::create_vm:
        return vm_ ? none : keep(vm_, host_.create_vm(context.assume()));
      case Op::close_vm:
        return vm_ ? close(context, vm_) : none;
      case Op::attach:
        return vm_ && group ? text(vm_->attach(context.assume(), *group)) : none;
      case Op::detach:
        return vm_ && group ? text(vm_->detach(context.assume(), *group)) : none;
      default:
        return "not an operation on a handle";
    }
  }

  void finish() {
    Context context;
    const auto all = [&](auto& slots, const char* what) {
      for (auto& slot : slots) {
        if (slot) {
          note(std::string("at the end, ") + what, what, close(context, slot));
          settle();
        }
      }
    };
    all(devices_, name(Op::close_device));
    all(groups_, name(Op::close_group));
    all(containers_, name(Op::close_container));
    if (vm_) {
      note("at the end, close_vm", name(Op::close_vm), close(context, vm_));
    }
    for (const Address address : functions_) {
      const auto info = host_.device(address);
      note("left: driver of " + to_string(address), "", info ? text(info->driver) : text(info.error()));
      note("left: driver_override of " + to_string(address), "",
           text(host_.driver_override(context.assume(), address)));
    }
    auto group = host_.open_group(context.assume(), group_);
    note("left: the group", "", group ? text(group->status(context.assume())) : text(group.error()));
  }
  void note(const std::string& what, const std::string& operation, const std::string& answer) {
    notes_.push_back({what, operation, answer});
  }

  Host& host_;
  std::vector<Address> functions_;
  Waits waits_;
  int group_ = -1;
  Address bridge_;
  std::array<Step, 3> asked_{};
  std::array<std::optional<typename Host::Group::Container>, handles> containers_;
  std::array<std::optional<Group>, handles> groups_;
  std::array<std::optional<typename Group::Device>, handles> devices_;
  std::optional<typename Host::Vm> vm_;
  Notes notes_;
  std::array<Actor, 3> actors_;
};

}  // namespace fidelity

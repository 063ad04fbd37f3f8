// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A script: steps that several actors ask of a host, drawn from a seed. The same script runs on every host.
//
// Not checked: that a step makes sense where it stands; most do, by weight, and the others are asked too.
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace fidelity {

enum class Op {
  bind,
  unbind,
  set_override,
  clear_override,
  probe,
  reset_function,
  reset_bus,
  open_container,
  close_container,
  open_group,
  close_group,
  status,
  set_container,
  unset_container,
  set_iommu,
  open_device,
  close_device,
  reset_device,
  hot_reset_info,
  hot_reset,
  watch_unplug,
  unplug_requested,
  create_vm,
  close_vm,
  attach,
  detach,
};
inline constexpr std::array op_names{
    "bind",           "unbind",          "set_override",    "clear_override",   "probe",        "reset_function",
    "reset_bus",      "open_container",  "close_container", "open_group",       "close_group",  "status",
    "set_container",  "unset_container", "set_iommu",       "open_device",      "close_device", "reset_device",
    "hot_reset_info", "hot_reset",       "watch_unplug",    "unplug_requested", "create_vm",    "close_vm",
    "attach",         "detach"};
inline constexpr std::array drivers{"vfio-pci", "pci-stub", "no-driver"};

constexpr const char* name(Op op) {
  return op_names[static_cast<std::size_t>(op)];
}
/// These wait for the device_lock of a function; an actor asks them in a thread of its own.
constexpr bool takes_device_lock(Op op) {
  return op <= Op::reset_function;
}
constexpr bool names_driver(Op op) {
  return op == Op::bind || op == Op::set_override;
}
constexpr bool names_function(Op op) {
  return op <= Op::reset_bus || op == Op::open_device;
}

struct Step {
  Op op;
  unsigned actor;     ///< who asks
  unsigned function;  ///< of the lane, for operations on a function
  unsigned handle;    ///< which of the two containers, groups or devices that the lane can have open
  unsigned driver;    ///< in `drivers`, for bind and set_override
};
using Script = std::vector<Step>;

inline constexpr unsigned handles = 2;

inline std::string text(const Step& step) {
  std::string line = "actor " + std::to_string(step.actor) + ": " + name(step.op);
  if (names_function(step.op)) {
    line += " function " + std::to_string(step.function);
  }
  if (!takes_device_lock(step.op) && step.op != Op::reset_bus) {
    line += " handle " + std::to_string(step.handle);
  }
  if (names_driver(step.op)) {
    line += std::string(" ") + drivers[step.driver];
  }
  return line;
}

/// Draws scripts of 8 to 20 steps for 2 or 3 actors: the steps that open a device, each left out now and then, with others between.
class Generator {
 public:
  Generator(std::uint64_t seed, unsigned functions) : random_(seed), functions_(functions) {}

  [[nodiscard]] Script draw() {
    const unsigned actors = 2U + below(2);
    const std::size_t length = 8U + below(13);
    const unsigned function = below(functions_);
    const unsigned handle = below(handles);
    constexpr std::array usual{Op::set_override,  Op::probe,     Op::open_container, Op::open_group,
                               Op::set_container, Op::set_iommu, Op::open_device};
    Script script;
    if (below(10) != 0) {
      for (const Op op : usual) {
        if (below(20) == 0) {
          continue;
        }
        if (below(12) == 0) {
          script.push_back(any(actors));
        }
        script.push_back({op, below(actors), function, handle, 0});
      }
    }
    while (script.size() < length) {
      Step step = any(actors);
      // What follows an open device is most telling about that device.
      if (below(3) != 0) {
        step.function = function;
        step.handle = handle;
      }
      script.push_back(step);
    }
    return script;
  }

 private:
  unsigned below(unsigned count) { return static_cast<unsigned>(random_() % count); }
  Step any(unsigned actors) {
    // How often each is drawn, in the order of Op.
    constexpr std::array<unsigned, op_names.size()> weights{3, 9, 2, 2, 3, 4, 4, 1, 1, 2, 2, 3, 2,
                                                            2, 2, 6, 6, 7, 4, 5, 4, 4, 1, 1, 2, 2};
    unsigned all = 0;
    for (const unsigned weight : weights) {
      all += weight;
    }
    unsigned drawn = below(all);
    std::size_t place = 0;
    while (drawn >= weights[place]) {
      drawn -= weights[place++];
    }
    const unsigned driver = below(6);
    return {static_cast<Op>(place), below(actors), below(functions_), below(handles),
            driver < drivers.size() ? driver : 0U};
  }

  std::mt19937_64 random_;
  unsigned functions_;
};

}  // namespace fidelity

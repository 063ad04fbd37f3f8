// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A script: steps that several actors ask of a host. The same script runs on every host.
#pragma once

#include <array>
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
  remove,
  rescan,
  hold,
  release,
  reset_bus,
  set_reset_methods,
  reset_methods,
  open_all,
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
  create_mdev,
  remove_mdev,
};
inline constexpr std::array op_names{"bind",
                                     "unbind",
                                     "set_override",
                                     "clear_override",
                                     "probe",
                                     "reset_function",
                                     "remove",
                                     "rescan",
                                     "hold",
                                     "release",
                                     "reset_bus",
                                     "set_reset_methods",
                                     "reset_methods",
                                     "open_all",
                                     "open_container",
                                     "close_container",
                                     "open_group",
                                     "close_group",
                                     "status",
                                     "set_container",
                                     "unset_container",
                                     "set_iommu",
                                     "open_device",
                                     "close_device",
                                     "reset_device",
                                     "hot_reset_info",
                                     "hot_reset",
                                     "watch_unplug",
                                     "unplug_requested",
                                     "create_vm",
                                     "close_vm",
                                     "attach",
                                     "detach",
                                     "create_mdev",
                                     "remove_mdev"};
inline constexpr std::size_t op_count = op_names.size();
static_assert(op_count == static_cast<std::size_t>(Op::remove_mdev) + 1U);

constexpr const char* name(Op op) {
  return op_names[static_cast<std::size_t>(op)];
}

/// What a hold takes: the locks of a function that user space cannot hold by itself, and the one of the topology.
inline constexpr std::array lock_names{"device_lock", "config_access", "memory_lock", "dev_set_lock",
                                       "rescan_remove_lock"};
inline constexpr std::string_view lock_letters = "DCMSR";
inline constexpr unsigned device_lock = 0;
inline constexpr unsigned memory_lock = 2;
inline constexpr unsigned dev_set_lock = 3;
inline constexpr unsigned rescan_remove_lock = 4;
/// What set_reset_methods writes.
inline constexpr std::array method_choices{"none", "default", "bus", "flr", "pm"};

/// These wait for a lock of a function's, for descriptors or for the lock of the topology, whoever has it.
constexpr bool takes_device_lock(Op op) {
  return op <= Op::hold || op == Op::open_all || op >= Op::create_mdev;
}
constexpr bool names_driver(Op op) {
  return op == Op::bind || op == Op::set_override || op == Op::create_mdev;
}
constexpr bool changes_driver(Op op) {
  return op == Op::bind || op == Op::unbind || op == Op::probe || op == Op::remove || op == Op::rescan ||
         op == Op::open_all || op >= Op::create_mdev;
}
constexpr bool names_function(Op op) {
  return (op <= Op::hold && op != Op::rescan) || op == Op::set_reset_methods || op == Op::reset_methods ||
         op == Op::open_all || op == Op::open_group || op == Op::open_device || op >= Op::create_mdev;
}
constexpr bool names_handle(Op op) {
  return op == Op::hold || op == Op::release ||
         (op >= Op::open_all && op < Op::create_mdev && op != Op::create_vm && op != Op::close_vm);
}

struct Step {
  Op op;
  unsigned actor;  ///< who asks
  unsigned
      function;  ///< of the lane, for operations on a function; which of the two mediated devices, in a lane of those
  unsigned handle;  ///< which of the two containers, groups, devices or holds that the lane can have open
  unsigned
      choice;  ///< the driver of bind and set_override, the type of create_mdev, the lock of hold, the methods of set_reset_methods
};
using Script = std::vector<Step>;

inline constexpr unsigned handles = 2;
inline constexpr unsigned most_actors = 3;

/// Does it change what is on the bus, or stop such a change? Such scripts share one lock of the kernel with every other lane.
inline bool changes_topology(const Script& script) {
  for (const Step& step : script) {
    if (step.op == Op::remove || step.op == Op::rescan || (step.op == Op::hold && step.choice == rescan_remove_lock)) {
      return true;
    }
  }
  return false;
}

/// `object`: what the lane has; `names`: its drivers or types.
inline std::string text(const Step& step, const std::vector<std::string>& names, std::string_view object = "function") {
  std::string line = "actor " + std::to_string(step.actor) + ": " + name(step.op);
  if (step.op == Op::hold) {
    line += std::string(" ") + lock_names[step.choice];
  }
  if (names_function(step.op) && !(step.op == Op::hold && step.choice == rescan_remove_lock)) {
    line += ' ' + std::string(object) + ' ' + std::to_string(step.function);
  }
  if (names_handle(step.op)) {
    line += " handle " + std::to_string(step.handle);
  }
  if (names_driver(step.op)) {
    line += ' ' + names[step.choice];
  } else if (step.op == Op::set_reset_methods) {
    line += std::string(" ") + method_choices[step.choice];
  }
  return line;
}

}  // namespace fidelity

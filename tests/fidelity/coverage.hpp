// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Which answers each operation can give, and whether scripts produced them. An answer that a kernel can give here and no script saw, and
// one that was seen and is not in the table, are both failures: so the table says what was compared, no more and no less.
//
// Not checked: in which situation an answer came; the comparison of the scripts does that.
// Source: the tables of return codes in drivers/pci, drivers/vfio, drivers/iommu, drivers/base and virt/kvm of Linux 6.12.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "devlock/backend/sim/profile.hpp"
#include "script.hpp"
#include "tally.hpp"

namespace fidelity {

/// What there is in this run for an answer to come from.
struct Producible {
  bool hold;         ///< the module that holds locks
  bool pair;         ///< a lane with two functions
  bool host_driver;  ///< a lane whose functions a driver of the host drives, with DMA
  devlock::sim::Profile profile;
};

enum class Needs {
  nothing,
  hold,
  pair,
  host_driver,
  override_waits,
  hot_reset_info_waits,
  timing  ///< who waits is overtaken: it may come, and no script can make it
};

struct Answer {
  Op op;
  std::string_view text;
  Needs needs = Needs::nothing;
  std::string_view never = {};  ///< why no script can produce it, though the kernel has it
};

inline constexpr auto no_fault = "needs a device or a memory that fails";
inline constexpr std::array answers{
    Answer{Op::bind, "ok"},
    Answer{Op::bind, "blocks"},
    Answer{Op::bind, "gone ENODEV"},  // no match, or no function
    Answer{Op::bind, "gone ENOENT"},  // no such driver
    Answer{Op::bind, "held EBUSY"},   // bound, or its group is a user's
    Answer{Op::bind, "failed EAGAIN", Needs::nothing, "no driver here defers its probe"},
    Answer{Op::unbind, "ok"},
    Answer{Op::unbind, "blocks"},
    Answer{Op::unbind, "gone ENODEV"},
    Answer{Op::set_override, "ok"},
    Answer{Op::set_override, "gone ENOENT"},
    Answer{Op::set_override, "blocks", Needs::override_waits},
    Answer{Op::set_override, "invalid EINVAL", Needs::nothing,
           "the backend refuses such a name before the kernel does"},
    Answer{Op::clear_override, "ok"},
    Answer{Op::clear_override, "gone ENOENT"},
    Answer{Op::clear_override, "blocks", Needs::override_waits},
    Answer{Op::probe, "ok"},
    Answer{Op::probe, "blocks"},
    Answer{Op::probe, "gone ENODEV"},
    Answer{Op::probe, "failed EINVAL", Needs::host_driver},  // its group is a user's
    Answer{Op::probe, "failed EAGAIN", Needs::nothing, "no driver here defers its probe"},
    Answer{Op::reset_function, "ok"},
    Answer{Op::reset_function, "blocks"},
    Answer{Op::reset_function, "gone ENOENT"},
    Answer{Op::reset_function, "unsupported ENOTTY"},
    Answer{Op::reset_function, "failed EIO", Needs::nothing, no_fault},
    Answer{Op::remove, "ok"},
    Answer{Op::remove, "blocks"},
    Answer{Op::remove, "gone ENOENT"},
    Answer{Op::rescan, "ok"},
    Answer{Op::rescan, "blocks"},
    Answer{Op::hold, "ok", Needs::hold},
    Answer{Op::hold, "blocks", Needs::hold},
    Answer{Op::hold, "gone ENODEV", Needs::hold},
    Answer{Op::hold, "invalid ENXIO", Needs::hold},
    Answer{Op::release, "ok", Needs::hold},
    Answer{Op::reset_bus, "ok"},
    Answer{Op::reset_bus, "contended EAGAIN"},
    Answer{Op::reset_bus, "unsupported ENOTTY", Needs::nothing, "every lane is below a port that can reset it"},
    Answer{Op::reset_bus, "permission EPERM", Needs::nothing, "scripts run as root"},
    Answer{Op::set_reset_methods, "ok"},
    Answer{Op::set_reset_methods, "invalid EINVAL"},
    Answer{Op::set_reset_methods, "gone ENOENT"},
    Answer{Op::set_reset_methods, "unsupported ENOTTY", Needs::pair},
    Answer{Op::reset_methods, "ok"},
    Answer{Op::reset_methods, "gone ENOENT"},
    Answer{Op::reset_methods, "unsupported ENOTTY", Needs::pair},
    Answer{Op::open_all, "ok"},
    Answer{Op::open_all, "blocks"},
    Answer{Op::open_container, "ok"},
    Answer{Op::close_container, "ok"},
    Answer{Op::open_group, "ok"},
    Answer{Op::open_group, "blocks", Needs::hold},
    Answer{Op::open_group, "gone ENOENT"},
    Answer{Op::open_group, "held EBUSY"},
    Answer{Op::open_group, "gone ENODEV", Needs::timing},  // it waited, and was overtaken by the end of the group
    Answer{Op::open_group, "permission EPERM", Needs::nothing, "every group is behind an IOMMU"},
    Answer{Op::close_group, "ok"},
    Answer{Op::close_group, "blocks", Needs::nothing,
           "who waits under group_lock has the group's one descriptor in use, or a device that keeps it"},
    Answer{Op::status, "ok"},
    Answer{Op::status, "blocks", Needs::hold},
    Answer{Op::status, "gone ENODEV"},
    Answer{Op::set_container, "ok"},
    Answer{Op::set_container, "blocks", Needs::hold},
    Answer{Op::set_container, "invalid EINVAL"},
    Answer{Op::set_container, "gone ENODEV"},
    Answer{Op::set_container, "not owned EPERM", Needs::host_driver},
    Answer{Op::set_container, "held EBUSY", Needs::nothing, "nobody attaches a domain of another kind"},
    Answer{Op::unset_container, "ok"},
    Answer{Op::unset_container, "blocks", Needs::hold},
    Answer{Op::unset_container, "invalid EINVAL"},
    Answer{Op::unset_container, "held EBUSY"},
    Answer{Op::set_iommu, "ok"},
    Answer{Op::set_iommu, "invalid EINVAL"},
    Answer{Op::open_device, "ok"},
    Answer{Op::open_device, "blocks", Needs::hold},
    Answer{Op::open_device, "contended EAGAIN"},
    Answer{Op::open_device, "gone ENODEV"},
    Answer{Op::open_device, "invalid EINVAL"},
    Answer{Op::open_device, "permission EPERM", Needs::nothing, "every group is behind an IOMMU"},
    Answer{Op::open_device, "permission EACCES", Needs::nothing, "no function is a virtual one with a token"},
    Answer{Op::close_device, "ok"},
    Answer{Op::close_device, "blocks", Needs::hold},
    Answer{Op::reset_device, "ok"},
    Answer{Op::reset_device, "blocks", Needs::hold},
    Answer{Op::reset_device, "contended EAGAIN"},
    Answer{Op::reset_device, "unsupported EINVAL"},
    Answer{Op::reset_device, "unsupported ENOTTY"},
    Answer{Op::reset_device, "failed EIO", Needs::nothing, no_fault},
    Answer{Op::hot_reset_info, "ok"},
    Answer{Op::hot_reset_info, "blocks", Needs::hot_reset_info_waits},
    Answer{Op::hot_reset_info, "exhausted ENOSPC", Needs::nothing, "the backend grows its list"},
    Answer{Op::hot_reset_info, "contended EAGAIN", Needs::nothing, "between its two looks at the bus nothing waits"},
    Answer{Op::hot_reset_info, "gone ENODEV", Needs::nothing, "every lane is below a port"},
    Answer{Op::hot_reset, "ok"},
    Answer{Op::hot_reset, "blocks", Needs::hold},
    Answer{Op::hot_reset, "contended EAGAIN"},
    Answer{Op::hot_reset, "contended EBUSY", Needs::hold},
    Answer{Op::hot_reset, "not owned EINVAL"},
    Answer{Op::hot_reset, "gone ENODEV", Needs::nothing, "every lane is below a port"},
    Answer{Op::watch_unplug, "ok"},
    Answer{Op::unplug_requested, "ok"},
    Answer{Op::unplug_requested, "invalid EINVAL"},
    Answer{Op::create_vm, "ok"},
    Answer{Op::create_vm, "held EBUSY", Needs::nothing, "the backend makes one kvm-vfio device for each VM"},
    Answer{Op::close_vm, "ok"},
    Answer{Op::attach, "ok"},
    Answer{Op::attach, "held EEXIST"},
    Answer{Op::attach, "invalid EBADF", Needs::nothing, "a handle that is closed is no handle of a script"},
    Answer{Op::attach, "invalid EINVAL", Needs::nothing, "only groups are attached"},
    Answer{Op::detach, "ok"},
    Answer{Op::detach, "gone ENOENT"}};

/// Can it come in this run?
inline bool expected(const Answer& answer, const Producible& here) {
  switch (answer.needs) {
    case Needs::nothing:
      break;
    case Needs::timing:
      return false;
    case Needs::hold:
      return answer.never.empty() && here.hold;
    case Needs::pair:
      return answer.never.empty() && here.pair;
    case Needs::host_driver:
      return answer.never.empty() && here.host_driver;
    case Needs::override_waits:
      return answer.never.empty() && here.profile.override_waits;
    case Needs::hot_reset_info_waits:
      return answer.never.empty() && here.hold && here.profile.hot_reset_info_waits;
  }
  return answer.never.empty();
}

/// One line for each answer that is missing, of the operations that are asked for ("all", or by name), and for each that the table does not
/// have, of all operations unless that is off. "off" asks for nothing.
inline std::vector<std::string> check_coverage(const Tally& tally, const std::vector<std::string>& asked,
                                               const Producible& here) {
  std::vector<std::string> lines;
  const auto asks = [&](std::string_view word) { return std::find(asked.begin(), asked.end(), word) != asked.end(); };
  if (asks("off")) {
    return lines;
  }
  for (const Answer& answer : answers) {
    if ((asks("all") || asks(name(answer.op))) && expected(answer, here) &&
        tally.count(name(answer.op), std::string(answer.text)) == 0) {
      lines.push_back(std::string("coverage: ") + name(answer.op) + " can answer '" + std::string(answer.text) +
                      "', and no script produced that");
    }
  }
  for (const auto& [operation, seen] : tally.all()) {
    for (const auto& [text, count] : seen) {
      if (std::none_of(answers.begin(), answers.end(),
                       [&, op = std::string_view(operation), said = std::string_view(text)](const Answer& answer) {
                         return op == name(answer.op) && said == answer.text && answer.never.empty();
                       })) {
        lines.push_back("coverage: " + operation + " answered '" + text + "' " + std::to_string(count) +
                        " times, which the table in coverage.hpp does not know");
      }
    }
  }
  return lines;
}

}  // namespace fidelity

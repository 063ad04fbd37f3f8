// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The report as text: what it is about on standard output, what is wrong on standard error.
#include "report.hpp"

#include <fmt/core.h>

#include <cstdio>

namespace try_reset {
namespace {

std::string what_is_reset(const Plan& plan) {
  const std::string target = to_string(plan.target.address);
  return plan.scope == Scope::function
             ? "function reset of " + target
             : fmt::format("{} reset of {}, the bus below {}", to_string(plan.scope), target, to_string(plan.written));
}

void print_error(const devlock::Error& error) {
  fmt::print(stderr, "try_reset: {}\n", to_string(error));
}

}  // namespace

std::string text_of_abandoned(const Report& report) {
  std::string text = fmt::format(
      "{}: not done within {:g} s: the kernel waits for the lock of the function or of the bridge above it, and "
      "nothing ends that "
      "wait. Process {} is left behind, and resets it once the lock is free",
      operation_on(devlock::make_error(operation_of(report.options.scope), to_string(report.options.device), 0, {})),
      report.options.deadline.count(), report.child);
  for (const Waiter& waiter : report.waiters) {
    text += fmt::format(
        ". Process {} ({}) waits in an unbind or a removal for the descriptors of a VFIO device: if it is this one, "
        "close them",
        waiter.pid, waiter.process);
  }
  return report.waiters.empty() ? text + "; see what the kernel does with the device (dmesg)" : text;
}

void print_look(const Report& report) {
  const Plan& plan = *report.plan;
  fmt::print("{}\n", what_is_reset(plan));
  fmt::print("  {:<14} {:<12} {}\n", "affected", "driver", "IOMMU group");
  for (const DeviceInfo& info : plan.affected) {
    fmt::print("  {:<14} {:<12} {}\n", to_string(info.address), info.driver.empty() ? "-" : info.driver,
               info.iommu_group < 0 ? "-" : std::to_string(info.iommu_group));
  }
  for (const Holder& holder : report.verdict.holders.all) {
    fmt::print("  held by process {} ({}), descriptor {}: {}{}\n", holder.pid, holder.process, holder.descriptor,
               holder.object, holder.certain ? "" : ", perhaps");
  }
  for (const std::string& note : report.verdict.notes) {
    fmt::print("  note: {}\n", note);
  }
  for (const devlock::Error& error : report.verdict.overruled) {
    fmt::print("  despite: {}: {}\n", error.object, error.reason);
  }
  std::fflush(stdout);  // before standard error, and before a wait
  for (const devlock::Error& error : report.verdict.refusals) {
    print_error(error);
  }
  if (!report.verdict.refusals.empty()) {
    fmt::print(stderr, "try_reset: nothing was touched\n");
  }
}

void print_outcome(const Report& report) {
  if (report.abandoned) {
    fmt::print(stderr, "try_reset: {}\n", text_of_abandoned(report));
  } else if (report.error) {
    print_error(*report.error);
  } else if (report.tried) {
    fmt::print("reset in {:.3f} s\n", report.took.count());
  } else if (report.verdict.refusals.empty()) {
    fmt::print("nothing speaks against it (dry run, nothing was touched)\n");
  }
}

}  // namespace try_reset

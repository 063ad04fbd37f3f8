// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// try_reset: resets a PCI device after it said who else is affected, who holds what, and why not. See try_reset --help.
#include <exception>
#include <thread>

#include <fmt/core.h>

#include "abandon.hpp"
#include "attempt.hpp"
#include "report.hpp"

namespace try_reset {
namespace {

using devlock::linux_host::Host;
using devlock::linux_host::PosixSys;
using devlock::linux_host::Sysfs;

// How long a lock that is taken is left alone before the next try.
void pause_between_tries() {
  std::this_thread::sleep_for(std::chrono::milliseconds(10));
}

void attempt(Report& report, const Host& host, Clock::time_point deadline) {
  const Plan& plan = *report.plan;
  if (plan.scope == Scope::function) {
    const Answered answered = in_a_child(deadline, devlock::Operation::reset_function, [&] {
      const devlock::vfio::ThreadContext root;
      return host.reset_function(root, plan.written);
    });
    report.abandoned = !answered.in_time;
    report.child = answered.child;
    if (report.abandoned) {
      report.exit_status = exit_abandoned;
      report.waiters = find_waiters(report.options.proc);
    } else if (!answered.result) {
      report.error = answered.result.error();
    }
    return;
  }
  const devlock::vfio::ThreadContext root;
  const auto done =
      reset_bus(root, host, plan.written, devlock::Until<Clock, void (*)()>{deadline, pause_between_tries});
  if (!done) {
    report.error = done.error();
    report.error->operation = operation_of(plan.scope);
  }
}

int run(const Options& options) {
  const Host host(devlock::linux_host::Paths{options.sysfs, "/dev"});
  const Sysfs<PosixSys> sysfs(PosixSys(), options.sysfs);
  Report report{options};

  if (auto plan = make_plan(host, sysfs, options); plan) {
    report.plan = std::move(*plan);
    const std::vector<Waiter> waiters = find_waiters(options.proc);
    const Wanted wanted = wanted_by(*report.plan, options.sysfs, !waiters.empty());
    report.verdict = judge(*report.plan, find_holders(options.proc, wanted), waiters, may_write(report.plan->attribute),
                           options.force);
    if (!report.verdict.refusals.empty()) {
      report.exit_status = exit_status_of(report.verdict.refusals.front().error_class);
    }
  } else {
    report.error = std::move(plan.error());
  }
  if (report.plan && !options.json) {
    print_look(report);
  }
  if (report.plan && report.verdict.refusals.empty() && !options.dry_run) {
    const auto begin = Clock::now();
    report.tried = true;
    attempt(report, host, begin + std::chrono::duration_cast<Clock::duration>(options.deadline));
    report.took = Clock::now() - begin;
  }
  if (report.error) {
    report.exit_status = exit_status_of(report.error->error_class);
  }
  options.json ? print_json(report) : print_outcome(report);
  return report.exit_status;
}

}  // namespace
}  // namespace try_reset

int main(int argc, char** argv) {
  try {
    const try_reset::CommandLine line = try_reset::read_command_line(argc, argv);
    return line.exit_status ? *line.exit_status : try_reset::run(line.options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "try_reset: {}\n", error.what());
    return try_reset::exit_failed;
  }
}

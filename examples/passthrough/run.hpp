// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// One run on a host of any backend: the life of its device, and the report of it. The same text for all of them.
#pragma once

#include <fmt/core.h>

#include "bus_scene.hpp"
#include "life.hpp"
#include "report.hpp"
#include "sriov_scene.hpp"
#include "two_vms_scene.hpp"

namespace passthrough {

inline int complain(const devlock::Error& error) {
  fmt::print(stderr, "passthrough: {}\n", to_string(error));
  return 1;
}

template <devlock::Backend Host>
int list(Host& host, const Options& options) {
  const auto devices = host.devices();
  if (!devices) {
    return complain(devices.error());
  }
  options.json ? print_json(*devices, options) : print_table(*devices, options);
  return 0;
}

/// One scene on a device. `virtuals` gives and takes its virtual functions.
template <devlock::Backend Host, class Virtuals>
devlock::Result<void> play(Host& host, Virtuals& virtuals, const Options& options, devlock::pci::Address device,
                           Journal& journal, Interrupts& interrupts, Summary& summary) {
  Board board(Clock::now() + std::chrono::duration_cast<Clock::duration>(options.deadline));
  const Interrupts::Listener listener(interrupts, [&](const char* signal) {
    board.fail(devlock::make_error(devlock::Operation::reset_device, to_string(device), EINTR,
                                   std::string(signal) + " ended this run", "nothing is left behind: start it again"));
  });
  switch (options.scene) {
    case Scene::bus:
      return BusScene<Host>(host, options, device, journal, board, summary).run();
    case Scene::sriov:
      return SriovScene<Host, Virtuals>(host, virtuals, options, device, journal, board, summary).run();
    case Scene::two_vms:
      return TwoVmsScene<Host>(host, options, device, journal, board, summary).run();
    case Scene::life:
      break;
  }
  return {};
}

/// Exit status of the program.
template <devlock::Backend Host, class Virtuals>
int run(Host& host, Virtuals& virtuals, const Options& options, devlock::pci::Address device) {
  Interrupts interrupts;
  Journal journal;
  Report report{options, device, {}, journal.begin(), {}, {}};
  if (options.scene != Scene::life) {
    if (const auto outcome = play(host, virtuals, options, device, journal, interrupts, report.summary); !outcome) {
      report.error = outcome.error();
    }
  } else {
    Life<Host> life(host, options, device, journal, interrupts);
    if (const auto outcome = life.run(); !outcome) {
      report.error = outcome.error();
    }
    report.summary = life.summary();
  }
  report.steps = journal.steps();
  report.exit_status = report.error ? 1 : 0;
  options.json ? print_json(report) : print_table(report);
  std::fflush(stdout);
  return report.error ? complain(*report.error) : 0;
}

}  // namespace passthrough

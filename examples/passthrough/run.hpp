// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// One run on a host of any backend: the life of its device, and the report of it. The same text for all of them.
#pragma once

#include <fmt/core.h>

#include "life.hpp"
#include "report.hpp"

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

/// Exit status of the program.
template <devlock::Backend Host>
int run(Host& host, const Options& options, devlock::pci::Address device) {
  Interrupts interrupts;
  Journal journal;
  Report report{options, device, {}, journal.begin(), {}, {}};
  {
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

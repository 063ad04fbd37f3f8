// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What a run has to say at its end, and the two ways to say it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "devlock/backend/concept.hpp"
#include "journal.hpp"
#include "options.hpp"
#include "summary.hpp"

namespace passthrough {

struct Report {
  const Options& options;
  devlock::pci::Address device;
  std::vector<Step> steps;
  Clock::time_point begin;
  Summary summary;
  std::optional<devlock::Error> error;
  int exit_status = 0;
};

/// On standard output: a table and a line that sums up, or one document.
void print_table(const Report& report);
void print_json(const Report& report);

/// The devices of a backend.
void print_table(const std::vector<devlock::DeviceInfo>& devices, const Options& options);
void print_json(const std::vector<devlock::DeviceInfo>& devices, const Options& options);

}  // namespace passthrough

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What a failing execution looks like to a person. Every text is a function of the schedule alone: no addresses, no
// directories, no times; the same in every run and every process.
//
//   if (!result.verified()) std::fputs(result.report.diagram.c_str(), stderr);
#pragma once

#include <string>

namespace devlock::check {

/// Empty where there is nothing to say.
struct Report {
  std::string cause;    ///< who waits for whom and since where, or which accesses clash; a line for each thread concerned
  std::string trace;    ///< every step: number, thread, what, where
  std::string diagram;  ///< the steps as a sequence diagram for a terminal, at most 100 columns, UTF-8
  std::string mermaid;  ///< the same for a page: a Mermaid sequenceDiagram
  bool lost_wakeup = false;  ///< a deadlock of sleepers whom nobody that waits could still wake
};

}  // namespace devlock::check

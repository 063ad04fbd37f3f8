// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What a layer costs for each execution: one scenario on bare types of Relacy, on RelacySync under Relacy's own scheduler, and
// as check() runs it, in full and reduced.
#pragma once

#include <vector>

namespace speed {

/// Executions per second, and what one of them is with regard to bare types, each the median of several rounds.
struct Rate {
  double per_second = 0;
  double ratio = 1;
};

struct Rates {
  const char* scenario;
  unsigned threads;
  Rate bare;          ///< rl::mutex and its like under rl::full_search_scheduler
  Rate adapter;       ///< RelacySync under the same scheduler
  Rate check_full;    ///< check() with Search::full
  Rate check_reduced; ///< check() with Search::reduced
};

/// Takes some seconds.
std::vector<Rates> measure_rates();

}  // namespace speed

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Which benchmark is compared with which. A file says it beside the two:
//
//   const Peers guard("guard", "guard/devlock", "guard/std::lock_guard");
//
// The table at the end of a run has a line for each, with the ratio of the medians. No time in it is a promise: only ratios of
// one run on one machine mean anything.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace bench {

struct Comparison {
  std::string what;
  std::string ours;
  std::string peer;
};

inline std::vector<Comparison>& comparisons() {
  static std::vector<Comparison> all;
  return all;
}

struct Peers {
  Peers(std::string what, std::string ours, std::string peer) {
    comparisons().push_back({std::move(what), std::move(ours), std::move(peer)});
  }
};

}  // namespace bench

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Which benchmark is compared with which, and what the ratio should be. A file says it beside the two:
//
//   const Peers guard("guard", "guard/devlock", "guard/std::lock_guard", AtMost{1.02});
//
// The table at the end of a run has a line for each, with the ratio of the medians and its goal. No time in it is a promise: only
// ratios of one run on one machine mean anything.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace bench {

/// The goal of a ratio: ours takes at most so much of the peer's time.
struct AtMost {
  double ratio = 0;
};

struct Comparison {
  std::string what;
  std::string ours;
  std::string peer;
  double goal = 0;  ///< of ours / peer; 0 if there is none
};

inline std::vector<Comparison>& comparisons() {
  static std::vector<Comparison> all;
  return all;
}

struct Peers {
  Peers(std::string what, std::string ours, std::string peer, AtMost goal = {}) {
    comparisons().push_back({std::move(what), std::move(ours), std::move(peer), goal.ratio});
  }
};

}  // namespace bench

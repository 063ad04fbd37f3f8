// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Which benchmark is compared with which, and what the ratio should be. A file says it beside the two:
//
//   const Peers guard("Guard", "guard/devlock", "guard/std::lock_guard", Equal{});
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

/// The two are the same machine code, as static/codegen compares it: the ratio is 1.00 but for what two runs of one loop differ by.
struct Equal {
  static constexpr double noise = 0.03;
};

struct Comparison {
  std::string what;
  std::string ours;
  std::string peer;
  double goal = 0;   ///< of ours / peer; 0 if there is none
  double noise = 0;  ///< how much above the goal is as good
};

inline std::vector<Comparison>& comparisons() {
  static std::vector<Comparison> all;
  return all;
}

struct Peers {
  Peers(std::string what, std::string ours, std::string peer, AtMost goal = {}) {
    comparisons().push_back({std::move(what), std::move(ours), std::move(peer), goal.ratio, 0});
  }
  Peers(std::string what, std::string ours, std::string peer, Equal) {
    comparisons().push_back({std::move(what), std::move(ours), std::move(peer), 1, Equal::noise});
  }
};

}  // namespace bench

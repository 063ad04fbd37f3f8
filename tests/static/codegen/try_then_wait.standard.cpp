// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The peer of try_then_wait.cpp.
#include "codegen/standard.hpp"

extern "C" bool run(std::mutex& a, std::mutex& b, std::mutex& c) {
  const std::lock_guard first{b};
  const std::unique_lock second{a, std::try_to_lock};
  if (!second) {
    return false;
  }
  const std::lock_guard third{c};
  work();
  return true;
}

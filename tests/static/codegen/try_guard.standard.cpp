// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The peer of try_guard.cpp.
#include "codegen/standard.hpp"

extern "C" bool run(std::mutex& lock) {
  const std::unique_lock guard{lock, std::try_to_lock};
  if (!guard) {
    return false;
  }
  work();
  return true;
}

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The peer of by_branch.cpp.
#include "codegen/standard.hpp"

extern "C" void run(std::mutex& lock, bool early) {
  std::unique_lock guard{lock};
  if (early) {
    guard.unlock();
  }
  work();
}

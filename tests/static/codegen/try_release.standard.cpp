// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The peer of try_release.cpp.
#include "codegen/standard.hpp"

extern "C" void run(std::mutex& lock) {
  std::unique_lock guard{lock, std::try_to_lock};
  if (guard) {
    work();
    guard.unlock();
  }
  work();
}

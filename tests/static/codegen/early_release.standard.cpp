// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The peer of early_release.cpp.
#include "codegen/standard.hpp"

extern "C" void run(std::mutex& lock) {
  std::unique_lock guard{lock};
  work();
  guard.unlock();
  work();
}

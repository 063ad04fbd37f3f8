// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The peer of by_callee.cpp.
#include "codegen/standard.hpp"

extern "C" void run(std::mutex& lock) {
  const std::lock_guard guard{lock};
  work();
}

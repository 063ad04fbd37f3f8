// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The peer of by_reference.cpp.
#include "codegen/standard.hpp"

extern "C" void elsewhere(std::mutex& lock);

extern "C" void run(std::mutex& a, std::mutex& b) {
  const std::lock_guard guard{a};
  elsewhere(b);
}

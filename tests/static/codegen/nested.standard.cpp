// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The peer of nested.cpp.
#include "codegen/standard.hpp"

extern "C" void run(std::mutex& a, std::mutex& b, std::mutex& c) {
  const std::lock_guard first{a};
  const std::lock_guard second{b};
  const std::lock_guard third{c};
  work();
}

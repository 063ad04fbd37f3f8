// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The peer of by_order.cpp.
#include "codegen/standard.hpp"

extern "C" void run(std::mutex& b, std::mutex& a) {
  const std::lock_guard first{b};
  const std::lock_guard second{a};
  work();
}

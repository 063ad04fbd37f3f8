// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The peer of by_constant.cpp.
#include "codegen/standard.hpp"

extern "C" int run(std::mutex& lock) {
  const std::lock_guard guard{lock};
  work();
  return 2;
}

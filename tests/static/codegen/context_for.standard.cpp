// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The peer of context_for.cpp.
#include "codegen/standard.hpp"

extern "C" void elsewhere(std::mutex& lock, int argument);

extern "C" [[gnu::noinline]] void uses(std::mutex& lock) {
  const std::lock_guard guard{lock};
  work();
}

extern "C" [[gnu::noinline]] void forwards(int argument, std::mutex& b, std::mutex& c) {
  uses(b);
  elsewhere(c, argument);
}

extern "C" void run(std::mutex& a, std::mutex& b, std::mutex& c) {
  const std::lock_guard guard{a};
  forwards(3, b, c);
}

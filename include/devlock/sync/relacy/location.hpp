// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Where in the source an operation stands, for traces. Taken by a default argument, so that library code is written as
// for the standard library and says nothing about it.
//
//   void lock(const Location& where = {});
//
// Not checked: the location is that of the direct caller, which inside the library is a lock's own header.
#pragma once

#include "devlock/check/relacy.hpp"

namespace devlock::relacy {

struct Location : rl::debug_info {
  Location(const char* function = __builtin_FUNCTION(), const char* file = __builtin_FILE(),
           unsigned line = __builtin_LINE())
      : rl::debug_info(function, file, line) {}
};

}  // namespace devlock::relacy

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The place of a call in the source, taken by a default argument. With the validator off it is an empty type and no string of
// a file name reaches the program.
#pragma once

#include "devlock/config.hpp"

namespace devlock::validate {

template <bool On>
struct BasicWhere {
  static constexpr BasicWhere current() noexcept { return {}; }
};

template <>
struct BasicWhere<true> {
  const char* file = "";
  const char* function = "";
  unsigned line = 0;

  static constexpr BasicWhere current(const char* file = __builtin_FILE(), const char* function = __builtin_FUNCTION(),
                                      unsigned line = __builtin_LINE()) noexcept {
    return {file, function, line};
  }
};

using Where = BasicWhere<DEVLOCK_VALIDATE != 0>;

}  // namespace devlock::validate

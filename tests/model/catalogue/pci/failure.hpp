// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The step of a reset that fails, and the mark that says so.
#pragma once

#include <cstddef>

namespace catalogue::pci {

/// At the function of that place, which it leaves as it was: its save, or the reset once those before it were reset.
enum class Step { none, save, reset };
struct Failure {
  Step step = Step::none;
  std::size_t place = 0;  // below 4
};

constexpr const char* mark_of(Failure failure) {
  constexpr const char* save[] = {"save failed at 1", "save failed at 2", "save failed at 3", "save failed at 4"};
  constexpr const char* reset[] = {"reset failed at 1", "reset failed at 2", "reset failed at 3", "reset failed at 4"};
  return (failure.step == Step::save ? save : reset)[failure.place];
}

}  // namespace catalogue::pci

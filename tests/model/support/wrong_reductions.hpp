// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Reductions that lose outcomes. Every hand-written test passed with them once; the differential test must not.
#pragma once

#include "devlock/check/search/reduced.hpp"

namespace model {

using devlock::check::detail::ReductionPolicy;
using devlock::check::detail::Touch;

/// Flanagan and Godefroid's backtracking next to sleep sets: the racing thread itself is tried if it can run there,
/// although another one has to begin before it.
struct PlainBacktracking : ReductionPolicy {
  static unsigned to_try(unsigned, unsigned racing, unsigned enabled, unsigned, unsigned) {
    return (racing & enabled) != 0U ? racing : enabled;
  }
};

/// An operation on two objects is seen to touch one.
struct OneObject : ReductionPolicy {
  static Touch seen(const Touch& touch) {
    if (touch.count() < 2 || touch.touches_everything()) {
      return touch;
    }
    return touch.writes_to(touch.object(0)) ? Touch().writes(touch.object(0)) : Touch().reads(touch.object(0));
  }
};

/// And the other way round.
struct OtherObject : ReductionPolicy {
  static Touch seen(const Touch& touch) {
    if (touch.count() < 2 || touch.touches_everything()) {
      return touch;
    }
    return touch.writes_to(touch.object(1)) ? Touch().writes(touch.object(1)) : Touch().reads(touch.object(1));
  }
};

}  // namespace model

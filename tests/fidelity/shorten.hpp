// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The shortest script that still does something: steps are left out one after the other, and a beginning is replaced by the one step
// that opens all, as long as it still does.
#pragma once

#include <algorithm>
#include <cstddef>

#include "script.hpp"

namespace fidelity {

template <class Does>
Script shorten(Script script, const Does& does) {
  const auto take = [&](Script less) {
    const bool taken = less.size() < script.size() && does(less);
    if (taken) {
      script = std::move(less);
    }
    return taken;
  };
  for (bool shorter = true; shorter;) {
    shorter = false;
    // From the end: in blocks first, then one by one.
    for (std::size_t block = script.size() / 2U; block != 0; block /= 2U) {
      for (std::size_t end = script.size(); end >= block && end != 0;) {
        Script less = script;
        const auto first = static_cast<std::ptrdiff_t>(end - block);
        less.erase(less.begin() + first, less.begin() + static_cast<std::ptrdiff_t>(end));
        shorter = take(std::move(less)) || shorter;
        end = std::min(end - 1U, script.size());
      }
    }
    for (std::size_t prefix = script.size(); prefix-- > 2U;) {
      for (std::size_t place = 0; place < prefix && place < script.size(); ++place) {
        if (script[place].op == Op::open_all) {
          continue;
        }
        Script less{{Op::open_all, script[place].actor, script[place].function, script[place].handle, 0}};
        less.insert(less.end(), script.begin() + static_cast<std::ptrdiff_t>(std::min(prefix, script.size())),
                    script.end());
        if (take(std::move(less))) {
          shorter = true;
          break;
        }
      }
    }
  }
  return script;
}

}  // namespace fidelity

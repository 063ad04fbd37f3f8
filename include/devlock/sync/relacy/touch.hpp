// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What each simulated thread is about to touch: one object or all of them, to read or to write. Every operation of
// RelacySync publishes it here, before its schedule point, and nowhere else. A scheduler that reduces the search reads
// it: two operations that touch different objects, or only read, may be swapped without another outcome.
//
// Not here: plain data (var). It has no schedule point; its races are found from what happened before what, in any
// order of independent operations.
#pragma once

#include "devlock/check/relacy.hpp"

namespace devlock::relacy {

/// The operation that a thread performs when it is scheduled next.
struct Touch {
  const void* object = nullptr;  ///< null: every object
  bool writes = true;
  bool yields = false;           ///< lets other threads run first
};

/// More simulated threads than any search can handle.
inline constexpr unsigned max_threads = 16;

namespace detail {
inline Touch next_touch[max_threads];

inline void publish(Touch touch) { next_touch[rl::ctx().current_thread()] = touch; }
}  // namespace detail

inline void about_to_read(const void* object) { detail::publish({object, false, false}); }
inline void about_to_write(const void* object) { detail::publish({object, true, false}); }
inline void about_to_touch_everything() { detail::publish({}); }
inline void about_to_yield() { detail::publish({nullptr, true, true}); }

/// What thread `index` does next. For schedulers.
inline const Touch& next_touch_of(unsigned index) { return detail::next_touch[index]; }

}  // namespace devlock::relacy

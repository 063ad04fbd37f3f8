// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The Sync policy of production with a mutex of four bytes: for programs with many locks, and for paths on which the call into the
// C library shows. Everything else is sync/std.hpp's; a DeviceLock is a word under either.
#pragma once

#include "devlock/lock/word_mutex.hpp"
#include "devlock/sync/std.hpp"

namespace devlock {

struct WordSync : StdSync {
  using mutex = WordMutex<StdSync>;
};

static_assert(Sync<WordSync>);

}  // namespace devlock

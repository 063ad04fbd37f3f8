// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The checker's locks in a debug build that does not link devlock::check.
// FLAGS: -UNDEBUG
// EXPECT: the validator follows threads of the system
// EXPECT: link devlock::check
// MAX-LINES: 10
#include "devlock/sync/relacy.hpp"

devlock::RelacySync::mutex* mutex;

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The scenarios of the speed table: what the reduced search completes and full search does not.
#pragma once

#include "model/catalogue/entry.hpp"

namespace speed {

using catalogue::Entry;

/// Trylocks of overlapping scopes of one switch by 3, 4 and 6 threads.
std::vector<Entry> trees();
/// Five of the catalogue and more, of all systems, no two alike: with condition variables, futex waits and read-write locks.
std::vector<Entry> of_the_catalogue();
/// More threads, more operations, complete all the same.
std::vector<Entry> large();
/// Larger still: how far the search gets.
std::vector<Entry> beyond();

/// Relacy's full search of `entry`, for so long and no more than so many executions; 0: no limit.
devlock::check::Result full(const Entry& entry, double seconds, std::uint64_t executions);

}  // namespace speed

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The program on each backend; a file of its own for each.
#pragma once

#include "options.hpp"

namespace passthrough {

/// Exit status of the program.
int run_on_sim(const Options& options);
int run_on_linux(const Options& options);

}  // namespace passthrough

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// main() for Catch2 2.13; Catch2 3 brings its own.
#define CATCH_CONFIG_MAIN
#include "support/catch.hpp"

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A missing header is no refusal: the checker fails.
// FAILS-WITH: refused for a reason of its own
// EXPECT: error:
#include <no_such_header.hpp>

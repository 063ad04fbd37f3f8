// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A line that looks like an expectation and is none: the checker fails.
// FAILS-WITH: not understood
// EXPECT: error:
// EXPECTED: error:
int value = "text";

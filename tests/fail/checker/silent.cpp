// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Says nothing about what it expects: the checker fails.
// FAILS-WITH: it has no EXPECT line
// EXPECT-NOT: anything at all
int value = "text";

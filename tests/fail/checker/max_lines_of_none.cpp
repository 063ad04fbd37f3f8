// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A limit that is no number: the checker fails.
// FAILS-WITH: not understood
// EXPECT: first_name
// MAX-LINES: few
int a = first_name;

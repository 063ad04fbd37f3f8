// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// As many lines as it must not have: the checker fails.
// FAILS-WITH: and should have fewer than 4
// EXPECT: first_name
// MAX-LINES: 4
int a = first_name;
int b = second_name;
int c = third_name;
int d = fourth_name;

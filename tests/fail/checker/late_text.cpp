// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The text comes after the third line: the checker fails.
// FAILS-WITH: do not contain "late_name"
// EXPECT: late_name
int a = "1";
int b = "2";
int c = "3";
int d = late_name;

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A forbidden text stands in the message: the checker fails.
// FAILS-WITH: the message contains "forbidden_name"
// EXPECT: error:
// EXPECT-NOT: forbidden_name
int a = "1";
int b = "2";
int c = "3";
int value = forbidden_name;

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Fewer lines than the limit of its family: the checker passes.
// EXPECT: first_name
// MAX-LINES-gcc: 5
// MAX-LINES-clang: 5
int a = first_name;
int b = second_name;

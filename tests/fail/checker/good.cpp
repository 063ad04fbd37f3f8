// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Refused, with the text in the first line: the checker passes.
// EXPECT: error:
// EXPECT: refused<first, pair<second, third>>
// EXPECT-ANYWHERE: later_problem
// EXPECT-NOT: word_of_another_message
// EXPECT-gcc: refused<
// EXPECT-clang: refused<
struct first {};
struct second {};
struct third {};
template <class, class>
struct pair {};
template <class, class>
struct refused;
refused<first, pair<second, third>> object;
int a = "1";
int b = "2";
int c = "3";
int d = later_problem;

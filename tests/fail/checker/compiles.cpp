// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Compiles although its text stands in a warning: the checker fails.
// FAILS-WITH: should be refused, but it compiles
// EXPECT: unused_name
inline int function() {
  int unused_name;
  return 0;
}

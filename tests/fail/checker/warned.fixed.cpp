// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A corrected sibling that draws a warning: the checker fails.
// FAILS-WITH: should compile, but the compiler refuses it
inline int function() {
  int unused_name;
  return 0;
}

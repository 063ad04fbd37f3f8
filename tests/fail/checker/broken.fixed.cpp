// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A corrected sibling that does not compile: the checker fails.
// FAILS-WITH: should compile, but the compiler refuses it
int value = "text";

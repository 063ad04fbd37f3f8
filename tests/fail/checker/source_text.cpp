// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The text stands in the source and not in the message: the checker fails.
// FAILS-WITH: do not contain "name_in_the_source"
// EXPECT: name_in_the_source
int value = "text" /* name_in_the_source */;

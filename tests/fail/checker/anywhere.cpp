// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The text stands nowhere: the checker fails.
// FAILS-WITH: the message does not contain "name_that_is_nowhere"
// EXPECT-ANYWHERE: name_that_is_nowhere
int value = "text";

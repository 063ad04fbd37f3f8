// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Refused with another message: the checker fails.
// FAILS-WITH: do not contain "lock_order_inversion"
// EXPECT: error:
// EXPECT: lock_order_inversion
int value = "text";

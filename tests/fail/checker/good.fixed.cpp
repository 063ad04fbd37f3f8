// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A corrected sibling that compiles: the checker passes.
struct first {};
inline first object;

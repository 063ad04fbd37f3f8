// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Runs the freestanding part. main itself is not freestanding: there the name has no meaning.
extern "C" int use_core();

int main() { return use_core(); }

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Refused only because of its own flags: the checker passes.
// FLAGS: -DREMOVE_IT=1
// FLAGS-gcc: -DSPELLING=gcc_spelling
// FLAGS-clang: -DSPELLING=clang_spelling
// EXPECT-gcc: gcc_spelling
// EXPECT-clang: clang_spelling
#if defined(REMOVE_IT)
int value = SPELLING;
#endif

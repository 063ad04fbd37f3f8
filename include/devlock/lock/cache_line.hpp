// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// CacheLine gives a lock cache lines of its own. Locks that lie side by side share one, and then a thread that takes one of them takes
// the line from the processor that uses its neighbour, which is as slow as contention.
//
//   pci::Topology<CacheLine<DeviceLock<StdSync>>> tree;   // the same guards, scopes and classes
//   CacheLine<DeviceLock<StdSync>> devices[256];          // 16 KiB; without it 2 KiB
//
// When to choose it: for locks in an array or in small objects, taken by several threads at a time; of a tree, at least for what all go
// by, as the bridges of an IntentionLock tree. Without it a lock has its own size, 4 bytes for a WordMutex and 8 for a DeviceLock: the
// choice where there are many, where one thread takes them all (a walk reads 16 times as many lines with it), or where each
// lies beside the data that its holder works on, for then one line brings both.
//
// Size may be greater: some processors fetch lines by pairs, and 128 keeps those apart.
// Not checked: that memory for it is allocated with its alignment; C++17's new does.
#pragma once

#include <cstddef>

#include "devlock/config.hpp"

namespace devlock {

template <class Lock, std::size_t Size = cache_line_size>
requires(Size >= alignof(Lock) && (Size & (Size - 1)) == 0) class alignas(Size) CacheLine : public Lock {
 public:
  using Lock::Lock;
};

}  // namespace devlock

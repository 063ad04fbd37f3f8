// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// How a lock is asked for, as guards tell their marks; and the choice of the marks, made once for the whole program.
#pragma once

#include <cstddef>

namespace devlock::validate {

/// How a lock is asked for.
enum class How : unsigned char {
  wait,
  try_once,
  shared_wait,
  shared_try,
  nested_wait,
  nested_try,
  scope_wait,  ///< one of several that a HierarchicalLock waits for in turn
  adopt,       ///< taken by other means
  lifetime,    ///< no lock: something whose end others wait for
};
inline constexpr std::size_t hows = 9;

/// The marks of a program with (true) or without (false) a validator: Context, Reference, Lock, BoundedRetry.
template <bool On>
struct Marks;

}  // namespace devlock::validate

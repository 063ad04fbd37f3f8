// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Memory orders and values as Relacy and the traces have them.
//
//   atomic.store(1, to_relacy(std::memory_order_release), where);
//
// Not here: orders that the standard forbids for an operation; Relacy does not refuse them either.
#pragma once

#include <atomic>
#include <cstdint>
#include <type_traits>

#include "devlock/check/relacy.hpp"
#include "devlock/sync/relacy/event.hpp"

namespace devlock::relacy {

constexpr rl::memory_order to_relacy(std::memory_order order) {
  switch (order) {
    case std::memory_order_relaxed: return rl::mo_relaxed;
    case std::memory_order_consume: return rl::mo_consume;
    case std::memory_order_acquire: return rl::mo_acquire;
    case std::memory_order_release: return rl::mo_release;
    case std::memory_order_acq_rel: return rl::mo_acq_rel;
    case std::memory_order_seq_cst: return rl::mo_seq_cst;
  }
  return rl::mo_seq_cst;
}

/// The order of a compare_exchange that fails, if only that of its success was given: as the standard says.
constexpr std::memory_order failure_of(std::memory_order success) {
  return success == std::memory_order_acq_rel   ? std::memory_order_acquire
         : success == std::memory_order_release ? std::memory_order_relaxed
                                                : success;
}

/// What a trace shows of a value.
template <class T>
Value shown(T value) {
  if constexpr (std::is_pointer_v<T>) {
    return {reinterpret_cast<std::uintptr_t>(value), true};
  } else {
    return {static_cast<std::uint64_t>(value), false};
  }
}

}  // namespace devlock::relacy

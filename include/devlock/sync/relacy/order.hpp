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
  return static_cast<rl::memory_order>(order);
}
static_assert(to_relacy(std::memory_order_relaxed) == rl::mo_relaxed && to_relacy(std::memory_order_consume) == rl::mo_consume &&
              to_relacy(std::memory_order_acquire) == rl::mo_acquire && to_relacy(std::memory_order_release) == rl::mo_release &&
              to_relacy(std::memory_order_acq_rel) == rl::mo_acq_rel && to_relacy(std::memory_order_seq_cst) == rl::mo_seq_cst);

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

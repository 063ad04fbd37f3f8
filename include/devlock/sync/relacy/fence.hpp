// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// std::atomic_thread_fence for the model checker. Only a sequentially consistent fence is a schedule point; the others
// change nothing that another thread could see at once.
#pragma once

#include <atomic>

#include "devlock/sync/relacy/event.hpp"
#include "devlock/sync/relacy/location.hpp"
#include "devlock/sync/relacy/order.hpp"
#include "devlock/sync/relacy/touch.hpp"

namespace devlock::relacy {

inline void fence(std::memory_order order, const Location& where = {}) {
  if (order == std::memory_order_relaxed) {
    return;  // orders nothing
  }
  record(Operation::fence, Phase::wants, nullptr, where);
  if (order == std::memory_order_seq_cst) {
    about_to(Touch().writes(fence_object));
  }
  rl::atomic_thread_fence(to_relacy(order), where);
  record(Operation::fence, Phase::done, nullptr, where);
}

}  // namespace devlock::relacy

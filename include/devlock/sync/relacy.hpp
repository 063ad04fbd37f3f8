// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The Sync policy of the model checker: every lock and every algorithm of the library runs on it unchanged.
//
//   devlock::DeviceLock<devlock::RelacySync> lock;   // inside a scenario of check/check.hpp
//
// Its objects live only inside a scenario while check() runs it. What it models is the C++11 memory model as Relacy has
// it. Found: store buffering, message passing without release and acquire, independent reads of independent writes.
// NOT found, though C++ allows them: load buffering (a load that answers a value stored later), 2+2W (stores to one
// object out of order), a failing compare_exchange that reads an old value. So a pass is a proof for the schedules, not
// for every weak order. tests/model/litmus_test.cpp holds it to this table.
#pragma once

#include <concepts>

#include "devlock/sync/concept.hpp"
#include "devlock/sync/relacy/atomic.hpp"
#include "devlock/sync/relacy/condition_variable.hpp"
#include "devlock/sync/relacy/fence.hpp"
#include "devlock/sync/relacy/mutex.hpp"
#include "devlock/sync/relacy/shared_mutex.hpp"
#include "devlock/sync/relacy/var.hpp"
#include "devlock/validate/mark.hpp"

namespace devlock {

namespace validate {
class LiveContextMark;
}
static_assert(!std::same_as<validate::ContextMark, validate::LiveContextMark>,
              "devlock: the validator follows threads of the system and would mix up those that the checker simulates; link "
              "devlock::check, which brings marks of its own, or define DEVLOCK_VALIDATE=0");

struct RelacySync {
  template <class T>
  using atomic = relacy::Atomic<T>;
  using mutex = relacy::Mutex;
  using shared_mutex = relacy::SharedMutex;
  using condition_variable = relacy::ConditionVariable;
  template <class T>
  using var = relacy::Var<T>;
  /// DeviceLock over this mutex: a report then says who holds a device. tests/model/device_word_test.cpp proves the word.
  static constexpr bool device_lock_has_mutex = true;

  /// A turn of a spin loop: lets other threads run. A loop without it is reported as a livelock.
  static void pause(const relacy::Location& where = {}) {
    relacy::record(relacy::Operation::yield, relacy::Phase::wants, nullptr, where);
    relacy::about_to(relacy::Touch::yield());
    rl::yield(1, where);
    relacy::record(relacy::Operation::yield, relacy::Phase::done, nullptr, where);
  }
  static void fence(std::memory_order order, const relacy::Location& where = {}) { relacy::fence(order, where); }
};

/// The same with what the standard allows and no kernel does: a mutex whose try may fail while it is free, a condition
/// variable that wakes a thread without a notification.
struct SpuriousRelacySync : RelacySync {
  using mutex = relacy::SpuriousMutex;
  using condition_variable = relacy::SpuriousConditionVariable;
};

static_assert(Sync<RelacySync>);
static_assert(Sync<SpuriousRelacySync>);

}  // namespace devlock

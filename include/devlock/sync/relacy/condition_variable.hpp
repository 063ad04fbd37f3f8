// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// std::condition_variable_any for the model checker. A wait gives the mutex back and falls asleep in one step if it gets
// a mutex of RelacySync, bare or in a std::unique_lock; with any other lock it is entered before that lock's unlock, so
// no wakeup is lost that the standard keeps. Which sleeper notify_one wakes is a choice of the search.
//
//   ready.wait(lock, [&] { return !queue.empty(); });
//
// A timed wait may time out at any moment, whatever its deadline. ConditionVariable wakes nobody without reason;
// SpuriousConditionVariable does so once for each object, which the standard allows. Not modelled: stop tokens.
#pragma once

#include <concepts>
#include <condition_variable>
#include <type_traits>

#include "devlock/sync/relacy/event.hpp"
#include "devlock/sync/relacy/mutex.hpp"
#include "devlock/sync/relacy/sleepers.hpp"

namespace devlock::relacy {
namespace detail {

template <bool Spurious>
BasicMutex<Spurious>* mutex_in(BasicMutex<Spurious>& mutex) {
  return &mutex;
}
template <class L>
  requires requires(L& lock) { mutex_in(*lock.mutex()); }
auto mutex_in(L& lock) {
  return mutex_in(*lock.mutex());
}

}  // namespace detail

template <bool SpuriousWakeup>
class BasicConditionVariable {
 public:
  BasicConditionVariable() = default;
  ~BasicConditionVariable() { touches_too(Touch().writes(id_)); }
  BasicConditionVariable(const BasicConditionVariable&) = delete;
  BasicConditionVariable& operator=(const BasicConditionVariable&) = delete;

  void notify_one(const Location& where = {}) { notify(Operation::notify_one, 1, where); }
  void notify_all(const Location& where = {}) { notify(Operation::notify_all, max_threads, where); }

  template <class L>
  void wait(L& lock, const Location& where = {}) {
    sleep(lock, false, where);
  }
  template <class L, std::predicate P>
  void wait(L& lock, P predicate, const Location& where = {}) {
    while (!predicate()) {
      sleep(lock, false, where);
    }
  }
  template <class L, class Deadline>
  std::cv_status wait_until(L& lock, const Deadline&, const Location& where = {}) {
    return sleep(lock, true, where) == Woken::timed_out ? std::cv_status::timeout : std::cv_status::no_timeout;
  }
  template <class L, class Deadline, std::predicate P>
  bool wait_until(L& lock, const Deadline&, P predicate, const Location& where = {}) {
    while (!predicate()) {
      if (sleep(lock, true, where) == Woken::timed_out) {
        return predicate();
      }
    }
    return true;
  }
  template <class L, class Duration>
  std::cv_status wait_for(L& lock, const Duration& duration, const Location& where = {}) {
    return wait_until(lock, duration, where);
  }
  template <class L, class Duration, std::predicate P>
  bool wait_for(L& lock, const Duration& duration, P predicate, const Location& where = {}) {
    return wait_until(lock, duration, std::move(predicate), where);
  }

 private:
  template <class L>
  Woken sleep(L& lock, bool timed, const Location& where) {
    Woken woken = Woken::notified;
    if constexpr (requires { detail::mutex_in(lock); }) {
      auto& mutex = *detail::mutex_in(lock);
      record(Operation::condition_wait, Phase::wants, this, where, {}, &mutex);
      Touch touch = mutex.touch(false);
      touch.add(entering());
      about_to(touch);
      rl::ctx().sched();
      {
        const detail::NoSwitch giving_back_and_sleeping_are_one_step;
        mutex.give_back(where);
      }
      if (timed || SpuriousWakeup) {
        woken = park(timed, where);
        mutex.lock(where);
      } else {
        about_to(mutex.touch(true));  // when it wakes up it takes the mutex in the same step
        sleepers_.sleep(where);
        record(Operation::condition_wait, Phase::done, this, where, {}, &mutex);
        record(Operation::lock, Phase::wants, &mutex, where);
        const detail::NoSwitch waking_and_taking_are_one_step;
        mutex.take(where);
      }
    } else {
      record(Operation::condition_wait, Phase::wants, this, where, {}, &lock);
      about_to(entering());
      rl::ctx().sched();
      sleepers_.enter();
      lock.unlock();
      touches_too(Touch().reads(id_));  // the step of the unlock looks whether somebody was faster
      if (sleepers_.entered()) {
        woken = park(timed, where);
      }
      lock.lock();
    }
    return woken;
  }
  Woken park(bool timed, const Location& where) {
    about_to(timed || SpuriousWakeup ? entering() : Touch::nothing());
    const Woken woken = sleepers_.sleep(where, timed, spurious_wakeups_ != 0U);
    if (woken == Woken::spuriously) {
      --spurious_wakeups_;
    }
    record(Operation::condition_wait, woken == Woken::timed_out ? Phase::refused : Phase::done, this, where);
    return woken;
  }
  // Sleepers may be swapped, but not if they compete for the one wakeup without reason.
  [[nodiscard]] Touch entering() const { return SpuriousWakeup ? Touch().writes(id_) : Touch().reads(id_); }

  void notify(Operation operation, unsigned most, const Location& where) {
    record(operation, Phase::wants, this, where);
    about_to(Touch().writes(id_));
    rl::ctx().sched();
    sleepers_.wake(most, where);
    record(operation, Phase::done, this, where);
  }

  ObjectId id_ = new_object();
  Sleepers sleepers_;
  unsigned spurious_wakeups_ = SpuriousWakeup ? 1 : 0;
};

using ConditionVariable = BasicConditionVariable<false>;
using SpuriousConditionVariable = BasicConditionVariable<true>;

}  // namespace devlock::relacy

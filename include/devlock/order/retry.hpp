// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Retry: a try that is repeated waits in all but name, so it is checked as a wait. The policy is the caller's: how often, until
// when, with what pause, and a stop token.
//
//   auto done = retry(context, lock, policy, [&](auto& guard) { ... });          // compiles where Guard{context, lock} would
//   auto done = retry_bounded(context, lock, deadline_policy, ...);             // while an open descriptor is held: finite
//
// A policy is called after each failure with the number of failures; false gives up. retry_bounded asks for one that is finite by
// its type: it has `static constexpr bool finite = true`. Not checked: hand-written loops around TryGuard; the validator
// reports many failed tries of one instance with an unchanged held set.
#pragma once

#include "devlock/order/try_guard.hpp"

namespace devlock {

/// Gives up after `tries` tries.
struct Attempts {
  static constexpr bool finite = true;
  unsigned tries;
  constexpr bool operator()(unsigned failures) const { return failures < tries; }
};

/// Gives up when `Clock` passes `deadline`; `pause` runs between tries.
template <class Clock, class Pause>
struct Until {
  static constexpr bool finite = true;
  typename Clock::time_point deadline;
  Pause pause;
  bool operator()(unsigned) {
    pause();
    return Clock::now() < deadline;
  }
};

/// A policy that ends by itself.
template <class P>
concept FinitePolicy = requires { requires P::finite; };

namespace detail {
template <class Context, class Lock, class Policy, class Body>
bool retry_loop(const Context& context, Lock& lock, Policy& policy, Body& body, validate::Where where)
    DEVLOCK_UNANALYSED {
  for (unsigned failures = 0;;) {
    {
      TryGuard<try_verdict<typename Context::held, Lock>, Lock> guard{context, lock, where};
      if (guard) {
        body(guard);
        return true;
      }
    }
    if (!policy(++failures)) {
      return false;
    }
  }
}

/// A permitted retry can make one of these; a refused one cannot, and the type says why.
template <class Verdict>
struct Retry {
  explicit constexpr Retry(int) {}
};
template <class Verdict>
  requires(!permitted<Verdict>)
struct Retry<Verdict> {
  explicit Retry(int) = delete;
};
}  // namespace detail

/// Tries `lock` until it is taken or `policy` gives up; calls `body(guard)` with it held. True if it was.
template <LockContext Context, ClassifiedLock Lock, class Policy, class Body>
bool retry(const Context& context, Lock& lock, Policy policy, Body body,
           validate::Where where = validate::Where::current()) DEVLOCK_REQUIRES(context) {
  [[maybe_unused]] const detail::Retry<detail::wait_verdict<typename Context::held, Lock>> permitted(0);
  DEVLOCK_ASSERT(detail::InstanceEntry<Lock>::follows(context.newest_instance(), lock),
                 "a lock's instance key must be greater than those of all held instances of its class");
  return detail::retry_loop(context, lock, policy, body, where);
}

/// The same where waiting is not permitted, because an open descriptor is held for instance: the policy must be finite. Others
/// that wait for this thread wait until it gives up.
template <LockContext Context, ClassifiedLock Lock, FinitePolicy Policy, class Body>
bool retry_bounded(const Context& context, Lock& lock, Policy policy, Body body,
                   validate::Where where = validate::Where::current()) DEVLOCK_REQUIRES(context) {
  [[maybe_unused]] const validate::BoundedRetry bounded;
  return detail::retry_loop(context, lock, policy, body, where);
}

}  // namespace devlock

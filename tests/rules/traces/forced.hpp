// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What the traces share. A trace is a program that looked right to somebody and deadlocks. Each is shown twice: the types refuse it, by a
// probe that the compiler answers; and, forced through the escape hatch, it deadlocks under the model checker.
//
//   UncheckedContext<Order> forced(wrong_on_purpose);
//   Guard second{forced, lock};                       // as if nothing were held
#pragma once

#include <cstdio>

#include "devlock/check/check.hpp"
#include "devlock/devlock.hpp"
#include "support/catch.hpp"

namespace traces {

using namespace devlock;
using devlock::check::Outcome;
using S = RelacySync;

template <class C>
using Mutex = Ordered<C, S::mutex>;

inline constexpr char wrong_on_purpose[] = "a trace that deadlocks";

// Probes. `Context` is a context's type, `Lock` a lock's.
template <class Context, class Lock>
concept Waits = requires(const Context& context, Lock& lock) {
  Guard{context, lock};
};
template <class Context, class Lock>
concept Tries = requires(const Context& context, Lock& lock) {
  TryGuard{context, lock};
};
template <class Context, class Lock, class Owner>
concept WaitsUnder = requires(const Context& context, Lock& lock, const Owner& owner) {
  Guard{context, lock, under(owner)};
};
template <class Context, class Order, class X>
concept Passes = std::convertible_to<const Context&, ContextFor<Order, X>>;
template <class G, class... Named>
concept Sleeps = std::constructible_from < detail::condition_wait<G, Named...>,
int > ;

/// The type of a guard that waits, tries, or waits under an owner.
template <class Context, class Lock>
using Waited = decltype(Guard{std::declval<const Context&>(), std::declval<Lock&>()});
template <class Context, class Lock>
using Tried = decltype(TryGuard{std::declval<const Context&>(), std::declval<Lock&>()});
template <class Context, class Lock, class Owner>
using Nest = decltype(Guard{std::declval<const Context&>(), std::declval<Lock&>(),
                            under(std::declval<const Owner&>())});

/// A condition variable for the checker: a count of notifications.
class Notifications {
 public:
  template <class Lock>
  void wait(Lock& lock) {
    const unsigned seen = turns_.load();
    lock.unlock();
    turns_.wait(seen);
    lock.lock();
  }
  void notify_one() noexcept { notify_all(); }
  void notify_all() noexcept {
    turns_.fetch_add(1U);
    turns_.notify_all();
  }

 private:
  S::atomic<unsigned> turns_{0U};
};

template <class Scenario>
check::Result explore(const char* name) {
  check::Result result = check::check<Scenario>({.executions = 2'000'000, .depth = 400});
  std::printf("trace: %s: %s\n", name, to_string(result).c_str());
  std::fflush(stdout);
  return result;
}
/// Some schedule ends so.
template <class Scenario>
void expect(Outcome outcome, const char* name) {
  const check::Result result = explore<Scenario>(name);
  INFO(to_string(result) << "\n" << result.trace);
  CHECK(result.outcome == outcome);
}
template <class Scenario>
void expect_deadlock(const char* name) {
  expect<Scenario>(Outcome::deadlock, name);
}
/// No schedule does anything wrong.
template <class Scenario>
void expect_free(const char* name) {
  const check::Result result = explore<Scenario>(name);
  INFO(to_string(result) << "\n" << result.trace);
  CHECK(result.verified());
}

}  // namespace traces

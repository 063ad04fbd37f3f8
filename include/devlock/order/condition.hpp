// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Condition waits for a condition variable under the order. A wait gives back its own lock only, so it compiles only if that lock
// is all that the thread holds; others are named, and must strictly precede it, because the wait ends by taking it again.
//
//   devlock::Guard guard{root, queue.lock};
//   queue.ready.wait(guard, [&] { return !queue.empty(); });
//   queue.ready.wait(inner, holding<outer>, predicate);        // outer stays held during the wait, on purpose
//
// `CV` is std::condition_variable_any or anything with wait(lockable). Refused under a ContextFor: the callers' locks are not
// known. Not checked: that somebody notifies, and that the notifier needs none of the locks named.
#pragma once

#include <utility>

#include "devlock/order/guard.hpp"

namespace devlock {

/// A condition wait through something that is no Guard: a try may have failed, readers do not own the lock, a root holds none.
template <class Given>
struct condition_wait_needs_a_guard {};

/// The classes that stay held during a condition wait: `holding<outer>`.
template <LockClass... Named>
struct Holding {};
template <LockClass... Named>
inline constexpr Holding<Named...> holding{};

namespace detail {

template <class HeldSet, class Waited, class... Named>
constexpr Ruling sleep_ruling() {
  constexpr std::uint64_t named[sizeof...(Named) + 1]{class_key<Named>..., 0};
  return judge_sleep(HeldSet::order::table, held_elements<HeldSet>::list, held_elements<HeldSet>::count, class_key<Waited>,
                     named, sizeof...(Named));
}

template <class G>
struct waited_lock {
  using type = void;
};
template <class Permission, class Lock>
struct waited_lock<Guard<Permission, Lock>> {
  using type = Lock;
};

/// The guard's set if the wait is permitted, else the refusal.
template <class G, class... Named>
constexpr auto sleep_verdict() {
  if constexpr (std::is_void_v<typename waited_lock<G>::type>) {
    return condition_wait_needs_a_guard<G>{};
  } else {
    using Waited = typename waited_lock<G>::type::lock_class;
    constexpr Ruling ruling = sleep_ruling<typename G::held, Waited, Named...>();
    if constexpr (ruling == Ruling::permitted) {
      return typename G::held{};
    } else {
      return refusal<ruling, Waited, typename G::held>();
    }
  }
}

/// A permitted wait can make one of these; a refused one cannot, and the type says why.
template <class Verdict>
struct ConditionWait {
  static constexpr bool granted = true;
  explicit constexpr ConditionWait(int) {}
};
template <class Verdict>
  requires(!permitted<Verdict>)
struct ConditionWait<Verdict> {
  static constexpr bool granted = false;
  explicit ConditionWait(int) = delete;
};

template <class G, class... Named>
using condition_wait = ConditionWait<decltype(sleep_verdict<G, Named...>())>;

// What a condition variable sees of an Ordered lock.
template <class Lock>
struct Bare {
  Lock& ordered;
  DEVLOCK_NO_UNIQUE_ADDRESS validate::ContextReference guard;
  void lock() {
    LockAccess::lock(ordered);
    guard.woke(ordered);
  }
  void unlock() { LockAccess::unlock(ordered); }
};

}  // namespace detail

template <class CV>
class Condition {
 public:
  Condition() = default;
  Condition(const Condition&) = delete;
  Condition& operator=(const Condition&) = delete;

  void notify_one() noexcept { condition_.notify_one(); }
  void notify_all() noexcept { condition_.notify_all(); }

  /// Waits until `predicate` holds. The guard's lock is the only one held.
  template <class G, class Predicate>
  void wait(const G& guard, Predicate predicate, validate::Where where = validate::Where::current())
      DEVLOCK_REQUIRES(guard) {
    wait(guard, holding<>, std::move(predicate), where);
  }
  /// The same with the named classes held meanwhile.
  template <class G, class... Named, class Predicate>
  void wait(const G& guard, Holding<Named...> named, Predicate predicate,
            validate::Where where = validate::Where::current()) DEVLOCK_REQUIRES(guard) {
    [[maybe_unused]] const detail::condition_wait<G, Named...> permitted(0);
    if constexpr (detail::condition_wait<G, Named...>::granted) {
      auto bare = bare_lock(guard, named, where);
      while (!predicate()) {
        condition_.wait(bare);
      }
    }
  }
  /// Waits until `predicate` holds or `deadline` passes; the value of the predicate then.
  template <class G, class Deadline, class Predicate>
  bool wait_until(const G& guard, const Deadline& deadline, Predicate predicate,
                  validate::Where where = validate::Where::current()) DEVLOCK_REQUIRES(guard) {
    return wait_until(guard, holding<>, deadline, std::move(predicate), where);
  }
  template <class G, class... Named, class Deadline, class Predicate>
  bool wait_until(const G& guard, Holding<Named...> named, const Deadline& deadline, Predicate predicate,
                  validate::Where where = validate::Where::current()) DEVLOCK_REQUIRES(guard) {
    [[maybe_unused]] const detail::condition_wait<G, Named...> permitted(0);
    if constexpr (detail::condition_wait<G, Named...>::granted) {
      auto bare = bare_lock(guard, named, where);
      return condition_.wait_until(bare, deadline, std::move(predicate));
    }
  }
  /// Waits until `predicate` holds or a stop is requested; the value of the predicate then. `StopToken` is std::stop_token.
  template <class G, class StopToken, class Predicate>
    requires requires(StopToken token) { token.stop_requested(); }
  bool wait(const G& guard, StopToken stop, Predicate predicate, validate::Where where = validate::Where::current())
      DEVLOCK_REQUIRES(guard) {
    return wait(guard, holding<>, std::move(stop), std::move(predicate), where);
  }
  template <class G, class... Named, class StopToken, class Predicate>
    requires requires(StopToken token) { token.stop_requested(); }
  bool wait(const G& guard, Holding<Named...> named, StopToken stop, Predicate predicate,
            validate::Where where = validate::Where::current()) DEVLOCK_REQUIRES(guard) {
    [[maybe_unused]] const detail::condition_wait<G, Named...> permitted(0);
    if constexpr (detail::condition_wait<G, Named...>::granted) {
      auto bare = bare_lock(guard, named, where);
      return condition_.wait(bare, std::move(stop), std::move(predicate));
    }
  }

 private:
  template <class Permission, class Lock, class... Named>
  static detail::Bare<Lock> bare_lock(const Guard<Permission, Lock>& guard, Holding<Named...>, validate::Where where) {
    DEVLOCK_ASSERT(guard.owns_lock(), "a condition wait needs a guard that owns its lock");
    using Order = typename Guard<Permission, Lock>::order;
    guard.mark.template sleeps<Order, Lock, Named...>(*guard.mutex(), where);
    return {*guard.mutex(), guard.mark.reference()};
  }

  CV condition_;
};

}  // namespace devlock

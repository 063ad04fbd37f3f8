// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// All that the types say of an acquisition, as one address: which kind of lock, under which order, in which way. Two acquisitions with the
// same address get the same ruling against the same types, whichever locks they are of.
#pragma once

#include <cstddef>
#include <type_traits>

#include "devlock/validate/facts.hpp"
#include "devlock/validate/how.hpp"

namespace devlock::validate {

struct AskedFacts {
  const LockFacts* lock;
  const OrderFacts* order;  ///< of the context that asks
  std::size_t size;         ///< of the mutex that the lock stands for
  How how;

  /// The same, asked for in another way.
  [[nodiscard]] const AskedFacts& as(How other) const {
    return *(this - static_cast<std::ptrdiff_t>(how) + static_cast<std::ptrdiff_t>(other));
  }
};

namespace detail {

template <class Lock>
concept WrapsMutex = requires(Lock& lock) {
  requires std::is_lvalue_reference_v<decltype(lock.native())>;
};

/// The size of a lock's mutex: a wrapper of one elsewhere stands for that.
template <class Lock>
constexpr std::size_t mutex_size() {
  if constexpr (WrapsMutex<Lock>) {
    return sizeof(std::remove_reference_t<decltype(std::declval<Lock&>().native())>);
  } else {
    return sizeof(Lock);
  }
}

/// One for each How, in its order.
struct AskedRow {
  AskedFacts of[hows];
  constexpr AskedRow(const LockFacts* lock, const OrderFacts* order, std::size_t size) : of{} {
    for (std::size_t how = 0; how != hows; ++how) {
      of[how] = {lock, order, size, static_cast<How>(how)};
    }
  }
};
template <class Order, class Lock>
inline constexpr AskedRow asked_row{&lock_facts<Lock>, &order_facts<Order>, mutex_size<Lock>()};
template <class Order, class Class>
inline constexpr AskedRow asked_class_row{&class_only<Class>, &order_facts<Order>, 1};

}  // namespace detail

template <class Order, class Lock>
constexpr const AskedFacts& asked_facts(How how) {
  return detail::asked_row<Order, Lock>.of[static_cast<std::size_t>(how)];
}
/// Of something that is no lock and stands for its class.
template <class Order, class Class>
constexpr const AskedFacts& asked_class(How how) {
  return detail::asked_class_row<Order, Class>.of[static_cast<std::size_t>(how)];
}

namespace detail {
/// Waits, as opposed to a try.
constexpr bool waits(How how) {
  return how == How::wait || how == How::shared_wait || how == How::nested_wait || how == How::scope_wait;
}
constexpr bool is_shared(How how) {
  return how == How::shared_wait || how == How::shared_try;
}
constexpr bool is_nested(How how) {
  return how == How::nested_wait || how == How::nested_try;
}
}  // namespace detail

}  // namespace devlock::validate

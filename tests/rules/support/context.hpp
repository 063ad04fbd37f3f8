// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What a thread may hold, as the types know it, and the questions about it that the library asks of types: they are put to the library's
// templates once and the answers kept.
#pragma once

#include <algorithm>

#include "devlock/order/lifetime.hpp"
#include "devlock/order/rule.hpp"
#include "rules/support/world.hpp"

namespace rules {

using devlock::detail::Element;
using devlock::detail::Hold;
using devlock::detail::InstanceRecord;
using devlock::detail::Request;
using devlock::detail::Ruling;

/// What a thread may hold, as the types know it: the elements of its Held set, and the chain of instances.
struct Context {
  static constexpr std::size_t room = 24;
  Element elements[room]{};
  std::size_t count = 0;
  const InstanceRecord* newest = nullptr;

  void add(Hold hold, std::uint64_t class_key, std::uint64_t owner_key = 0) {
    elements[count++] = {hold, class_key, owner_key};
  }
  template <class Predicate>
  void drop(Predicate unwanted) {
    count = static_cast<std::size_t>(std::remove_if(elements, elements + count, unwanted) - elements);
  }
};

namespace adoption {
// The verdict of order/lifetime.hpp for each kind of set that there is.
struct Order {};
struct Session {
  using lifetime_class = Class<0>;
};
template <class... Elements>
inline constexpr bool permitted = devlock::detail::permitted<
    typename devlock::detail::adoption_verdict<devlock::Held<Order, Elements...>, Session>::type>;
inline constexpr bool from_a_root = permitted<>;
inline constexpr bool below_a_bound = permitted<devlock::Below<Class<1>>>;
inline constexpr bool with_a_lock = permitted<Class<1>>;
}  // namespace adoption

using Follows = bool (*)(const InstanceRecord*, const unsigned&);
template <std::size_t... I>
constexpr std::array<Follows, max_classes> all_follows(std::index_sequence<I...>) {
  return {static_cast<Follows>(&devlock::detail::follows_all<Class<I>, unsigned>)...};
}
/// follows_all() of order/instance.hpp for each class.
inline constexpr std::array<Follows, max_classes> follows_of = all_follows(std::make_index_sequence<max_classes>{});

}  // namespace rules

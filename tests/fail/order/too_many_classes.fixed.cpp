// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// As many as there is room for.
#include <utility>

#include "devlock/order/hierarchy.hpp"

template <std::size_t I>
struct numbered {
  static constexpr char name[] = {'c', static_cast<char>('0' + I / 100), static_cast<char>('0' + I / 10 % 10),
                                  static_cast<char>('0' + I % 10), '\0'};
};
template <class Indices>
struct chain;
template <std::size_t... I>
struct chain<std::index_sequence<I...>> {
  using type = devlock::Hierarchy<devlock::Before<numbered<I>, numbered<I + 1>>...>;
};

struct Order : chain<std::make_index_sequence<255>>::type {};

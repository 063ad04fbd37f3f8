// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// One class more than there is room for.
// EXPECT: too_many_classes<256>
// EXPECT: room for 256 classes
// EXPECT-NOT: Before<
// MAX-LINES: 10
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

struct Order : chain<std::make_index_sequence<256>>::type {};

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// 256 classes and 1,014 edges are evaluated inside the compilers' own limits.
#include <mutex>
#include <utility>

#include "devlock/lock/ordered.hpp"
#include "devlock/order/guard.hpp"

namespace {

using namespace devlock;

template <std::size_t I>
struct numbered {
  static constexpr char name[] = {'c', static_cast<char>('0' + I / 100), static_cast<char>('0' + I / 10 % 10),
                                  static_cast<char>('0' + I % 10), '\0'};
};

template <class... Parts>
struct Edges;
template <class... Lists>
struct join;
template <class... A>
struct join<Edges<A...>> {
  using type = Hierarchy<A...>;
};
template <class... A, class... B, class... Rest>
struct join<Edges<A...>, Edges<B...>, Rest...> : join<Edges<A..., B...>, Rest...> {};

// Edges from each class to the one that comes Step later.
template <std::size_t Step, std::size_t... I>
auto edges(std::index_sequence<I...>) -> Edges<Before<numbered<I>, numbered<I + Step>>...>;
template <std::size_t Step>
using step = decltype(edges<Step>(std::make_index_sequence<256 - Step>{}));

struct Large : join<step<1>, step<2>, step<3>, step<4>>::type {};

static_assert(Large::table.count == 256);
static_assert(precedes<Large, numbered<0>, numbered<255>>);
static_assert(precedes<Large, numbered<100>, numbered<101>>);
static_assert(!precedes<Large, numbered<101>, numbered<100>>);
static_assert(!precedes<Large, numbered<255>, numbered<255>>);

// A comb: even classes are a chain, each odd one hangs off the even one before it, so that odd ones are incomparable.
template <std::size_t... I>
auto comb(std::index_sequence<I...>)
    -> join<Edges<Before<numbered<2 * I>, numbered<2 * I + 2>>...>, Edges<Before<numbered<2 * I>, numbered<2 * I + 1>>...>>;
struct Comb : decltype(comb(std::make_index_sequence<127>{}))::type {};

static_assert(precedes<Comb, numbered<0>, numbered<253>>);
static_assert(precedes<Comb, numbered<0>, numbered<254>>);
static_assert(!precedes<Comb, numbered<1>, numbered<3>> && !precedes<Comb, numbered<3>, numbered<1>>);
static_assert(!precedes<Comb, numbered<1>, numbered<2>> && !precedes<Comb, numbered<2>, numbered<1>>);
static_assert(!contains_class<Comb, numbered<255>>);

template <class C, class L>
concept CanWait = requires(const C& context, L& lock) { Guard{context, lock}; };
static_assert(CanWait<HeldContext<Held<Large, numbered<7>>>, Ordered<numbered<200>, std::mutex>>);
static_assert(!CanWait<HeldContext<Held<Large, numbered<200>>>, Ordered<numbered<7>, std::mutex>>);

}  // namespace

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The concepts answer, with true and with false, and so do requires-expressions over guards: a refusal is no error there.
#include <mutex>

#include "devlock/devlock.hpp"
#include "support/classes.hpp"

namespace {

using namespace devlock;
using namespace test;

template <class... Elements>
using Set = Held<Order, Elements...>;
template <class... Elements>
using Context = HeldContext<Set<Elements...>>;
template <class Class>
using Lock = Ordered<Class, std::mutex>;

// Nothing held: every class of the hierarchy.
static_assert(AcquirableWhileHolding<first, Set<>>);
static_assert(AcquirableWhileHolding<third, Set<>>);
static_assert(!AcquirableWhileHolding<stranger, Set<>>);

// One held: strictly later classes.
static_assert(AcquirableWhileHolding<second, Set<first>>);
static_assert(AcquirableWhileHolding<third, Set<first>>);
static_assert(!AcquirableWhileHolding<first, Set<first>>);
static_assert(!AcquirableWhileHolding<first, Set<second>>);
static_assert(!AcquirableWhileHolding<first, Set<third>>);
static_assert(!AcquirableWhileHolding<second, Set<aside>>);
static_assert(!AcquirableWhileHolding<aside, Set<third>>);
static_assert(!AcquirableWhileHolding<stranger, Set<first>>);

// Held is a set: each element counts, in whatever order it came.
static_assert(AcquirableWhileHolding<third, Set<first, second>>);
static_assert(AcquirableWhileHolding<third, Set<second, first>>);
static_assert(!AcquirableWhileHolding<second, Set<third, first>>);
static_assert(!AcquirableWhileHolding<second, Set<first, third>>);
static_assert(!AcquirableWhileHolding<third, Set<first, aside, second>>);
static_assert(!AcquirableWhileHolding<aside, Set<first, second>>);

// A bound: its class and what follows.
static_assert(AcquirableWhileHolding<second, Set<Below<second>>>);
static_assert(AcquirableWhileHolding<third, Set<Below<second>>>);
static_assert(AcquirableWhileHolding<third, Set<Below<second>, second>>);
static_assert(!AcquirableWhileHolding<first, Set<Below<second>>>);
static_assert(!AcquirableWhileHolding<aside, Set<Below<second>>>);
static_assert(!AcquirableWhileHolding<second, Set<Below<second>, second>>);
static_assert(!AcquirableWhileHolding<second, Set<Below<third>>>);
static_assert(!AcquirableWhileHolding<second, Set<Below<third>, first>>);

// What is no class is no answer but false.
struct nameless {};
static_assert(!AcquirableWhileHolding<nameless, Set<>>);
static_assert(!AcquirableWhileHolding<int, Set<>>);

// Contexts.
static_assert(MayAcquire<ThreadContext<Order>, first>);
static_assert(MayAcquire<Context<first>, second>);
static_assert(!MayAcquire<Context<first>, first>);
static_assert(!MayAcquire<Context<third, first>, second>);
static_assert(MayAcquire<ContextFor<Order, second>, second>);
static_assert(!MayAcquire<ContextFor<Order, second>, first>);
static_assert(!MayAcquire<ThreadContext<Order>, stranger>);
static_assert(!MayAcquire<ThreadContext<Order>, nameless>);
static_assert(!MayAcquire<int, first>);
static_assert(!MayAcquire<Lock<first>, first>);

// Guards in a requires-expression.
template <class C, class L>
concept CanWait = requires(const C& context, L& lock) { Guard{context, lock}; };
template <class C, class L>
concept CanTry = requires(const C& context, L& lock) { TryGuard{context, lock}; };

static_assert(CanWait<ThreadContext<Order>, Lock<first>>);
static_assert(CanWait<Context<first>, Lock<second>>);
static_assert(!CanWait<Context<second>, Lock<first>>);        // inversion
static_assert(!CanWait<Context<aside>, Lock<second>>);        // incomparable
static_assert(!CanWait<Context<second>, Lock<aside>>);        // and the other way round
static_assert(!CanWait<Context<first>, Lock<first>>);         // same class
static_assert(!CanWait<ThreadContext<Order>, Lock<stranger>>);  // not in the hierarchy
static_assert(!CanWait<int, Lock<first>>);                    // no context
static_assert(!CanWait<ThreadContext<Order>, std::mutex>);    // no class

// Tries go in any order, but only over the hierarchy's classes.
static_assert(CanTry<Context<second>, Lock<first>>);
static_assert(CanTry<Context<aside>, Lock<second>>);
static_assert(CanTry<Context<first>, Lock<first>>);
static_assert(CanTry<Context<Below<third>>, Lock<first>>);
static_assert(!CanTry<ThreadContext<Order>, Lock<stranger>>);
static_assert(!CanTry<int, Lock<first>>);
static_assert(!CanTry<ThreadContext<Order>, std::mutex>);

// After a try the next wait is checked against ALL that is held, the tried lock and what came before it (T5).
using TriedFirst = TryGuard<Set<third>, Lock<first>>;
static_assert(!CanWait<TriedFirst, Lock<second>>);
static_assert(CanTry<TriedFirst, Lock<second>>);
using TriedSecond = TryGuard<Set<first>, Lock<second>>;
static_assert(CanWait<TriedSecond, Lock<third>>);
static_assert(!CanWait<TriedSecond, Lock<aside>>);
static_assert(!CanWait<TriedSecond, Lock<first>>);
static_assert(!CanWait<TryGuard<Set<>, Lock<second>>, Lock<first>>);  // try second, wait first

// A parameter of a function takes guards in order and refuses the others.
[[maybe_unused]] void wants_second(ContextFor<Order, second>) {}
template <class C>
concept CanPass = requires(const C& context) { wants_second(context); };
static_assert(CanPass<ThreadContext<Order>>);
static_assert(CanPass<Guard<Set<>, Lock<first>>>);
static_assert(!CanPass<Guard<Set<>, Lock<second>>>);
static_assert(!CanPass<Guard<Set<>, Lock<third>>>);
static_assert(!CanPass<TryGuard<Set<third>, Lock<first>>>);
static_assert(!CanPass<TryGuard<Set<Below<third>>, Lock<first>>>);
static_assert(CanPass<ContextFor<Order, first>>);
static_assert(!CanPass<ContextFor<Order, third>>);

// Two classes in one lock are two acquisitions.
struct Both {
  using lock_classes = ClassList<first, third>;
};
struct WrongWay {
  using lock_classes = ClassList<third, first>;
};
static_assert(CanWait<ThreadContext<Order>, Both>);
static_assert(!CanWait<Context<second>, Both>);  // second lies between
static_assert(!CanWait<ThreadContext<Order>, WrongWay>);
static_assert(CanTry<Context<second>, Both>);

}  // namespace

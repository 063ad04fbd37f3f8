// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A program without the validator keeps nothing for it.
#define DEVLOCK_VALIDATE 0
#include <mutex>
#include <shared_mutex>
#include <type_traits>

#include "devlock/devlock.hpp"
#include "devlock/sync/std.hpp"
#include "support/classes.hpp"

namespace {

using namespace devlock;
using namespace test;

static_assert(std::is_empty_v<validate::Where>);
static_assert(std::is_empty_v<validate::ContextMark> && std::is_trivially_destructible_v<validate::ContextMark>);
static_assert(std::is_empty_v<validate::ContextReference> && std::is_trivially_copyable_v<validate::ContextReference>);
static_assert(std::is_empty_v<validate::LockMark> && std::is_trivially_destructible_v<validate::LockMark>);
static_assert(std::is_empty_v<validate::BoundedRetry> && std::is_trivially_destructible_v<validate::BoundedRetry>);

static_assert(std::is_empty_v<ThreadContext<Order>> && std::is_empty_v<UncheckedContext<Order>>);
static_assert(std::is_empty_v<ContextFor<Order, second>> && std::is_trivially_copyable_v<ContextFor<Order, second>>);
static_assert(sizeof(Ordered<first, std::mutex>) == sizeof(std::mutex));
static_assert(sizeof(Ordered<first, std::shared_mutex>) == sizeof(std::shared_mutex));
static_assert(sizeof(Ordered<first, std::mutex&>) == sizeof(void*));
static_assert(sizeof(Guard<Held<Order>, Ordered<first, std::mutex>>) <= sizeof(std::unique_lock<std::mutex>));

// The other kind, to see that this is not true of everything.
static_assert(!std::is_empty_v<validate::BasicWhere<true>>);

}  // namespace

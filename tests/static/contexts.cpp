// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What contexts and guards are as objects: not copied, not moved, and no larger than what they must keep.
// Without the validator, which has more to keep.
#define DEVLOCK_VALIDATE 0
#include <mutex>
#include <type_traits>

#include "devlock/devlock.hpp"
#include "devlock/sync/std.hpp"
#include "support/classes.hpp"

namespace {

using namespace devlock;
using namespace test;

using Root = devlock::ThreadContext<Order>;
using Parameter = ContextFor<Order, second>;
using Mutex = Ordered<first, std::mutex>;
using Waited = Guard<Held<Order>, Mutex>;
using Tried = TryGuard<Held<Order>, Mutex>;
using Walked = HierarchicalTryLock<Held<Order>, Mutex>;
using WalkedWaiting = HierarchicalLock<Held<Order>, Mutex>;

template <class T>
inline constexpr bool stays = !std::is_copy_constructible_v<T> && !std::is_move_constructible_v<T> &&
                              !std::is_copy_assignable_v<T> && !std::is_move_assignable_v<T>;
static_assert(stays<Root>);
static_assert(stays<UncheckedContext<Order>>);
static_assert(stays<Waited>);
static_assert(stays<Tried>);
static_assert(stays<Walked>);
static_assert(stays<WalkedWaiting>);
static_assert(stays<Mutex>);
static_assert(stays<DeviceLock<StdSync>>);
static_assert(stays<ConfigAccess<StdSync>>);
static_assert(stays<GroupOwnership<StdSync>>);
static_assert(stays<Rundown<StdSync, vfio::VfioOrder, vfio::open_device>>);

// A parameter is passed in no register at all.
static_assert(std::is_empty_v<Parameter>);
static_assert(std::is_trivially_copyable_v<Parameter>);
static_assert(std::is_trivially_copy_constructible_v<Parameter>);
static_assert(std::is_trivially_destructible_v<Parameter>);
static_assert(!std::is_default_constructible_v<Parameter>);  // it comes from a context

static_assert(std::is_empty_v<Root>);

// A guard has nothing to it but its lock, and whether it was given back early.
static_assert(sizeof(Waited) == sizeof(std::unique_lock<std::mutex>));
static_assert(sizeof(Tried) == sizeof(std::unique_lock<std::mutex>));
static_assert(sizeof(Mutex) == sizeof(std::mutex));
static_assert(sizeof(Ordered<first, std::mutex&>) == sizeof(std::mutex*));
static_assert(sizeof(ConfigAccess<StdSync>) == sizeof(unsigned));

// The same holds deep inside other guards: sets are types, not members.
using Deep = Guard<Held<Order, Below<first>, first, second>, Ordered<third, std::mutex>>;
static_assert(sizeof(Deep) == sizeof(Waited));

// A guard is a context and a context is no guard.
static_assert(LockContext<Deep> && LockContext<Tried> && LockContext<Walked> && LockContext<Root> && LockContext<Parameter>);
static_assert(!LockContext<Mutex> && !LockContext<std::lock_guard<std::mutex>>);

// Nobody makes a context out of nothing but its own kind.
static_assert(!std::is_constructible_v<Root, int>);
static_assert(!std::is_constructible_v<UncheckedContext<Order>>);
static_assert(!std::is_constructible_v<UncheckedContext<Order>, const char(&)[1]>);
static_assert(std::is_constructible_v<UncheckedContext<Order>, const char(&)[7]>);
static_assert(!std::is_convertible_v<const char(&)[7], UncheckedContext<Order>>);

template <class O>
concept EmptyReason = requires { unchecked_context<O>(""); };
template <class O>
concept SomeReason = requires { unchecked_context<O>("a reason"); };
static_assert(SomeReason<Order>);
static_assert(!EmptyReason<Order>);

}  // namespace

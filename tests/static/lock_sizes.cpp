// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What a lock takes of memory, and that two of CacheLine never share a line. Without the validator, whose marks take room.
#define DEVLOCK_VALIDATE 0
#include <mutex>

#include "devlock/devlock.hpp"
#include "devlock/lock/cache_line.hpp"
#include "devlock/lock/intention_lock.hpp"
#include "devlock/lock/word_mutex.hpp"
#include "devlock/sync/std.hpp"

namespace {

using namespace devlock;

using Device = DeviceLock<StdSync>;
using Word = Ordered<vfio::device_lock, WordMutex<StdSync>>;

static_assert(sizeof(WordMutex<StdSync>) == 4);
static_assert(sizeof(TryWord<StdSync>) == 4);
static_assert(sizeof(DeviceWord<StdSync>) == 4);
static_assert(sizeof(Word) == 4, "the class of a lock takes no room");
static_assert(sizeof(Ordered<vfio::device_lock, std::mutex>) == sizeof(std::mutex));
static_assert(sizeof(Device) == 8, "two locks in a word, and a life");
static_assert(sizeof(Device::DevicePart) == 1, "a part is a base without members");

template <class Lock, std::size_t Size>
constexpr bool apart = alignof(CacheLine<Lock, Size>) == Size && sizeof(CacheLine<Lock, Size>) % Size == 0;
static_assert(apart<Word, cache_line_size> && sizeof(CacheLine<Word>) == cache_line_size);
static_assert(apart<Device, cache_line_size> && sizeof(CacheLine<Device>) == cache_line_size);
static_assert(apart<Device, 128> && sizeof(CacheLine<Device, 128>) == 128);
static_assert(apart<IntentionLock<StdSync>, cache_line_size>);
static_assert(std::is_same_v<CacheLine<Word>::lock_class, vfio::device_lock>);
static_assert(std::is_same_v<CacheLine<Device>::lock_classes, Device::lock_classes>);

template <class Lock, std::size_t Size>
concept Padded = requires { typename CacheLine<Lock, Size>; };
static_assert(Padded<Device, 64>);
static_assert(!Padded<Device, 48>, "a size is a power of two");
static_assert(!Padded<Device, 2>, "and not below the lock's own alignment");

}  // namespace

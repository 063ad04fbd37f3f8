// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The mutex in one word: as a mutex, as that of a Sync policy, and the word that nobody waits for.
#include "devlock/lock/word_mutex.hpp"

#include <thread>

#include "devlock/lock/ordered.hpp"
#include "devlock/order/guard.hpp"
#include "devlock/order/try_guard.hpp"
#include "devlock/sync/word.hpp"
#include "devlock/vfio/order.hpp"
#include "support/catch.hpp"

namespace {

using namespace devlock;
using vfio::ThreadContext;

TEST_CASE("A word is locked by one at a time, and four bytes large") {
  STATIC_REQUIRE(sizeof(WordMutex<StdSync>) == 4);
  STATIC_REQUIRE(sizeof(TryWord<StdSync>) == 4);
  WordMutex<StdSync> mutex;
  REQUIRE(mutex.try_lock());
  CHECK_FALSE(mutex.try_lock());
  mutex.unlock();
  mutex.lock();
  CHECK_FALSE(mutex.try_lock());
  mutex.unlock();
}

TEST_CASE("Threads that wait for a word all get their turn") {
  WordMutex<StdSync> mutex;
  int count = 0;  // plain on purpose
  constexpr int rounds = 20000;
  std::thread threads[4];
  for (std::thread& thread : threads) {
    thread = std::thread([&] {
      for (int round = 0; round != rounds; ++round) {
        mutex.lock();
        ++count;
        mutex.unlock();
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(count == 4 * rounds);
}

TEST_CASE("The mutex of WordSync is a word") {
  STATIC_REQUIRE(DEVLOCK_VALIDATE != 0 || sizeof(Ordered<vfio::kvm_lock, WordSync::mutex>) == 4);
  Ordered<vfio::kvm_lock, WordSync::mutex> vm;
  ThreadContext root;
  {
    Guard guard{root, vm};
    bool elsewhere = true;
    std::thread([&] {
      ThreadContext other;
      TryGuard locked{other, vm};
      elsewhere = locked.owns_lock();
    }).join();
    CHECK_FALSE(elsewhere);
  }
  TryGuard again{root, vm};
  CHECK(again);
}

template <class Lock>
concept Waited = requires(Lock& lock) {
  lock.lock();
};
TEST_CASE("A word that nobody waits for cannot be waited for") {
  STATIC_REQUIRE(Waited<WordMutex<StdSync>>);
  STATIC_REQUIRE_FALSE(Waited<TryWord<StdSync>>);
  Ordered<vfio::device_lock, TryWord<StdSync>> lock;
  ThreadContext root;
  {
    TryGuard taken{root, lock};
    REQUIRE(taken);
  }
  TryGuard again{root, lock};
  CHECK(again);
}

}  // namespace

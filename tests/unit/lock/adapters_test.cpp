// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Any lockable fits under the order: the standard's, a C library's, a lock of a VMM's own. Each case has two threads that contend.
#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <barrier>
#include <cstdint>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <type_traits>

#include "devlock/lock/ordered.hpp"
#include "devlock/order/guard.hpp"
#include "devlock/order/shared_guard.hpp"
#include "devlock/order/try_guard.hpp"
#include "support/catch.hpp"
#include "support/classes.hpp"
#include "support/contend.hpp"

namespace {

using namespace devlock;
using namespace test;

// A VMM's own lock: 0 free, 1 taken, 2 taken and somebody may sleep.
class FutexLock {
 public:
  void lock() {
    std::uint32_t seen = free;
    if (word_.compare_exchange_strong(seen, taken, std::memory_order_acquire)) {  // pairs with unlock()
      return;
    }
    while (word_.exchange(awaited, std::memory_order_acquire) != free) {  // pairs with unlock()
      futex(FUTEX_WAIT_PRIVATE, awaited);
    }
  }
  bool try_lock() {
    std::uint32_t seen = free;
    return word_.compare_exchange_strong(seen, taken, std::memory_order_acquire);  // pairs with unlock()
  }
  void unlock() {
    if (word_.exchange(free, std::memory_order_release) == awaited) {  // pairs with lock() and try_lock()
      futex(FUTEX_WAKE_PRIVATE, 1);
    }
  }
  bool awaited_now() const { return word_.load(std::memory_order_relaxed) == awaited; }

 private:
  static constexpr std::uint32_t free = 0;
  static constexpr std::uint32_t taken = 1;
  static constexpr std::uint32_t awaited = 2;
  void futex(int operation, std::uint32_t value) {
    static_assert(sizeof(word_) == sizeof(std::uint32_t));
    ::syscall(SYS_futex, &word_, operation, value, nullptr, nullptr, 0);  // EAGAIN and EINTR: looked at again
  }
  std::atomic<std::uint32_t> word_{free};
};

class SpinLock {
 public:
  SpinLock() { ::pthread_spin_init(&spin_, PTHREAD_PROCESS_PRIVATE); }
  ~SpinLock() { ::pthread_spin_destroy(&spin_); }
  SpinLock(const SpinLock&) = delete;
  SpinLock& operator=(const SpinLock&) = delete;
  void lock() { ::pthread_spin_lock(&spin_); }
  bool try_lock() { return ::pthread_spin_trylock(&spin_) == 0; }
  void unlock() { ::pthread_spin_unlock(&spin_); }

 private:
  pthread_spinlock_t spin_;
};

TEST_CASE("std::mutex fits") {
  contend<std::mutex>();
  exclude<std::mutex>();
}

TEST_CASE("std::shared_mutex fits, and its readers meet") {
  contend<std::shared_mutex>();
  exclude<std::shared_mutex>();
  Ordered<first, std::shared_mutex> lock;
  std::barrier step(2);
  bool together = false;
  bool writer_refused = false;
  std::thread other([&] {
    ThreadContext<Order> root;
    step.arrive_and_wait();
    {
      SharedTryGuard reader{root, lock};
      together = reader.owns_lock();
    }
    writer_refused = !TryGuard{root, lock}.owns_lock();
    step.arrive_and_wait();
  });
  {
    ThreadContext<Order> root;
    SharedGuard reader{root, lock};
    step.arrive_and_wait();
    step.arrive_and_wait();
  }
  other.join();
  REQUIRE(together);
  REQUIRE(writer_refused);
}

TEST_CASE("A spinlock of pthreads fits") {
  contend<SpinLock>();
  exclude<SpinLock>();
}

TEST_CASE("A VMM's own futex lock fits") {
  contend<FutexLock>();
  exclude<FutexLock>();
}

TEST_CASE("A guard sleeps in the futex and is woken") {
  Ordered<first, FutexLock> lock;
  bool entered = false;
  ThreadContext<Order> root;
  Guard guard{root, lock};
  std::thread other([&] {
    ThreadContext<Order> own;
    Guard waits{own, lock};
    entered = true;
  });
  while (!lock.native().awaited_now()) {
    std::this_thread::yield();
  }
  REQUIRE_FALSE(entered);
  guard.release();
  other.join();
  REQUIRE(entered);
}

TEST_CASE("A lock that lives elsewhere is bound by reference, a big lock for instance") {
  FutexLock big_lock;
  Ordered<first, FutexLock&> bound(big_lock);
  ThreadContext<Order> root;
  Guard guard{root, bound};
  REQUIRE_FALSE(big_lock.try_lock());
  guard.release();
  REQUIRE(big_lock.try_lock());
  big_lock.unlock();
}

TEST_CASE("A lock that is held already is adopted: joined to the held set and given back") {
  Ordered<second, std::mutex> inner;
  ThreadContext<Order> root;
  inner.native().lock();
  {
    Guard adopted{root, inner, adopt};
    REQUIRE(adopted.owns_lock());
    REQUIRE(std::is_same_v<decltype(adopted)::held, Held<Order, second>>);
    // What is waited for under it is judged with it held.
    REQUIRE_FALSE(MayAcquire<decltype(adopted), first>);
    REQUIRE(MayAcquire<decltype(adopted), third>);
  }
  Guard free_again{root, inner};
  REQUIRE(free_again.owns_lock());
}

TEST_CASE("A lock adopted in the other order compiles, because nobody waits") {
  Ordered<first, std::mutex> outer;
  Ordered<second, std::mutex> inner;
  ThreadContext<Order> root;
  Guard holds{root, inner};
  REQUIRE(outer.native().try_lock());
  {
    Guard adopted{holds, outer, adopt};
    REQUIRE(std::is_same_v<decltype(adopted)::held, Held<Order, second, first>>);
  }
  const std::unique_lock given_back(outer.native(), std::try_to_lock);
  REQUIRE(given_back.owns_lock());
}

// Clang reports a second release; this is what it does.
template <class G>
void release_again(G& guard) DEVLOCK_UNANALYSED {
  guard.release();
}

TEST_CASE("An early release gives back once, and another thread takes the lock while the guard lives") {
  Ordered<first, FutexLock> lock;
  ThreadContext<Order> root;
  Guard guard{root, lock};
  guard.release();
  REQUIRE_FALSE(guard.owns_lock());
  bool taken = false;
  std::barrier step(2);
  std::thread other([&] {
    ThreadContext<Order> own;
    Guard held{own, lock};
    taken = held.owns_lock();
    step.arrive_and_wait();  // here the first guard releases for the second time
    step.arrive_and_wait();
  });
  step.arrive_and_wait();
  release_again(guard);
  REQUIRE_FALSE(TryGuard{root, lock}.owns_lock());  // still the other one's
  step.arrive_and_wait();
  other.join();
  REQUIRE(taken);
}

template <class G>
concept Relocks = requires(G& guard) { guard.lock(); } || requires(G& guard) { guard.try_lock(); };
template <class G>
concept HandsOver = std::is_move_constructible_v<G> || std::is_move_assignable_v<G> || std::is_copy_constructible_v<G> ||
                    std::is_copy_assignable_v<G> || std::is_swappable_v<G>;

TEST_CASE("There is no relock and no handoff: while a lock is on its way to another thread nobody holds it") {
  using Waits = Guard<Held<Order>, Ordered<first, std::mutex>>;
  using Tries = TryGuard<Held<Order>, Ordered<first, std::mutex>>;
  using Reads = SharedGuard<Held<Order>, Ordered<first, std::shared_mutex>>;
  REQUIRE_FALSE((Relocks<Waits> || Relocks<Tries> || Relocks<Reads>));
  REQUIRE_FALSE((HandsOver<Waits> || HandsOver<Tries> || HandsOver<Reads>));
  REQUIRE_FALSE(HandsOver<ThreadContext<Order>>);
  // The twins: the standard's locks do both, and ContextFor is passed on.
  REQUIRE(Relocks<std::unique_lock<std::mutex>>);
  REQUIRE(HandsOver<std::unique_lock<std::mutex>>);
  REQUIRE(HandsOver<ContextFor<Order, first>>);
}

}  // namespace

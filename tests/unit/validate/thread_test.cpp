// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The validator's memory: bounded, asked for before the first lock, and right at the end of a thread.
#include "support/reports.hpp"

#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>
#include <span>
#include <thread>
#include <vector>

#include "devlock/lock/hierarchical_lock.hpp"
#include "devlock/order/guard.hpp"
#include "devlock/order/shared_guard.hpp"
#include "devlock/order/try_guard.hpp"
#include "support/catch.hpp"
#include "support/classes.hpp"

namespace {

std::atomic<unsigned long> allocations{0};

}  // namespace

// Every allocation of this program is counted.
[[gnu::noinline]] void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size)) {
    return memory;
  }
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return std::malloc(size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, const std::nothrow_t&) noexcept {
  std::free(memory);
}

namespace {

using namespace devlock;
using namespace test;

class Scope {
 public:
  using lock_type = LooseLock<second>;
  explicit Scope(std::size_t size) : store_(std::make_unique<lock_type[]>(size)) {
    for (std::size_t i = 0; i != size; ++i) {
      list_.push_back(&store_[i]);
    }
  }
  [[nodiscard]] std::span<lock_type* const> locks() const { return list_; }

 private:
  std::unique_ptr<lock_type[]> store_;
  std::vector<lock_type*> list_;
};

struct Fixture {
  Reports reports;
  LooseLock<first> a;
  LooseLock<second> b;
  LooseLock<third> c;
  ThreadContext<Order> root;
};

/// Takes `left` locks, each in a context of its own, then calls the body.
template <class Body>
void nest(std::span<LooseLock<second>> left, Body body) {
  if (left.empty()) {
    body();
    return;
  }
  UncheckedContext<Order> context("a deep stack");
  TryGuard guard{context, left.front()};
  nest(left.subspan(1), body);
}

TEST_CASE_METHOD(Fixture, "With a thousand locks held a wait is compared with the first of them") {
  const Scope scope(1000);
  {
    Guard outer{root, c};
    UncheckedContext<Order> lost("the scope is tried");
    HierarchicalTryLock whole{lost, scope};
    REQUIRE(reports.none());
    UncheckedContext<Order> deeper("a callback");
    {
      LooseLock<third> twin;
      Guard wrong{deeper, twin};
    }
    const Finding found = reports.only();
    REQUIRE(found.fault == Fault::same_class);
    REQUIRE(found.other_instance == &c);
    REQUIRE(found.held == 1001);
    { TryGuard mine{deeper, *scope.locks()[0]}; }
    REQUIRE(reports.only().fault == Fault::already_held);
  }
  Guard after{root, c};
  REQUIRE(reports.none());
}

TEST_CASE_METHOD(Fixture, "A thousand locks in a thousand contexts are given back in reverse") {
  std::vector<LooseLock<second>> locks(1000);
  nest(std::span(locks), [&] {
    UncheckedContext<Order> context("at the bottom");
    Guard wrong{context, a};
    REQUIRE(reports.take().front().count == 1000);
  });
  Guard after{root, a};
  REQUIRE(reports.none());
}

TEST_CASE_METHOD(Fixture, "More locks than there is room for are told once, and what follows is right again") {
  const Scope scope(4000);
  for (unsigned round = 0; round != 2; ++round) {
    {
      HierarchicalTryLock whole{root, scope};
      REQUIRE(whole.owns_lock());
      const auto all = reports.take();
      REQUIRE(all.size() == (round == 0 ? 1U : 0U));
      REQUIRE((all.empty() || all[0].fault == Fault::too_many));
    }
    Guard inner{root, c};
    UncheckedContext<Order> context("a callback");
    Guard wrong{context, a};
    const Finding found = reports.only();
    REQUIRE(found.fault == Fault::inversion);
    REQUIRE(found.held == 1);
  }
}

TEST_CASE_METHOD(Fixture, "More contexts than there is room for are told once, and what follows is right again") {
  struct Recursion {
    static void run(const LooseLock<third>& lock, unsigned depth) {
      UncheckedContext<Order> context("a deep recursion");
      if (depth != 0) {
        run(lock, depth - 1);
      }
    }
  };
  std::thread([&] {
    ThreadContext<Order> own;
    Recursion::run(c, 4000);
    REQUIRE(reports.only().fault == Fault::too_many);
    Recursion::run(c, 4000);
    Guard guard{own, a};
    REQUIRE(reports.none());
    Guard stale{own, b};
    REQUIRE(reports.only().fault == Fault::stale_context);
  }).join();
}

TEST_CASE_METHOD(Fixture, "No memory is asked for while a lock is held") {
  const Scope scope(1000);
  unsigned long before = 0;
  unsigned long after = 0;
  std::thread([&] {
    ThreadContext<Order> own;
    before = allocations.load();
    {
      Guard outer{own, a};
      HierarchicalLock whole{outer, scope};
      TryGuard tried{whole, c};
      UncheckedContext<Order> lost("a callback");
      SharedTryGuard reader{lost, c};
    }
    after = allocations.load();
  }).join();
  REQUIRE(reports.only().fault == Fault::already_held);
  REQUIRE(before != 0);
  REQUIRE(after - before < 100);  // the collected finding itself, nothing that grows with the locks
  std::thread([&] {
    ThreadContext<Order> own;
    before = allocations.load();
    for (unsigned i = 0; i != 100; ++i) {
      Guard outer{own, a};
      HierarchicalLock whole{outer, scope};
      TryGuard tried{whole, c};
    }
    after = allocations.load();
  }).join();
  REQUIRE(after == before);
}

TEST_CASE_METHOD(Fixture, "Threads that come and go use the same memory") {
  const auto work = [&] {
    ThreadContext<Order> own;
    Guard guard{own, a};
  };
  std::thread(work).join();
  const unsigned long before = allocations.load();
  std::thread([] {}).join();
  const unsigned long bare = allocations.load() - before;
  for (unsigned i = 0; i != 50; ++i) {
    const unsigned long start = allocations.load();
    std::thread(work).join();
    REQUIRE(allocations.load() - start == bare);
  }
  REQUIRE(reports.none());
}

TEST_CASE_METHOD(Fixture, "A thread that ends with locks held is told, with the newest and their number") {
  using Tried = TryGuard<Held<Order>, LooseLock<second>>;
  std::vector<LooseLock<second>> locks(3);
  std::vector<std::unique_ptr<UncheckedContext<Order>>> contexts;
  std::vector<std::unique_ptr<Tried>> guards;
  std::thread([&] {
    for (auto& lock : locks) {
      contexts.push_back(std::make_unique<UncheckedContext<Order>>("kept by somebody else"));
      guards.push_back(std::make_unique<Tried>(*contexts.back(), lock));
    }
  }).join();
  const Finding found = reports.only();
  REQUIRE(found.fault == Fault::thread_exit);
  REQUIRE(found.instance == &locks[2]);
  REQUIRE(found.count == 3);
  REQUIRE(found.text.find("3 locks in all") != std::string::npos);
  guards.clear();
  REQUIRE(reports.take().size() == 3);  // each is given back by a thread that did not take it
  contexts.clear();
  REQUIRE(reports.take().size() == 3);
}

TEST_CASE_METHOD(Fixture,
                 "A destructor at the end of a thread, after the validator's own, is watched like anything else") {
  struct Late {
    ~Late() {
      ThreadContext<Order> own;
      Guard inner{own, *lock};
      Guard wrong{own, *lock};
    }
    LooseLock<first>* lock = nullptr;
  };
  std::thread([&] {
    static thread_local Late late;
    late.lock = &a;  // made before the validator knows of this thread, so it ends after
    ThreadContext<Order> own;
    Guard guard{own, b};
  }).join();
  const auto all = reports.take();
  REQUIRE(all.size() == 2);
  REQUIRE(all[0].fault == Fault::stale_context);
  REQUIRE(all[1].fault == Fault::already_held);
  std::thread([&] {
    ThreadContext<Order> own;
    Guard guard{own, a};
  }).join();
  REQUIRE(reports.none());
}

TEST_CASE("Threads that work at once keep apart, and each wrong one is told") {
  Reports reports;
  constexpr unsigned threads = 4;
  constexpr unsigned rounds = 2000;
  Ordered<first, std::mutex> a;
  Ordered<second, std::mutex> b;
  Ordered<third, std::mutex> c;
  std::vector<std::thread> pool;
  for (unsigned t = 0; t != threads; ++t) {
    pool.emplace_back([&, t] {
      for (unsigned i = 0; i != rounds; ++i) {
        ThreadContext<Order> root;
        {
          Guard outer{root, a};
          Guard middle{outer, b};
          Guard inner{middle, c};
        }
        TryGuard tried{root, c};
        if (t == 0 && i % 1000 == 0) {
          LooseLock<second> one;
          LooseLock<second> two;
          UncheckedContext<Order> lost("a callback");
          TryGuard held{lost, one};
          UncheckedContext<Order> again("a callback");
          Guard wrong{again, two};
        }
      }
    });
  }
  for (std::thread& thread : pool) {
    thread.join();
  }
  std::size_t same = 0;
  for (const Finding& found : reports.take()) {
    // The try may have taken `third`, which second precedes.
    REQUIRE((found.fault == Fault::same_class || found.fault == Fault::inversion));
    ++same;
  }
  REQUIRE(same == 2);
}

}  // namespace

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What the checker finds of weak memory. Each litmus test asks for one final state; C++ allows it or not, and the search
// reaches it or not. What C++ forbids is never reached. What it allows and the search does not reach is the reason why
// a pass is a proof for the schedules and not for every weak order:
//
//   test                     C++        found     why not
//   SB, relaxed or acq/rel   allowed    yes
//   SB, seq_cst              forbidden  no
//   MP, relaxed              allowed    yes
//   MP, release/acquire      forbidden  no
//   IRIW, acquire/release    allowed    yes
//   IRIW, seq_cst            forbidden  no
//   CoRR                     forbidden  no
//   LB, relaxed              allowed    NO        a load never answers a value that is stored later
//   2+2W, relaxed            allowed    NO        stores to one object take effect in the order in which they run
//   SB by a failing CAS      allowed    NO        a failing compare_exchange reads the newest value
#include "model/support/expect.hpp"

namespace {

using namespace model;
using devlock::RelacySync;
using devlock::check::check;
using devlock::check::mark;
using Order = std::memory_order;

constexpr const char* asked = "the state that is asked for";

struct Words {
  RelacySync::atomic<unsigned> x;
  RelacySync::atomic<unsigned> y;
  unsigned seen[4] = {9, 9, 9, 9};
};

template <Order Store, Order Load>
struct StoreBuffering : Words {
  static constexpr unsigned threads = 2;
  void thread(unsigned index) {
    (index == 0 ? x : y).store(1, Store);
    seen[index] = (index == 0 ? y : x).load(Load);
  }
  void after() {
    if (seen[0] == 0 && seen[1] == 0) {
      mark(asked);
    }
  }
};
template <Order Store, Order Load>
struct MessagePassing : Words {
  static constexpr unsigned threads = 2;
  void thread(unsigned index) {
    if (index == 0) {
      x.store(1, Order::relaxed);
      y.store(1, Store);
    } else {
      seen[0] = y.load(Load);
      seen[1] = x.load(Order::relaxed);
    }
  }
  void after() {
    if (seen[0] == 1 && seen[1] == 0) {
      mark(asked);
    }
  }
};
template <Order Store, Order Load>
struct IndependentReads : Words {
  static constexpr unsigned threads = 4;
  void thread(unsigned index) {
    if (index < 2) {
      (index == 0 ? x : y).store(1, Store);
    } else {
      seen[2 * index - 4] = (index == 2 ? x : y).load(Load);
      seen[2 * index - 3] = (index == 2 ? y : x).load(Load);
    }
  }
  void after() {
    if (seen[0] == 1 && seen[1] == 0 && seen[2] == 1 && seen[3] == 0) {
      mark(asked);
    }
  }
};
struct LoadBuffering : Words {
  static constexpr unsigned threads = 2;
  void thread(unsigned index) {
    seen[index] = (index == 0 ? x : y).load(Order::relaxed);
    (index == 0 ? y : x).store(1, Order::relaxed);
  }
  void after() {
    if (seen[0] == 1 && seen[1] == 1) {
      mark(asked);
    }
  }
};
struct ReadReadCoherence : Words {
  static constexpr unsigned threads = 2;
  void thread(unsigned index) {
    if (index == 0) {
      x.store(1, Order::relaxed);
    } else {
      seen[0] = x.load(Order::relaxed);
      seen[1] = x.load(Order::relaxed);
    }
  }
  void after() {
    if (seen[0] == 1 && seen[1] == 0) {
      mark(asked);
    }
  }
};
struct TwoPlusTwoWrites : Words {
  static constexpr unsigned threads = 2;
  void thread(unsigned index) {
    (index == 0 ? x : y).store(1, Order::relaxed);
    (index == 0 ? y : x).store(2, Order::relaxed);
  }
  void after() {
    if (x.load() == 1 && y.load() == 1) {
      mark(asked);
    }
  }
};
struct FailingExchange : Words {
  static constexpr unsigned threads = 2;
  void thread(unsigned index) {
    (index == 0 ? x : y).store(1, Order::relaxed);
    seen[index] = 2;
    (index == 0 ? y : x).compare_exchange_strong(seen[index], 3, Order::relaxed, Order::relaxed);
  }
  void after() {
    if (seen[0] == 0 && seen[1] == 0) {
      mark(asked);
    }
  }
};

// The same answer from every search that is complete, and from those that sample if it is yes.
template <class S>
void expect(const char* name, bool found) {
  for (const Search search : {Search::reduced, Search::full}) {
    const Result result = check<S>({.search = search});
    INFO(name << ", search " << static_cast<int>(search) << ": " << to_string(result));
    CHECK(result.verified());
    CHECK((result.count_of(asked) != 0) == found);
  }
  for (const Search search : {Search::bounded, Search::random, Search::pct}) {
    const Result result = check<S>({.search = search, .preemptions = 4, .executions = 20000});
    INFO(name << ", search " << static_cast<int>(search) << ": " << to_string(result));
    CHECK(result.outcome == Outcome::passed);
    CHECK((result.count_of(asked) != 0) == found);
  }
  std::printf("model: litmus %-28s %s\n", name, found ? "found" : "not found");
}

TEST_CASE("What C++ allows and the checker finds") {
  expect<StoreBuffering<Order::relaxed, Order::relaxed>>("SB, relaxed", true);
  expect<StoreBuffering<Order::release, Order::acquire>>("SB, acquire/release", true);
  expect<MessagePassing<Order::relaxed, Order::relaxed>>("MP, relaxed", true);
  expect<IndependentReads<Order::release, Order::acquire>>("IRIW, acquire/release", true);
}
TEST_CASE("What C++ forbids is not found") {
  expect<StoreBuffering<Order::seq_cst, Order::seq_cst>>("SB, seq_cst", false);
  expect<MessagePassing<Order::release, Order::acquire>>("MP, release/acquire", false);
  expect<IndependentReads<Order::seq_cst, Order::seq_cst>>("IRIW, seq_cst", false);
  expect<ReadReadCoherence>("CoRR", false);
}
TEST_CASE("What C++ allows and the checker does not find") {
  expect<LoadBuffering>("LB, relaxed", false);
  expect<TwoPlusTwoWrites>("2+2W, relaxed", false);
  expect<FailingExchange>("SB by a failing CAS", false);
}

}  // namespace

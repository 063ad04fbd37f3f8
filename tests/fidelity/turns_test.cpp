// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Turns finds every order in which those who wait for a lock can go on, and no thread that waits looks as if it ran.
#include "turns.hpp"

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "support/catch.hpp"

using namespace fidelity;

namespace {

// The main thread has the lock while `count` others want it, then gives it back: who got it, first to last.
std::string order_of(unsigned count) {
  TurnSync::mutex lock;
  std::string order;
  lock.lock();
  std::vector<Turns::Thread> turns(count);
  std::vector<std::thread> threads;
  for (unsigned place = 0; place != count; ++place) {
    Turns::instance().add(turns[place]);
    threads.emplace_back([&, place] {
      Turns::instance().enter(turns[place]);
      lock.lock();
      order += std::to_string(place);
      lock.unlock();
      Turns::instance().leave();
    });
    Turns::instance().run_all();
  }
  const std::string before = order;
  lock.unlock();
  Turns::instance().run_all();
  for (auto& thread : threads) {
    thread.join();
  }
  return before + '|' + order;
}

}  // namespace

TEST_CASE("everybody who waits may be the next, and nobody goes before the lock is free") {
  for (const unsigned count : {1U, 2U, 3U}) {
    std::set<std::string> seen;
    Turns::Choices choices;
    for (bool more = true; more; more = Turns::instance().next(choices)) {
      Turns::instance().begin(choices);
      seen.insert(order_of(count));
    }
    const std::set<std::string> wanted = count == 1 ? std::set<std::string>{"|0"}
                                         : count == 2
                                             ? std::set<std::string>{"|01", "|10"}
                                             : std::set<std::string>{"|012", "|021", "|102", "|120", "|201", "|210"};
    CHECK(seen == wanted);
  }
}

TEST_CASE("a word is waited for until it has another value") {
  Turns::instance().begin({});
  TurnSync::atomic<unsigned> word{1U};
  Turns::Thread turn;
  bool done = false;
  Turns::instance().add(turn);
  std::thread thread([&] {
    Turns::instance().enter(turn);
    word.wait(1U);
    done = true;
    Turns::instance().leave();
  });
  Turns::instance().run_all();
  CHECK_FALSE(done);
  word.notify_all();
  Turns::instance().run_all();
  CHECK_FALSE(done);  // woken, and the value is the same
  word.store(2U);
  word.notify_all();
  Turns::instance().run_all();
  CHECK(done);
  thread.join();
}

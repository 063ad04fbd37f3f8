// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What the concept asks of a policy, and what it cannot say, on the policy of production.
#include "devlock/sync/std.hpp"

#include <string>
#include <thread>

#include "support/catch.hpp"
#include "support/scripted_sync.hpp"

namespace {

using devlock::StdSync;
using devlock::Sync;

TEST_CASE("A policy brings a mutex, atomics, plain data and a pause") {
  REQUIRE(Sync<StdSync>);
  REQUIRE(Sync<test::ScriptedSync>);
  REQUIRE_FALSE(Sync<int>);
}

struct NoPause {
  template <class T>
  using atomic = std::atomic<T>;
  using mutex = std::mutex;
  template <class T>
  using var = StdSync::var<T>;
};
struct NoTry : StdSync {
  struct mutex {
    void lock() {}
    void unlock() {}
  };
};
struct NoWait : StdSync {
  template <class T>
  struct atomic : std::atomic<T> {
    void wait(T) = delete;
  };
};

TEST_CASE("A policy that lacks one of them is none") {
  REQUIRE_FALSE(Sync<NoPause>);
  REQUIRE_FALSE(Sync<NoTry>);
  REQUIRE_FALSE(Sync<NoWait>);
}

TEST_CASE("A free mutex is taken by every try") {
  StdSync::mutex mutex;
  for (int i = 0; i != 100000; ++i) {
    if (!mutex.try_lock()) {
      FAIL("a try of a free mutex failed");
    }
    mutex.unlock();
  }
  SUCCEED();
}

TEST_CASE("A wait returns only after the value differed") {
  StdSync::atomic<unsigned> word{0};
  std::thread other([&] {
    word.notify_all();  // a wake-up without a change
    word.store(1);
    word.notify_all();
  });
  word.wait(0);
  REQUIRE(word.load() == 1);
  other.join();
}

TEST_CASE("Plain data is what was set last") {
  StdSync::var<std::string> text;
  REQUIRE(text.get().empty());
  text.set("set");
  REQUIRE(text.get() == "set");
  REQUIRE(StdSync::var<int>(3).get() == 3);
  REQUIRE(StdSync::var<int>().get() == 0);
  REQUIRE(sizeof(StdSync::var<int>) == sizeof(int));
  StdSync::pause();
}

}  // namespace

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The config-access block: ownerless, waits for its end.
#include "devlock/lock/config_access.hpp"

#include <thread>

#include "devlock/sync/std.hpp"
#include "support/catch.hpp"
#include "support/scripted_sync.hpp"

namespace {

using namespace devlock;
using test::ScriptedSync;

TEST_CASE("Access is blocked once and refused to a second blocker until it is unblocked") {
  ConfigAccess<StdSync> access;
  REQUIRE(access.try_lock());
  REQUIRE_FALSE(access.try_lock());
  REQUIRE_FALSE(access.try_lock());
  access.unlock();
  REQUIRE(access.try_lock());
}

TEST_CASE("Whoever blocked access, another thread may unblock it") {
  ConfigAccess<StdSync> access;
  access.lock();
  std::thread([&] { access.unlock(); }).join();
  REQUIRE(access.try_lock());
}

TEST_CASE("A free block is taken without a wait") {
  ScriptedSync::reset();
  ConfigAccess<ScriptedSync> access;
  access.lock();
  REQUIRE(ScriptedSync::waits == 0);
  REQUIRE_FALSE(access.try_lock());
}

TEST_CASE("A second blocker sleeps until the first one ends, then blocks again") {
  ScriptedSync::reset();
  ConfigAccess<ScriptedSync> access;
  access.lock();
  ScriptedSync::on_wait = [&] { access.unlock(); };
  access.lock();
  REQUIRE(ScriptedSync::waits == 1);
  REQUIRE_FALSE(access.try_lock());
}

TEST_CASE("Unblocking wakes the sleepers") {
  ScriptedSync::reset();
  ConfigAccess<ScriptedSync> access;
  access.lock();
  access.unlock();
  REQUIRE(ScriptedSync::wakes == 1);
}

TEST_CASE("Threads that block access exclude each other") {
  ConfigAccess<StdSync> access;
  long sum = 0;
  const auto work = [&] {
    for (int i = 0; i != 20000; ++i) {
      access.lock();
      ++sum;
      access.unlock();
    }
  };
  std::thread one(work);
  std::thread two(work);
  work();
  one.join();
  two.join();
  REQUIRE(sum == 60000);
}

}  // namespace

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
#include "devlock/lock/reference.hpp"

#include <thread>
#include <type_traits>
#include <vector>

#include "devlock/sync/std.hpp"
#include "devlock/vfio/order.hpp"
#include "support/catch.hpp"

namespace {

using namespace devlock::vfio;
using Users = devlock::Reference<devlock::StdSync, VfioOrder, kvm_vfio_lock>;

TEST_CASE("Whoever makes it is the first user, and the last one destroys") {
  ThreadContext root;
  Users users;
  int destroyed = 0;
  CHECK(users.users() == 1);
  CHECK(users.get_unless_zero());
  CHECK(users.users() == 2);
  CHECK_FALSE(users.put(root, [&](const auto&) { ++destroyed; }));
  CHECK(destroyed == 0);
  CHECK(users.put(root, [&](const auto&) { ++destroyed; }));
  CHECK(destroyed == 1);
  CHECK(users.users() == 0);
}

TEST_CASE("After the last user there is none again") {
  ThreadContext root;
  Users users;
  CHECK(users.put(root, [](const auto&) {}));
  CHECK_FALSE(users.get_unless_zero());
  CHECK(users.users() == 0);
}

TEST_CASE("The destruction gets the context of the put, and may wait for what it was declared with") {
  ThreadContext root;
  Users users;
  users.put(root, [](const auto& context) {
    STATIC_REQUIRE(devlock::MayAcquire<std::remove_cvref_t<decltype(context)>, kvm_vfio_lock>);
    STATIC_REQUIRE_FALSE(devlock::MayAcquire<std::remove_cvref_t<decltype(context)>, group_lock>);
  });
}

TEST_CASE("Threads that get and put destroy once, after all of them") {
  for (int round = 0; round != 200; ++round) {
    Users users;
    std::atomic<int> destroyed{0};
    std::atomic<int> inside{0};
    std::vector<std::thread> all;
    for (int i = 0; i != 3; ++i) {
      all.emplace_back([&] {
        ThreadContext root;
        if (users.get_unless_zero()) {
          ++inside;
          --inside;
          users.put(root, [&](const auto&) { destroyed += inside == 0 ? 1 : 100; });
        }
      });
    }
    ThreadContext root;
    users.put(root, [&](const auto&) { destroyed += inside == 0 ? 1 : 100; });
    for (std::thread& thread : all) {
      thread.join();
    }
    CHECK(destroyed == 1);
    CHECK(users.users() == 0);
  }
}

}  // namespace

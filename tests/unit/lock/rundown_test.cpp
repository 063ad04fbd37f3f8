// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Entering, leaving, and the closer that drains.
#include "devlock/lock/rundown.hpp"

#include <atomic>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "devlock/order/guard.hpp"
#include "devlock/sync/std.hpp"
#include "devlock/vfio/order.hpp"
#include "support/catch.hpp"
#include "support/scripted_sync.hpp"

namespace {

using namespace devlock;
using test::ScriptedSync;
using Handles = Rundown<StdSync, vfio::VfioOrder, vfio::open_device>;
using Scripted = Rundown<ScriptedSync, vfio::VfioOrder, vfio::open_device>;

TEST_CASE("Users enter and leave, and are counted") {
  Handles handles;
  REQUIRE(handles.users() == 0);
  {
    auto one = handles.enter();
    auto two = handles.enter();
    REQUIRE(one);
    REQUIRE(two);
    REQUIRE(handles.users() == 2);
    one.leave();
    REQUIRE_FALSE(one);
    one.leave();
    REQUIRE(handles.users() == 1);
  }
  REQUIRE(handles.users() == 0);
}

TEST_CASE("One that starts closed lets users in once it is opened") {
  Handles handles{Handles::Closed()};
  REQUIRE(handles.closing());
  REQUIRE(handles.users() == 0);
  REQUIRE_FALSE(handles.enter());
  handles.reopen();
  REQUIRE(handles.enter());
}

TEST_CASE("A user moves, and leaves once") {
  Handles handles;
  auto one = handles.enter();
  auto two = std::move(one);
  REQUIRE_FALSE(one);  // NOLINT(bugprone-use-after-move): a moved-from user is empty
  REQUIRE(two);
  REQUIRE(handles.users() == 1);
  auto third = handles.enter();
  third = std::move(two);  // what third was leaves
  REQUIRE(handles.users() == 1);
  auto& itself = third;
  third = std::move(itself);
  REQUIRE(third);
  REQUIRE(handles.users() == 1);
  third = Handles::User();
  REQUIRE(handles.users() == 0);
  REQUIRE_FALSE(std::is_copy_constructible_v<Handles::User>);
}

TEST_CASE("Once closing began newcomers are refused, and those inside stay") {
  Handles handles;
  auto inside = handles.enter();
  REQUIRE_FALSE(handles.closing());
  handles.begin_close();
  REQUIRE(handles.closing());
  REQUIRE_FALSE(handles.enter());
  REQUIRE(inside);
  REQUIRE(handles.users() == 1);
}

TEST_CASE("Closing without users does not wait, and again does nothing") {
  ScriptedSync::reset();
  Scripted handles;
  vfio::ThreadContext root;
  handles.close(root);
  handles.close(root);
  REQUIRE(ScriptedSync::waits == 0);
  REQUIRE(handles.closing());
}

TEST_CASE("Closing waits for each user and ends with the last") {
  ScriptedSync::reset();
  Scripted handles;
  vfio::ThreadContext root;
  auto one = handles.enter();
  auto two = handles.enter();
  ScriptedSync::on_wait = [&] {
    REQUIRE_FALSE(handles.enter());
    one.leave();
    REQUIRE(ScriptedSync::wakes == 0);  // one is still inside: nobody to wake
    ScriptedSync::on_wait = [&] {
      two.leave();
      REQUIRE(ScriptedSync::wakes == 1);
    };
  };
  handles.close(root);
  REQUIRE(ScriptedSync::waits == 2);
  REQUIRE(handles.users() == 0);
}

TEST_CASE("After a close that ended users come in again") {
  Handles handles;
  vfio::ThreadContext root;
  handles.close(root);
  handles.reopen();
  REQUIRE_FALSE(handles.closing());
  REQUIRE(handles.enter());
}

TEST_CASE("Reopening before the drain ended keeps those inside counted") {
  Handles handles;
  auto inside = handles.enter();
  handles.begin_close();
  handles.reopen();
  REQUIRE(handles.users() == 1);
  inside.leave();
  REQUIRE(handles.users() == 0);
  REQUIRE_FALSE(handles.closing());
}

template <class Context>
concept Closes = requires(Handles& handles, Context& context) { handles.close(context); };

TEST_CASE("Closing compiles only where its class may still be waited for") {
  using Under = HeldContext<Held<vfio::VfioOrder, vfio::device_lock>>;
  using Late = HeldContext<Held<vfio::VfioOrder, vfio::group_lock>>;
  REQUIRE(Closes<vfio::ThreadContext>);
  REQUIRE(Closes<Under>);
  REQUIRE_FALSE(Closes<Late>);
  REQUIRE_FALSE(Closes<HeldContext<Held<vfio::VfioOrder, vfio::open_device>>>);
}

TEST_CASE("A closer sees what the users did, and nobody is inside when it returns") {
  for (int round = 0; round != 100; ++round) {
    Handles handles;
    std::vector<int> done(3, 0);  // each user writes its own place, the closer reads all: a race if close returns early
    std::atomic<int> entered{0};
    std::vector<std::thread> users;
    for (std::size_t u = 0; u != done.size(); ++u) {
      users.emplace_back([&, u] {
        while (auto user = handles.enter()) {
          ++done[u];
          entered.fetch_add(1);
          entered.notify_all();
        }
      });
    }
    entered.wait(0);
    vfio::ThreadContext root;
    handles.close(root);
    const int sum = done[0] + done[1] + done[2];
    done.assign(done.size(), 0);
    REQUIRE(sum >= 1);
    REQUIRE(sum == entered.load());
    REQUIRE(handles.users() == 0);
    for (auto& user : users) {
      user.join();
    }
    REQUIRE(done == std::vector<int>{0, 0, 0});
  }
}

}  // namespace

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Rundown: users enter against a closer that drains them. After close nobody is inside, and no wakeup is lost.
#include "devlock/lock/rundown.hpp"

#include "devlock/vfio/order.hpp"
#include "model/support/expect.hpp"
#include "model/support/wrong_sync.hpp"

namespace {

using namespace model;
using devlock::check::mark;
using devlock::check::require;
using devlock::vfio::ThreadContext;

template <class S>
using Handles = devlock::Rundown<S, devlock::vfio::VfioOrder, devlock::vfio::open_device>;

// How the last thread closes.
struct Close {
  template <class R>
  static void close(R& handles) {
    ThreadContext root;
    handles.close(root);
  }
};
struct CloseWithoutWaiting {
  template <class R>
  static void close(R& handles) {
    handles.begin_close();
  }
};

// `Users` use what the closer then destroys.
template <class S, unsigned Users, class How = Close>
struct Drain {
  static constexpr unsigned threads = Users + 1;
  void thread(unsigned index) {
    if (index == Users) {
      How::close(handles);
      mark(devlock::check::times_blocked() == 0 ? "closed at once" : "waited for users");
      require(inside == 0, "nobody is inside after close");
      require(handles.closing() && handles.users() == 0, "closed, no users");
      resource.set(0);
      closed = true;
    } else if (auto user = handles.enter()) {
      mark("entered");
      require(!closed, "nobody enters after close");
      ++inside;
      devlock::check::step();
      require(resource.get() == 1, "the resource is there");
      --inside;
    } else {
      mark("refused");
    }
    require(index == Users || devlock::check::times_blocked() == 0, "entering never waits");
  }
  void after() {
    require(handles.users() == 0, "everybody left");
    require(!handles.enter(), "a closed rundown refuses");
  }

  Handles<S> handles;
  devlock::RelacySync::var<int> resource{1};
  int inside = 0;
  bool closed = false;
};
TEST_CASE("After close nobody is inside and nobody enters, with one user in every schedule") {
  expect_verified<Drain<devlock::RelacySync, 1>>("one user",
                                                 {"entered", "refused", "closed at once", "waited for users"});
}
TEST_CASE("After close nobody is inside and nobody enters, with two users in every schedule") {
  expect_verified<Drain<devlock::RelacySync, 2>>("two users",
                                                 {"entered", "refused", "closed at once", "waited for users"});
}
TEST_CASE("A close that does not wait is found") {
  expect_found<Drain<devlock::RelacySync, 1, CloseWithoutWaiting>>("close does not wait", Outcome::assertion, 100);
}
TEST_CASE("An exit that wakes nobody is found as a lost wakeup") {
  expect_found<Drain<Silent, 1>>("no notification", Outcome::lost_wakeup, 1000);
}
TEST_CASE("An exit without release is found as a data race") {
  expect_found<Drain<NoRelease, 1>>("exit without release", Outcome::data_race, 1000);
}
TEST_CASE("A close without acquire is found as a data race") {
  expect_found<Drain<NoAcquire, 1>>("close without acquire", Outcome::data_race, 1000);
}

// One user, two closers: both wait, both are woken.
template <class S>
struct TwoClosers {
  static constexpr unsigned threads = 3;
  void thread(unsigned index) {
    if (index == 0) {
      auto user = handles.enter();
      mark(user ? "entered" : "refused");
    } else {
      ThreadContext root;
      handles.close(root);
      if (devlock::check::times_blocked() != 0 && ++waited == 2) {
        mark("both waited");
      }
      require(handles.users() == 0, "nobody is inside after close");
    }
  }
  Handles<S> handles;
  int waited = 0;
};
TEST_CASE("Two closers both see the last user leave") {
  expect_verified<TwoClosers<devlock::RelacySync>>("two closers", {"entered", "refused", "both waited"});
}
TEST_CASE("An exit that wakes one of two closers is found as a lost wakeup") {
  expect_found<TwoClosers<WakesOne>>("wakes one closer", Outcome::lost_wakeup, 100000);
}

// Closed, changed, opened again: who gets in sees the change.
template <class S>
struct Reopen {
  static constexpr unsigned threads = 2;
  void thread(unsigned index) {
    if (index == 0) {
      ThreadContext root;
      handles.close(root);
      resource.set(2);
      handles.reopen();
    } else if (auto user = handles.enter()) {
      mark(resource.get() == 2 ? "after the change" : "before the change");
    } else {
      mark("refused");
    }
  }
  Handles<S> handles;
  devlock::RelacySync::var<int> resource{1};
};
TEST_CASE("A rundown that is opened again shows its users what was done while it was closed") {
  expect_verified<Reopen<devlock::RelacySync>>("reopen", {"before the change", "after the change", "refused"});
}
TEST_CASE("A rundown that is opened again without release or entered without acquire is found as a data race") {
  expect_found<Reopen<NoRelease>>("reopen without release", Outcome::data_race, 100);
  expect_found<Reopen<NoAcquire>>("enter without acquire", Outcome::data_race, 100);
}

}  // namespace

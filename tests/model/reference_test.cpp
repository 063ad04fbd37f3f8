// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Reference: users come and go, the last one destroys. The object is destroyed once, by one thread, after everybody's use of it,
// and nobody gets it again.
#include "devlock/lock/reference.hpp"

#include "devlock/lock/ordered.hpp"
#include "devlock/order/guard.hpp"
#include "devlock/vfio/order.hpp"
#include "model/support/expect.hpp"
#include "model/support/wrong_sync.hpp"

namespace {

using namespace model;
using namespace devlock::vfio;
using devlock::check::mark;
using devlock::check::require;

template <class S>
using Users = devlock::Reference<S, VfioOrder, kvm_vfio_lock>;

/// A put in two steps: what one user takes off, another one puts back.
struct SubtractsInTwoSteps : devlock::RelacySync {
  template <class T>
  struct atomic : devlock::RelacySync::atomic<T> {
    using devlock::RelacySync::atomic<T>::atomic;
    T fetch_sub(T value, std::memory_order = std::memory_order_seq_cst) {
      const T before = this->load(std::memory_order_acquire);
      this->store(before - value, std::memory_order_release);
      return before;
    }
  };
};
/// A get that looks first and adds afterwards: zero is no end.
struct LooksThenAdds : devlock::RelacySync {
  template <class T>
  struct atomic : devlock::RelacySync::atomic<T> {
    using devlock::RelacySync::atomic<T>::atomic;
    bool compare_exchange_strong(T&, T desired, std::memory_order order = std::memory_order_seq_cst) {
      this->store(desired, order == std::memory_order_acquire ? std::memory_order_release : order);
      return true;
    }
  };
};

// The object: plain data that each user changes, and whose end is a write like any other.
struct Object {
  devlock::RelacySync::var<int> uses{0};
  int destroyed = 0;

  template <class Context>
  void destroy(const Context&) {
    require(++destroyed == 1, "the object is destroyed once");
    uses.set(-1);
    mark("destroyed");
  }
};

// `Owners` share the first reference's end: each puts one that it was given before the scenario begins.
template <class S, unsigned Owners>
struct OwnersLeave {
  static constexpr unsigned threads = Owners;
  OwnersLeave() {
    for (unsigned i = 1; i != Owners; ++i) {
      (void)users.get_unless_zero();
    }
  }
  void thread(unsigned index) {
    ThreadContext root;
    seen[index].set(1);  // what a user did to the object before its put
    const bool last = users.put(root, [&](const auto& context) {
      for (auto& one : seen) {
        require(one.get() == 1, "the last user sees what all did");
      }
      object.destroy(context);
    });
    mark(last ? "the last one" : "others are left");
    require(devlock::check::times_blocked() == 0, "a put waits for nobody itself");
  }
  void after() { require(object.destroyed == 1 && users.users() == 0, "the object is destroyed"); }

  Users<S> users;
  Object object;
  devlock::RelacySync::var<int> seen[Owners];
};

// The owner puts while others find the object through a pointer that a spinlock guards, and get it unless it is going.
template <class S, unsigned Finders, bool UnderTheLock = true>
struct Find {
  static constexpr unsigned threads = Finders + 1;
  void thread(unsigned index) {
    ThreadContext root;
    if (index == Finders) {
      users.put(root, [&](const auto& context) {
        context.assume();
        this->end(context);
      });
      return;
    }
    bool got = false;
    {
      devlock::Guard guard{root, pointer};
      got = known.get() && users.get_unless_zero();
    }
    mark(got ? "found" : "gone");
    if (got) {
      require(object.destroyed == 0, "who has a reference has the object");
      devlock::Guard data{root, use};
      object.uses.set(object.uses.get() + 1);
      data.release();
      users.put(root, [&](const auto& context) {
        context.assume();
        this->end(context);
      });
    }
  }
  void after() { require(object.destroyed == 1 && users.users() == 0, "the object is destroyed"); }

  template <class Context>
  void end(const Context& context) DEVLOCK_REQUIRES(context) {
    if (UnderTheLock) {
      devlock::Guard guard{context, pointer};
      known.set(false);
    }
    object.destroy(context);
  }

  Users<S> users;
  devlock::Ordered<kvm_ref_lock, devlock::RelacySync::mutex> pointer;
  devlock::Ordered<kvm_vfio_lock, devlock::RelacySync::mutex> use;
  devlock::RelacySync::var<bool> known{true};
  Object object;
};

// A holder hands one on without a lock, while the one who gave it leaves.
template <class S>
struct HandOn {
  static constexpr unsigned threads = 2;
  void thread(unsigned index) {
    ThreadContext root;
    if (index == 0) {
      require(users.get_unless_zero(), "who has a reference gets another");
      handed.store(1U, std::memory_order_release);  // pairs with the load below
      users.put(root, [&](const auto& context) { object.destroy(context); });
    } else if (handed.load(std::memory_order_acquire) != 0U) {  // pairs with the store above
      object.uses.set(object.uses.get() + 1);
      taken = true;
      mark(users.put(root, [&](const auto& context) { object.destroy(context); }) ? "the receiver was last"
                                                                                  : "the giver was last");
    }
  }
  void after() {
    require(object.destroyed == (taken ? 1 : 0) && users.users() == (taken ? 0U : 1U), "gets and puts balance");
  }

  Users<S> users;
  devlock::RelacySync::atomic<unsigned> handed{0U};
  Object object;
  bool taken = false;
};

TEST_CASE("The last of two or three owners destroys, once, and sees what the others did") {
  expect_verified<OwnersLeave<devlock::RelacySync, 2>>("two owners", {"the last one", "others are left"});
  expect_verified<OwnersLeave<devlock::RelacySync, 3>>("three owners", {"the last one", "others are left"});
}
TEST_CASE("Who finds the object while its owner leaves has it, or is told that it is gone") {
  expect_verified<Find<devlock::RelacySync, 1>>("one finder", {"found", "gone", "destroyed"});
  expect_verified<Find<devlock::RelacySync, 2>>("two finders", {"found", "gone", "destroyed"});
}
TEST_CASE("A reference that is handed on keeps the object when its giver leaves") {
  expect_verified<HandOn<devlock::RelacySync>>("handed on", {"the receiver was last", "the giver was last"});
}
TEST_CASE("A put without release is found as a data race with the destruction") {
  expect_found<OwnersLeave<NoRelease, 2>>("put without release", Outcome::data_race, 100);
}
TEST_CASE("A put without acquire is found as a data race with the destruction") {
  expect_found<OwnersLeave<NoAcquire, 2>>("put without acquire", Outcome::data_race, 100);
}
TEST_CASE("A put in two steps is found: nobody destroys") {
  expect_found<OwnersLeave<SubtractsInTwoSteps, 2>>("put in two steps", Outcome::assertion, 100,
                                                    "the object is destroyed");
}
TEST_CASE("A get that looks first and adds afterwards is found: the object comes back from the dead") {
  expect_found<Find<LooksThenAdds, 1>>("get in two steps", Outcome::data_race, 1000);
}

}  // namespace

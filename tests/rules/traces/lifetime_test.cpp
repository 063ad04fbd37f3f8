// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Lifetimes that looked right. An unbind waits, under the device's lock, until every descriptor of the device is closed; so an open
// descriptor is held like a lock, opening it is a try, and whoever closes a parked one reaches it before any lock.
#include "devlock/order/lifetime.hpp"
#include "devlock/lock/reference.hpp"
#include "devlock/order/retry.hpp"
#include "rules/traces/forced.hpp"

namespace {

using namespace traces;

struct big_lock {
  static constexpr char name[] = "big_lock";
};
struct device {
  static constexpr char name[] = "device";
};
struct open_device {
  static constexpr char name[] = "open_device";
};
struct group {
  static constexpr char name[] = "group";
};
struct Order : Hierarchy<Before<big_lock, device>, Before<device, open_device>, Before<open_device, group>> {};
using Root = ThreadContext<Order>;
using Handles = Rundown<S, Order, open_device>;

struct Session {
  using lifetime_class = open_device;
  Handles::User user;
};

struct Bound {
  static constexpr unsigned threads = 2;
  Mutex<big_lock> big;
  Mutex<device> lock;
  Mutex<group> group_lock;
  Handles handles;

  void unbind(Root& root) DEVLOCK_REQUIRES(root) {
    Guard guard{root, lock};
    handles.close(guard);
  }
};

using Session_ = Through<Held<Order>, Session>;
static_assert(!Waits<Session_, Mutex<device>>);
static_assert(Tries<Session_, Mutex<device>>);
static_assert(Waits<Session_, Mutex<group>>);
struct TryingReset : Bound {
  void thread(unsigned index) {
    Root root;
    if (index == 1) {
      unbind(root);
    } else if (Session session{handles.enter()}; session.user) {
      Through through{root, session};
      TryGuard reset{through, lock};
    }
  }
};
struct BlockingReset : Bound {
  void thread(unsigned index) {
    Root root;
    if (index == 1) {
      unbind(root);
    } else if (Session session{handles.enter()}; session.user) {
      UncheckedContext<Order> forced(wrong_on_purpose);
      Guard reset{forced, lock};
    }
  }
};
TEST_CASE("A blocking reset through an open descriptor, and a try") {
  expect_deadlock<BlockingReset>("blocking reset through a descriptor");
  expect_free<TryingReset>("trying reset through a descriptor");
}

// A retry is the same, as a spin.
template <class Context, class Lock>
concept Retries = std::constructible_from < detail::Retry<detail::wait_verdict<typename Context::held, Lock>>,
int > ;
static_assert(Retries<Root, Mutex<device>>);
static_assert(!Retries<Session_, Mutex<device>>);
struct RetriedReset : Bound {
  struct Forever {
    bool operator()(unsigned) const {
      S::pause();
      return true;
    }
  };
  void thread(unsigned index) {
    Root root;
    if (index == 1) {
      unbind(root);
    } else if (Session session{handles.enter()}; session.user) {
      UncheckedContext<Order> forced(wrong_on_purpose);
      retry(forced, lock, Forever{}, [](auto&) {});
    }
  }
};
TEST_CASE("A retry while an open descriptor is held") {
  expect<RetriedReset>(Outcome::livelock, "a retry under an open descriptor");
}

// A parked descriptor. The one who closes it from a fresh root waits for a lock of the one who waits for the close.
template <class Context>
concept Adopts = requires(const Context& context, Parked<Session>& parked) {
  Adoption{context, parked};
};
using Adopted = Adoption<Held<Order>, Session>;
static_assert(Adopts<Root>);
static_assert(!Adopts<Waited<Root, Mutex<big_lock>>>);
static_assert(!Adopts<Tried<Root, Mutex<group>>>);
static_assert(!Adopts<ContextFor<Order, device>>);
static_assert(!Waits<Adopted, Mutex<big_lock>>);
struct ParkedBelowTheBigLock : Bound {
  ParkedBelowTheBigLock() { parked.user = handles.enter(); }
  void thread(unsigned index) {
    Root root;
    Guard held{root, big};
    if (index == 0) {
      handles.close(held);
    } else {
      parked.user.leave();
    }
  }
  Session parked;
};
struct ParkedAndAdopted : Bound {
  ParkedAndAdopted() : parked(Session{handles.enter()}) {}
  void thread(unsigned index) {
    Root root;
    if (index == 0) {
      Guard held{root, big};
      handles.close(held);
    } else {
      Adoption adopted{root, parked};
      adopted->user.leave();
    }
  }
  Parked<Session> parked;
};
TEST_CASE("A parked descriptor that is reached under a lock, and one that is adopted first") {
  expect_deadlock<ParkedBelowTheBigLock>("a parked descriptor under a lock");
  expect_free<ParkedAndAdopted>("a parked descriptor, adopted first");
}

// Opening as a wait: opened under the group's lock, and used for operations that wait for that lock, it would be in a cycle.
constexpr auto opening_waits = [] {
  detail::OrderTable<64, 4> table;
  table.add_edge(detail::class_key<group>, group::name, 0, detail::class_key<open_device>, open_device::name, 1);
  table.add_edge(detail::class_key<open_device>, open_device::name, 2, detail::class_key<group>, group::name, 3);
  table.close();
  return table;
}();
static_assert(opening_waits.cycle_length == 3);
static_assert(!Waits<Waited<Root, Mutex<group>>, Mutex<open_device>>);
struct OpeningWaits : Bound {
  void thread(unsigned index) {
    Root root;
    if (index == 0) {
      Guard held{root, group_lock};
      UncheckedContext<Order> forced(wrong_on_purpose);
      Guard opening{forced, opened};
    } else {
      Guard opening{root, opened};
      Guard operation{opening, group_lock};
    }
  }
  Mutex<open_device> opened;
};
TEST_CASE("Opening as a wait") {
  expect_deadlock<OpeningWaits>("opening waits");
}

// Destructors that wait: the last put destroys, and destruction waits for the group's lock.
using Vm = Reference<S, Order, group>;
template <class Context>
concept Puts = requires(const Context& context, Vm& vm) {
  vm.put(context, [](auto) {});
};
static_assert(Puts<Root>);
static_assert(Puts<Waited<Root, Mutex<device>>>);
static_assert(!Puts<Waited<Root, Mutex<group>>>);
struct LastPut : Bound {
  void thread(unsigned index) {
    Root root;
    if (index == 0) {
      Guard held{root, group_lock};
      UncheckedContext<Order> forced(wrong_on_purpose);
      vm.put(forced, [this](ContextFor<Order, group> context) { destroy(context); });
    } else {
      vm.put(root, [this](ContextFor<Order, group> context) { destroy(context); });
    }
  }
  void destroy(ContextFor<Order, group> context) {
    context.assume();
    Guard guard{context, group_lock};
  }
  LastPut() { static_cast<void>(vm.get_unless_zero()); }
  Vm vm;
};
TEST_CASE("The last put under the lock that destruction waits for") {
  expect<LastPut>(Outcome::locked_twice, "the last put");
}
// An object that waits when it ends, and takes no context.
struct WaitingDestructor : Bound {
  struct Closer {
    explicit Closer(Mutex<device>& which) : lock(which) {}
    Closer(const Closer&) = delete;
    Closer& operator=(const Closer&) = delete;
    ~Closer() {
      UncheckedContext<Order> forced(wrong_on_purpose);
      Guard guard{forced, lock};
    }
    Mutex<device>& lock;
  };
  void thread(unsigned index) {
    Root root;
    if (index == 0) {
      Guard held{root, group_lock};
      const Closer closer(lock);
    } else {
      Guard held{root, lock};
      Guard inner{held, group_lock};
    }
  }
};
TEST_CASE("A destructor that waits and takes no context") {
  expect_deadlock<WaitingDestructor>("a destructor waits");
}

}  // namespace

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What is in order and what Clang's thread safety analysis must not complain about. tests/fail/thread_safety has what it must.
// FLAGS-clang: -Wthread-safety -Wthread-safety-reference -Werror
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <stop_token>
#include <tuple>

#include "devlock/devlock.hpp"
#include "devlock/sync/std.hpp"
#include "support/classes.hpp"

namespace {

using namespace devlock;
using namespace test;

template <class C>
using Mutex = Ordered<C, std::mutex>;
using First = ContextFor<Order, first>;
using Second = ContextFor<Order, second>;
using Third = ContextFor<Order, third>;

struct Data {
  Mutex<first> a;
  Mutex<second> b;
  Ordered<third, std::shared_mutex> c;
  int in_a DEVLOCK_GUARDED_BY(a) = 0;
  int in_b DEVLOCK_GUARDED_BY(b) = 0;
  int in_c DEVLOCK_GUARDED_BY(c) = 0;
};

void take_third(Third context, Data& data) DEVLOCK_REQUIRES(context) {
  Guard guard{context, data.c};
  ++data.in_c;
}
void take_second(Second context, Data& data) DEVLOCK_REQUIRES(context) {
  Guard guard{context, data.b};
  ++data.in_b;
  take_third(guard, data);
}

// Branches, each with guards of its own, and data under them.
int branches(Data& data, int what) {
  ThreadContext<Order> root;
  if (what == 0) {
    Guard guard{root, data.a};
    ++data.in_a;
  } else if (what == 1) {
    Guard outer{root, data.a};
    Guard inner{outer, data.b};
    data.in_a += data.in_b;
  } else {
    take_second(root, data);
  }
  switch (what) {
    case 2: {
      Guard guard{root, data.b};
      return data.in_b;
    }
    default: break;
  }
  Guard last{root, data.a};
  return what < 0 ? -data.in_a : data.in_a;
}

// Early returns between guards, and early releases on the way.
bool early_return(Data& data, bool now) {
  ThreadContext<Order> root;
  Guard outer{root, data.a};
  if (now) {
    return data.in_a != 0;
  }
  Guard inner{outer, data.b};
  if (data.in_b == 0) {
    return false;
  }
  inner.release();
  {
    Guard other{outer, data.c};
    ++data.in_c;
  }
  outer.release();
  take_second(root, data);
  return true;
}

// Loops: a guard for each round, continue and break with a guard held.
int loops(Data& data, std::span<Mutex<second>> many) {
  ThreadContext<Order> root;
  Guard outer{root, data.a};
  for (Mutex<second>& one : many) {
    Guard guard{outer, one};
    if (data.in_a == 1) {
      continue;
    }
    if (data.in_a == 2) {
      break;
    }
    take_third(guard, data);
  }
  int rounds = 0;
  while (data.in_a != 0) {
    TryGuard guard{outer, data.b};
    if (!guard) {
      break;
    }
    guard.owned(data.b);
    rounds += data.in_b;
  }
  do {
    take_third(outer, data);
  } while (--rounds > 0);
  return rounds;
}

// Templates under templates, each of which forwards whatever context it is given.
template <LockContext Context>
void innermost(const Context& context, Data& data) DEVLOCK_REQUIRES(context) {
  TryGuard guard{context, data.b};
  if (guard) {
    guard.owned(data.b);
    ++data.in_b;
  }
}
template <LockContext Context>
  requires MayAcquire<Context, third>
void middle(const Context& context, Data& data) DEVLOCK_REQUIRES(context) {
  innermost(context, data);
  Guard guard{context, data.c};
  ++data.in_c;
  innermost(guard, data);
}
template <class... Contexts>
void outermost(Data& data, const Contexts&...) {
  ThreadContext<Order> root;
  middle(root, data);
  Guard guard{root, data.a};
  middle(guard, data);
}
void templates(Data& data) { outermost(data); }
void template_of_parameter(Second context, Data& data) DEVLOCK_REQUIRES(context) { middle(context, data); }

// Virtual functions ask for a context, and so do their overriders.
class Plugin {
 public:
  Plugin() = default;
  Plugin(const Plugin&) = delete;
  Plugin& operator=(const Plugin&) = delete;
  virtual ~Plugin() = default;
  virtual void plug(Second context, Data& data) DEVLOCK_REQUIRES(context) = 0;
};
class Card final : public Plugin {
 public:
  void plug(Second context, Data& data) override DEVLOCK_REQUIRES(context) {
    take_second(context.again(), data);
    take_third(context, data);
  }
};
void virtual_calls(Data& data, Plugin& plugin) {
  ThreadContext<Order> root;
  plugin.plug(root, data);
  Card card;
  Guard guard{root, data.a};
  plugin.plug(guard, data);
  card.plug(guard, data);
}

// Erased, erased again, narrowed and handed on by value.
void hand_on(First context, Data& data) DEVLOCK_REQUIRES(context) {
  take_second(context, data);
  take_third(context, data);
  Guard guard{context, data.a};
  take_second(guard, data);
}
void hand_on_twice(First context, Data& data) DEVLOCK_REQUIRES(context) {
  hand_on(context.again(), data);
  hand_on(context.again(), data);
  const First copy = context;
  copy.assume();
  Guard guard{copy, data.a};
}
void erasure(Data& data) {
  ThreadContext<Order> root;
  hand_on_twice(root, data);
}

// Lambdas say what is entered where they run.
template <class Action>
void call(Action action) {
  action();
}
void lambdas(Data& data) {
  ThreadContext<Order> root;
  Guard outer{root, data.a};
  call([&] {
    outer.assume();
    take_second(outer, data);
    Guard inner{outer, data.b};
    take_third(inner, data);
  });
  const auto given = [&data](Second context) {
    context.assume();
    take_second(context.again(), data);
  };
  given(outer);
}

// Readers read; who tries to read says so after the test.
int readers(Data& data) {
  ThreadContext<Order> root;
  {
    SharedGuard reader{root, data.c};
    if (data.in_c != 0) {
      return data.in_c;
    }
  }
  SharedTryGuard reader{root, data.c};
  if (!reader) {
    return 0;
  }
  reader.owned(data.c);
  return data.in_c;
}

// Tries: given back early, failed, or held to the end.
bool tries(Data& data) {
  ThreadContext<Order> root;
  Guard outer{root, data.b};
  TryGuard back{outer, data.a};
  if (!back) {
    back.release();
    take_third(outer, data);
    return false;
  }
  back.owned(data.a);
  ++data.in_a;
  take_third(back, data);
  return true;
}

struct Scope {
  using lock_type = Mutex<second>;
  std::span<lock_type* const> list;
  [[nodiscard]] std::span<lock_type* const> locks() const { return list; }
};
bool walks(Data& data, const Scope& scope) {
  ThreadContext<Order> root;
  Guard outer{root, data.a};
  {
    HierarchicalTryLock locked{outer, scope};
    if (!locked) {
      return false;
    }
    take_third(locked, data);
    locked.release();
    take_second(outer, data);
  }
  HierarchicalLock locked{outer, scope};
  take_third(locked, data);
  return true;
}

struct Session {
  using lifetime_class = second;
};
void sessions(Data& data, Session& session, Parked<Session>& parked) {
  ThreadContext<Order> root;
  {
    Through through{root, session};
    take_third(through, data);
  }
  Adoption adopted{root, parked};
  Guard guard{adopted, data.c};
  ++data.in_c;
}

void condition_waits(Data& data, Condition<std::condition_variable_any>& ready, bool& flag) {
  ThreadContext<Order> root;
  Guard guard{root, data.a};
  ready.wait(guard, [&] { return flag; });
  ++data.in_a;  // held again
  Guard inner{guard, data.b};
  ready.wait(inner, holding<first>, [&] { return flag; });
  const auto now = std::chrono::steady_clock::now();
  (void)ready.wait_until(inner, holding<first>, now, [&] { return flag; });
  (void)ready.wait(inner, holding<first>, std::stop_token(), [&] { return flag; });
  data.in_a += data.in_b;
}

bool retries(Data& data) {
  ThreadContext<Order> root;
  Guard outer{root, data.a};
  const bool done = retry(outer, data.b, Attempts{3}, [&](auto& guard) {
    guard.assume();
    guard.owned(data.b);
    ++data.in_b;
    take_third(guard, data);
  });
  return done && retry_bounded(outer, data.c, Attempts{3}, [](auto&) {});
}

struct slot {
  static constexpr char name[] = "slot";
  using nest_owner = first;
};
struct Shelves : Hierarchy<Extends<Order>, Before<first, slot>> {};
void nests(Data& data, Mutex<slot>& left, Mutex<slot>& right) {
  ThreadContext<Shelves> root;
  Guard owner{root, data.a};
  Guard one{owner, right, under(owner)};
  TryGuard other{one, left, under(owner)};
}

void adopts(Data& data) {
  ThreadContext<Order> root;
  data.a.native().lock();
  Guard guard{root, data.a, adopt};
  ++data.in_a;
}

// Locks that say themselves what they do: devlock's own functions are not reported for giving them back elsewhere.
class DEVLOCK_CAPABILITY("mutex") Annotated {
 public:
  void lock() DEVLOCK_ACQUIRES() {}
  bool try_lock() DEVLOCK_THREAD_ANNOTATION(try_acquire_capability(true)) { return true; }
  void unlock() DEVLOCK_RELEASES() {}
  void lock_shared() DEVLOCK_ACQUIRES_SHARED() {}
  bool try_lock_shared() DEVLOCK_THREAD_ANNOTATION(try_acquire_shared_capability(true)) { return true; }
  void unlock_shared() DEVLOCK_THREAD_ANNOTATION(release_shared_capability()) {}
};
class Own : public Annotated {
 public:
  using lock_class = second;
};
void annotated(Ordered<first, Annotated>& outer, Own& inner) {
  ThreadContext<Order> root;
  Guard first_one{root, outer};
  {
    TryGuard second_one{first_one, inner};
  }
  {
    SharedTryGuard reader{first_one, inner};
  }
  SharedGuard reader{first_one, inner};
}

void unchecked(Data& data) {
  ThreadContext<Order> root;
  Guard outer{root, data.c};
  auto in_between = unchecked_context<Order>("a callback without a context");
  take_second(in_between, data);
}

void rundowns_and_claims() {
  vfio::ThreadContext root;
  Rundown<StdSync, vfio::VfioOrder, vfio::open_device> users;
  users.close(root);
  GroupOwnership<StdSync> group;
  auto claim = group.claim(root, &users);
  static_cast<void>(claim.error());
}

[[maybe_unused]] constexpr auto all =
    std::tuple(&branches, &early_return, &loops, &templates, &template_of_parameter, &virtual_calls, &erasure, &lambdas,
               &readers, &tries, &walks, &sessions, &condition_waits, &retries, &nests, &adopts, &annotated, &unchecked,
               &rundowns_and_claims);

}  // namespace

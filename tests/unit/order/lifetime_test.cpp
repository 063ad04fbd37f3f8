// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Lifetimes: operations through a descriptor, and the way to a parked one.
#include "devlock/order/lifetime.hpp"

#include <mutex>

#include "devlock/lock/device_lock.hpp"
#include "devlock/lock/ordered.hpp"
#include "devlock/lock/reference.hpp"
#include "devlock/order/guard.hpp"
#include "devlock/order/try_guard.hpp"
#include "devlock/sync/std.hpp"
#include "devlock/vfio/order.hpp"
#include "support/catch.hpp"

namespace {

using namespace devlock;
using vfio::VfioOrder;

struct Session {
  using lifetime_class = vfio::open_device;
  int descriptor = 7;
};

template <class Context, class Lock>
concept Waits = requires(const Context& context, Lock& lock) { Guard{context, lock}; };
template <class Context, class Lock>
concept Tries = requires(const Context& context, Lock& lock) { TryGuard{context, lock}; };
template <class Context>
concept Adopts = requires(const Context& context, Parked<Session>& parked) { Adoption{context, parked}; };

using Device = DeviceLock<StdSync>;
using Operating = Through<Held<VfioOrder>, Session>;

TEST_CASE("Through a descriptor a device lock is tried, never waited for") {
  REQUIRE(Waits<vfio::ThreadContext, Device>);
  REQUIRE_FALSE(Waits<Operating, Device>);
  REQUIRE(Tries<Operating, Device>);
  REQUIRE(Waits<Operating, Ordered<vfio::group_lock, std::mutex>>);  // close takes it
}

TEST_CASE("A parked descriptor is adopted from a root only") {
  REQUIRE(Adopts<vfio::ThreadContext>);
  REQUIRE_FALSE(Adopts<HeldContext<Held<VfioOrder, vfio::kvm_lock>>>);
  REQUIRE_FALSE(Adopts<ContextFor<VfioOrder, vfio::open_device>>);
  REQUIRE_FALSE(Adopts<HeldContext<Held<VfioOrder, vfio::open_device>>>);
}

TEST_CASE("An adoption reaches the session, and is checked like an open descriptor") {
  Parked<Session> parked{Session{}};
  vfio::ThreadContext root;
  Adoption adopted{root, parked};
  REQUIRE(adopted->descriptor == 7);
  (*adopted).descriptor = 8;
  REQUIRE(adopted->descriptor == 8);
  REQUIRE_FALSE(Waits<decltype(adopted), Device>);
}

template <class Context, class R>
concept Puts = requires(Context context, R& reference) { reference.put(context, [](auto) {}); };

TEST_CASE("The last put needs a context that may wait for what destruction waits for") {
  using Vm = Reference<StdSync, VfioOrder, vfio::group_lock>;  // its destruction takes group_lock
  REQUIRE(Puts<ContextFor<VfioOrder, vfio::group_lock>, Vm>);
  REQUIRE_FALSE(Puts<ContextFor<VfioOrder, vfio::dev_set_lock>, Vm>);
  REQUIRE_FALSE(std::convertible_to<HeldContext<Held<VfioOrder, vfio::group_lock>>, Vm::Context>);
}

TEST_CASE("The last put destroys, once, and nobody gets in afterwards") {
  Reference<StdSync, VfioOrder, vfio::group_lock> reference;
  vfio::ThreadContext root;
  int destroyed = 0;
  REQUIRE(reference.get_unless_zero());
  REQUIRE(reference.users() == 2);
  REQUIRE_FALSE(reference.put(root, [&](auto) { ++destroyed; }));
  REQUIRE(destroyed == 0);
  REQUIRE(reference.put(root, [&](auto) { ++destroyed; }));
  REQUIRE(destroyed == 1);
  REQUIRE_FALSE(reference.get_unless_zero());
}

}  // namespace

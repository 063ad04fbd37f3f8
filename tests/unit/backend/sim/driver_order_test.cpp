// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// In which order the driver core does things: dev->driver is set before dma_configure and cleared after dma_cleanup; a supplier is
// unbound after its consumers, without its device_lock meanwhile, and only if it still has the driver that was to go.
#include <functional>
#include <mutex>
#include <vector>

#include "unit/backend/sim/support.hpp"

using namespace sim_test;

namespace {

// A policy whose mutex tells a watcher that it was taken.
struct Watcher {
  const void* mutex = nullptr;
  std::function<void()> taken;
};
Watcher watcher;

struct ToldSync : StdSync {
  class mutex {
   public:
    void lock() {
      mutex_.lock();
      if (watcher.mutex == nullptr || watcher.mutex == this) {
        if (watcher.mutex == nullptr && first == nullptr) {
          first = this;
        }
        if (watcher.mutex == this && watcher.taken) {
          watcher.taken();
        }
      }
    }
    bool try_lock() { return mutex_.try_lock(); }
    void unlock() { mutex_.unlock(); }
    static inline const void* first = nullptr;

   private:
    std::mutex mutex_;
  };
};

// Who is the driver of `address` at each look at the group's count.
std::vector<std::string> drivers_at_group_mutex(BasicRig<ToldSync>& rig, pci::Address address,
                                                const std::function<void()>& act) {
  auto* function = rig.host.machine().find(address);
  ToldSync::mutex::first = nullptr;
  watcher = {};
  (void)function->group->ownership.users(rig.root.assume());
  std::vector<std::string> seen;
  watcher.mutex = ToldSync::mutex::first;
  // dev->driver itself; sysfs shows it no longer once an unbind has begun.
  watcher.taken = [&] {
    const unsigned place = function->driver();
    seen.push_back(place == 0U ? std::string() : rig.host.machine().driver(place).name);
  };
  act();
  watcher = {};
  return seen;
}

/// card needs the driver of edu.
struct SupplierRig : Rig {
  static sim::Blueprint plan() {
    sim::Blueprint changed;
    changed.usual_drivers();
    const sim::Blueprint usual = sim::example_blueprint();
    for (sim::FunctionSpec spec : usual.functions()) {
      if (spec.address == example::card) {
        spec.suppliers = {example::edu};
      }
      changed.function(spec);
    }
    return changed;
  }
  SupplierRig() : Rig(sim::Host::make(plan()).value()) {}
};

}  // namespace

TEST_CASE("dev->driver is set before the group's DMA is configured and cleared after it is given back") {
  BasicRig<ToldSync> rig;
  const auto unbound = drivers_at_group_mutex(
      rig, example::card, [&] { REQUIRE(answer(rig.host.unbind(rig.root.assume(), example::card)) == "ok"); });
  CHECK(unbound == std::vector<std::string>{"e1000e"});
  CHECK(rig.driver_of(example::card).empty());
  const auto bound = drivers_at_group_mutex(
      rig, example::card, [&] { REQUIRE(answer(rig.host.bind(rig.root.assume(), example::card, "e1000e")) == "ok"); });
  CHECK(bound == std::vector<std::string>{"e1000e"});
}

TEST_CASE("a probe that is refused was seen as the driver while it was") {
  BasicRig<ToldSync> rig;
  REQUIRE(answer(rig.host.unbind(rig.root.assume(), example::card)) == "ok");
  const auto claim = rig.host.machine().find(example::card)->group->ownership.claim(rig.root.assume(), &rig);
  const auto seen = drivers_at_group_mutex(rig, example::card, [&] {
    CHECK(answer(rig.host.bind(rig.root.assume(), example::card, "e1000e")) == "EBUSY held");
  });
  CHECK(seen == std::vector<std::string>{"e1000e"});
  CHECK(rig.driver_of(example::card).empty());
}

TEST_CASE("a consumer's probe is deferred until its supplier is bound") {
  SupplierRig rig;
  rig.root.assume();
  CHECK(answer(rig.host.bind(rig.root, example::card, "e1000e")) == "EAGAIN failed");
  CHECK(rig.driver_of(example::card).empty());
  rig.give(example::edu, "pci-stub");
  CHECK(answer(rig.host.bind(rig.root, example::card, "e1000e")) == "ok");
}

TEST_CASE("a supplier that is unbound takes its consumer's driver first") {
  SupplierRig rig;
  rig.root.assume();
  rig.give(example::edu, "pci-stub");
  REQUIRE(answer(rig.host.bind(rig.root, example::card, "e1000e")) == "ok");
  REQUIRE(answer(rig.host.unbind(rig.root, example::edu)) == "ok");
  CHECK(rig.driver_of(example::card).empty());
  CHECK(rig.driver_of(example::edu).empty());
  CHECK(rig.host.machine().find(example::card)->group->ownership.users(rig.root) == 0);
}

TEST_CASE("while a supplier's consumer is unbound its device_lock is free, and what happened meanwhile is noticed") {
  SupplierRig rig;
  rig.root.assume();
  rig.give(example::edu, "pci-stub");
  rig.give(example::card, "vfio-pci");
  auto session = rig.open(example::card);
  std::vector<std::thread> unbinders;
  std::string answers[2];
  unbinders.emplace_back([&] {
    vfio::ThreadContext other;
    answers[0] = answer(rig.host.unbind(other.assume(), example::edu));
  });
  rig.observer.await_unbind_wait(example::card);
  CHECK(answer(rig.host.try_reset_function(example::edu)) == "ok");  // its lock is free
  CHECK(rig.driver_of(example::edu) == "pci-stub");
  unbinders.emplace_back([&] {
    vfio::ThreadContext other;
    answers[1] = answer(rig.host.unbind(other.assume(), example::edu));
  });
  rig.observer.await_waiting_for_lock(example::card, 1);  // it, too, is at the consumer
  REQUIRE(answer(session.device.close(rig.root)) == "ok");
  for (std::thread& thread : unbinders) {
    thread.join();
  }
  CHECK(answers[0] == "ok");
  CHECK(answers[1] == "ok");
  CHECK(rig.driver_of(example::edu).empty());
  CHECK(rig.driver_of(example::card).empty());
  rig.give(example::edu, "pci-stub");  // it lost its driver once, and its links with it
  CHECK(answer(rig.host.bind(rig.root, example::card, "vfio-pci")) == "ok");
}

TEST_CASE("a driver that came while the consumer was unbound stays") {
  SupplierRig rig;
  rig.root.assume();
  rig.give(example::edu, "pci-stub");
  rig.give(example::card, "vfio-pci");
  auto session = rig.open(example::card);
  std::string first;
  std::thread unbinder([&] {
    vfio::ThreadContext other;
    first = answer(rig.host.unbind(other.assume(), example::edu));
  });
  rig.observer.await_unbind_wait(example::card);
  // As another unbind and a bind that were faster: the driver is another one when the lock is taken again.
  auto& function = *rig.host.machine().find(example::edu);
  {
    Guard device{rig.root, function.lock().device()};
    function.set_driver(rig.host.machine().driver_place("vfio-pci"));
  }
  REQUIRE(answer(session.device.close(rig.root)) == "ok");
  unbinder.join();
  CHECK(first == "ok");
  CHECK(rig.driver_of(example::edu) == "vfio-pci");
}

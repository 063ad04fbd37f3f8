// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What differs between kernels, on a host of each profile; and what both have in common where a lock is held by somebody else. Seen on
// real kernels by tests/fidelity.
#include "devlock/backend/sim/profile.hpp"

#include <algorithm>
#include <thread>

#include "devlock/backend/sim/hotplug.hpp"
#include "unit/backend/sim/support.hpp"

using namespace sim_test;

namespace {

sim::Host host_of(const sim::Profile& profile) {
  auto plan = sim::example_blueprint();
  plan.kernel(profile);
  auto host = sim::Host::make(plan);
  REQUIRE(host.has_value());
  return std::move(*host);
}

struct ProfileRig : Rig {
  explicit ProfileRig(const sim::Profile& profile = {}) : Rig(host_of(profile)) { give(example::edu, "vfio-pci"); }
  sim::Function<StdSync>& edu() { return *host.machine().find(example::edu); }
  /// Asks in another thread, which must not be done before `gauge` was seen and `lock` is free again.
  template <class Lock, class Ask>
  std::string waits(Lock& lock, const sim::Gauge<StdSync>& gauge, const Ask& ask) {
    std::string said;
    std::thread thread;
    {
      const Elsewhere holder(lock);
      thread = std::thread([&] {
        vfio::ThreadContext own;
        said = ask(own);
      });
      gauge.await_at_least(1U);
      CHECK(said.empty());
    }
    thread.join();
    return said;
  }
};

}  // namespace

TEST_CASE("every field of a profile is listed once, with its source") {
  for (const auto& difference : sim::differences) {
    CHECK(std::string_view(difference.source).size() > 3U);
    // Kernels differ in it, or this host does from both unless it is told otherwise.
    const bool usual = sim::Profile().*difference.field;
    CHECK((sim::linux_6_1.*difference.field != usual || sim::linux_6_12.*difference.field != usual));
    CHECK(std::count_if(sim::differences.begin(), sim::differences.end(),
                        [&](const auto& other) { return other.field == difference.field; }) == 1);
  }
}

TEST_CASE("HOT_RESET_INFO waits for dev_set_lock in 6.12, and not in 6.1") {
  const auto ask = [](Session& session, vfio::ThreadContext& own) {
    return answer(session.device.hot_reset_info(own.assume(), every_function));
  };
  {
    ProfileRig rig(sim::linux_6_1);
    Session session = rig.open(example::edu);
    const Elsewhere holder(rig.edu().device_set->lock);
    CHECK(ask(session, rig.root) == "ok");
  }
  ProfileRig rig(sim::linux_6_12);
  Session session = rig.open(example::edu);
  CHECK(rig.waits(rig.edu().device_set->lock, rig.edu().device_set->waits_for_lock,
                  [&](vfio::ThreadContext& own) { return ask(session, own); }) == "ok");
}

TEST_CASE("a device that nobody has open sleeps, and whatever wakes it waits for memory_lock") {
  ProfileRig rig;
  const auto device = rig.edu().vfio;
  auto& memory = device->memory_lock;
  const auto& gauge = device->waits_to_wake;
  CHECK(rig.waits(memory, gauge, [&](vfio::ThreadContext& own) {
    return answer(rig.host.reset_function(own.assume(), example::edu));
  }) == "ok");
  auto container = rig.open_container();
  auto group = rig.open_group(example::edu);
  rig.root.assume();
  REQUIRE(answer(group.set_container(rig.root, container)) == "ok");
  REQUIRE(answer(container.set_iommu(rig.root)) == "ok");
  std::optional<sim::Device<StdSync>> open;
  CHECK(rig.waits(memory, gauge, [&](vfio::ThreadContext& own) {
    auto made = group.open_device(own.assume(), example::edu);
    if (made) {
      open.emplace(std::move(*made));
    }
    return answer(made);
  }) == "ok");
  CHECK(rig.waits(memory, gauge, [&](vfio::ThreadContext& own) { return answer(open->close(own.assume())); }) == "ok");
  CHECK(rig.waits(memory, gauge, [&](vfio::ThreadContext& own) {
    return answer(rig.host.unbind(own.assume(), example::edu));
  }) == "ok");
}

TEST_CASE("remove can be asked for once; the second answer comes at once") {
  ProfileRig rig;
  sim::Hotplug<StdSync> hotplug(rig.host);
  CHECK(rig.waits(rig.host.machine().rescan_lock, rig.host.machine().waits_for_rescan, [&](vfio::ThreadContext& own) {
    std::string second;
    std::thread other([&] {
      rig.host.machine().waits_for_rescan.await_at_least(1U);
      vfio::ThreadContext root;
      second = answer(hotplug.remove(root.assume(), example::edu));
    });
    auto first = answer(hotplug.remove(own.assume(), example::edu));
    other.join();
    return first + ", " + second;
  }) == "ok, ENOENT gone");
}

TEST_CASE("in 6.1 whoever sets driver_override of a function that leaves meanwhile is told so") {
  ProfileRig rig(sim::linux_6_1);
  sim::Hotplug<StdSync> hotplug(rig.host);
  Session session = rig.open(example::edu);
  std::string removed;
  std::thread remover([&] {
    vfio::ThreadContext root;
    removed = answer(hotplug.remove(root.assume(), example::edu));
  });
  rig.observer.await_unbind_wait(example::edu);
  std::string said;
  std::thread setter([&] {
    vfio::ThreadContext root;
    said = answer(rig.host.set_driver_override(root.assume(), example::edu, ""));
  });
  rig.observer.await_waiting_for_lock(example::edu, 1U);
  rig.root.assume();
  REQUIRE(answer(session.device.close(rig.root)) == "ok");
  remover.join();
  setter.join();
  CHECK(removed == "ok");
  CHECK((said == "ok" || said == "ENOENT gone"));  // before the function is gone, or after
}

TEST_CASE("a bind that waited looks once more whether the driver still is admitted") {
  for (const bool cleared : {true, false}) {
    CAPTURE(cleared);
    ProfileRig rig(sim::linux_6_12);
    rig.root.assume();
    auto session = rig.open(example::edu);
    std::string unbound;
    std::thread unbinder([&] {
      vfio::ThreadContext other;
      unbound = answer(rig.host.unbind(other.assume(), example::edu));
    });
    rig.observer.await_unbind_wait(example::edu);
    std::string bound;
    std::thread binder([&] {
      vfio::ThreadContext other;
      bound = answer(rig.host.bind(other.assume(), example::edu, "vfio-pci"));
    });
    rig.observer.await_waiting_for_lock(example::edu, 1);
    if (cleared) {
      REQUIRE(answer(rig.host.set_driver_override(rig.root, example::edu, "")) == "ok");
    }
    REQUIRE(answer(session.device.close(rig.root)) == "ok");
    unbinder.join();
    binder.join();
    CHECK(unbound == "ok");
    CHECK(bound == (cleared ? "ENODEV gone" : "ok"));
    CHECK(rig.driver_of(example::edu) == (cleared ? "" : "vfio-pci"));
  }
}

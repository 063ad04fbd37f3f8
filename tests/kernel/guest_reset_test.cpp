// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Hot reset, hotplug, reset methods and the unplug request on a real kernel; a part of guest_test. Each test has one
// tag, and leaves the devices as it found them, which the boot checks.
#include "guest.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "devlock/backend/after_bind.hpp"
#include "devlock/backend/device_keeper.hpp"
#include "devlock/backend/hot_reset.hpp"
#include "devlock/backend/linux/unbinding.hpp"
#include "devlock/sync/std.hpp"

using namespace guest;
using devlock::DeviceLife;
using Lock = devlock::DeviceLock<devlock::StdSync>;
using Unbinding = devlock::linux_host::Unbinding<Host>;

namespace {
// Where a thread of this process waits in the kernel.
std::string waits_in(int thread) {
  std::string where;
  std::ifstream("/proc/self/task/" + std::to_string(thread) + "/wchan") >> where;
  return where;
}
void wait_until_stuck(const Unbinding& unbinding) {
  while (unbinding.thread() == 0 || waits_in(unbinding.thread()) != unbind_waits_in) {
    REQUIRE_FALSE(unbinding.answer());
    std::this_thread::yield();
  }
}
// The functions of the pair with their bridge.
void add_pair(Host& host, devlock::pci::Topology<Lock>& tree) {
  const Address bridge = value(host.device(pair_first())).bridges.back();
  REQUIRE(tree.add(bridge) != nullptr);
  REQUIRE(tree.add(pair_first(), bridge) != nullptr);
  REQUIRE(tree.add(pair_second(), bridge) != nullptr);
}
}  // namespace

TEST_CASE("a hot reset lists the two functions of the slot with their group, and resets them", "[hot_reset]") {
  const NothingOpen nothing;
  Host host;
  Context context;
  Assigned first(host, context, pair_first());
  Assigned second(host, context, pair_second());
  Session session = Session::open(host, context, pair_first());
  const int group = value(host.device(pair_first())).iommu_group;
  const auto listed = value(session.device.hot_reset_info(context));
  REQUIRE(listed.size() == 2);
  for (const Address address : {pair_first(), pair_second()}) {
    REQUIRE(std::count(listed.begin(), listed.end(), devlock::AffectedFunction{address, group}) == 1);
  }
  REQUIRE(error(session.device.hot_reset_info(context, 1)).error_number == ENOSPC);
  const std::array mine{&session.group};
  value(session.device.hot_reset(context, mine));
  value(session.device.reset(context));
}

TEST_CASE("a hot reset under the program's own locks does the same, and not past another thread", "[hot_locked]") {
  const NothingOpen nothing;
  Host host;
  Context context;
  Assigned first(host, context, pair_first());
  Assigned second(host, context, pair_second());
  devlock::pci::Topology<Lock> tree;
  add_pair(host, tree);
  Session session = Session::open(host, context, pair_first());
  Host::Group* const mine[] = {&session.group};
  const auto reset = [&] { return try_hot_reset(context.assume(), session.device, mine, tree); };
  value(reset());
  {
    devlock::Guard busy{context, tree.find(pair_second())->lock.device()};
    Worker<void> other;
    other.start([&](Context& own) { return try_hot_reset(own.assume(), session.device, mine, tree); });
    const devlock::Error refused = error(other.join());
    REQUIRE(refused.error_number == EAGAIN);
    REQUIRE(refused.reason.find(to_string(pair_second())) != std::string::npos);
  }
  tree.find(pair_second())->lock.revoke();
  REQUIRE(error(reset()).error_class == ErrorClass::gone);
}

TEST_CASE("a hot reset names the function that is not with VFIO, and the one whose group is missing", "[hot_refused]") {
  const NothingOpen nothing;
  Host host;
  Context context;
  Assigned first(host, context, pair_first());
  Assigned other(host, context, edu());
  value(host.unbind(context, pair_second()));
  {
    Session session = Session::open(host, context, pair_first());
    const std::array mine{&session.group};
    const devlock::Error refused = error(session.device.hot_reset(context, mine));
    REQUIRE(refused.error_number == EINVAL);
    REQUIRE(refused.error_class == ErrorClass::not_owned);
    REQUIRE(refused.reason.find(to_string(pair_second()) + ", which no driver has") != std::string::npos);
    // With the group of another device it is not the caller's either.
    Session stranger = Session::open(host, context, edu());
    const std::array wrong{&stranger.group};
    const devlock::Error missing = error(session.device.hot_reset(context, wrong));
    REQUIRE(missing.error_class == ErrorClass::not_owned);
    REQUIRE(missing.reason.find("group " + std::to_string(session.group.id())) != std::string::npos);
    // The kernel counts the groups before it looks at their descriptors.
    value(stranger.device.close(context));
    value(stranger.group.close(context));
    const std::array closed{&session.group, &stranger.group};
    REQUIRE(error(session.device.hot_reset(context, closed)).error_number == EBADF);
    const std::array many{&stranger.group, &stranger.group, &stranger.group};
    REQUIRE(error(session.device.hot_reset(context, many)).error_number == EINVAL);
  }
  value(host.probe(context, pair_second()));
}

TEST_CASE("a hot reset is contended while an unbind has the lock of one of its functions", "[hot_contended]") {
  const NothingOpen nothing;
  Host host;
  Context context;
  Assigned first(host, context, pair_first());
  Assigned second(host, context, pair_second());
  Session session = Session::open(host, context, pair_first());
  auto sibling = value(session.group.open_device(context, pair_second()));
  const auto unbinding = value(Unbinding::start(host, pair_second()));
  wait_until_stuck(unbinding);
  const std::array mine{&session.group};
  const devlock::Error refused = error(session.device.hot_reset(context, mine));
  REQUIRE(waits_in(unbinding.thread()) == unbind_waits_in);
  REQUIRE(refused.error_number == EAGAIN);
  REQUIRE(refused.error_class == ErrorClass::contended);
  value(sibling.close(context));
  value(unbinding.wait(context));
}

TEST_CASE("a function that is removed is gone until a rescan", "[rescan]") {
  const NothingOpen nothing;
  Host host;
  Context context;
  value(host.slots());
  value(host.remove(context, edu()));
  REQUIRE(error(host.device(edu())).error_class == ErrorClass::gone);
  REQUIRE(error(host.remove(context, edu())).error_class == ErrorClass::gone);
  value(host.rescan(context));
  REQUIRE(value(host.device(edu())).iommu_group >= 0);
}

TEST_CASE("a bus with nothing on it is reset, and a function that is no bridge has no bus", "[empty_bus]") {
  Host host;
  Context context;
  const Address bridge = value(host.device(edu())).bridges.back();
  REQUIRE(error(host.try_reset_bus(edu())).error_number == ENOTTY);
  value(host.remove(context, edu()));
  const auto reset = host.try_reset_bus(bridge);
  value(host.rescan(context));
  value(reset);
}

TEST_CASE("a remove that waits for a descriptor stalls every rescan, and the close ends both", "[stalls]") {
  const NothingOpen nothing;
  Host host;
  Context context;
  Worker<void> remove;
  Worker<void> rescan;
  {
    Assigned assigned(host, context, edu());
    Session session = Session::open(host, context, edu());
    remove.start([&](Context& own) { return host.remove(own.assume(), edu()); });
    remove.wait_until_in(unbind_waits_in);
    rescan.start([&](Context& own) { return host.rescan(own.assume()); });
    // The first unless the kernel keeps every frame.
    constexpr std::array<std::string_view, 2> places{"rescan_store", "pci_lock_rescan_remove"};
    rescan.wait_until_in(places);
    REQUIRE(remove.waits_in() == unbind_waits_in);
    value(session.device.close(context));
    value(remove.join());
    value(rescan.join());
  }
  value(host.rescan(context));
  REQUIRE(value(host.device(edu())).driver.empty());
}

TEST_CASE("reset methods are read, chosen and given back", "[reset_method]") {
  const NothingOpen nothing;
  Host host;
  const auto methods = value(host.reset_methods().read(switch_nic()));
  REQUIRE_FALSE(methods.empty());
  value(host.reset_methods().write(switch_nic(), std::array{methods.back()}));
  REQUIRE(value(host.reset_methods().read(switch_nic())) == std::vector{methods.back()});
  const devlock::Error refused =
      error(host.reset_methods().write(switch_nic(), std::array{devlock::pci::ResetMethod::device_specific}));
  REQUIRE(refused.error_number == EINVAL);
  REQUIRE(refused.error_class == ErrorClass::invalid);
  value(host.reset_methods().write(switch_nic(), {}));
  REQUIRE(value(host.reset_methods().read(switch_nic())).empty());
  Context context;
  REQUIRE_FALSE(host.reset_function(context, switch_nic()));
  value(host.reset_methods().write_default(switch_nic()));
  REQUIRE(value(host.reset_methods().read(switch_nic())) == methods);
  value(host.reset_function(context, switch_nic()));
}

TEST_CASE("functions without virtual ones say so, and list none", "[no_sriov]") {
  const NothingOpen nothing;
  Host host;
  Context context;
  REQUIRE(error(host.virtual_functions().enabled(context, edu())).error_class == ErrorClass::unsupported);
  REQUIRE(error(host.virtual_functions().enable(context, edu(), 1)).error_class == ErrorClass::unsupported);
  REQUIRE(value(host.virtual_functions().list(edu())).empty());
  REQUIRE_FALSE(value(host.virtual_functions().physical_of(edu())));
}

TEST_CASE("the unplug request wakes who polls its event, and moves the device's lock to revoking", "[revoking]") {
  const NothingOpen nothing;
  Host host;
  Context context;
  Assigned assigned(host, context, edu());
  Lock lock;
  devlock::DeviceKeeper<Host, Lock> keeper(host, edu(), lock);
  auto container = value(host.open_container());
  auto group = value(host.open_group(context, value(host.device(edu())).iommu_group));
  value(group.set_container(context, container));
  value(container.set_iommu(context));
  value(keeper.keep(context, value(group.open_device(context, edu()))));
  REQUIRE(error(keeper.reset_function(context)).error_class == ErrorClass::held);
  REQUIRE_FALSE(value(keeper.look()));

  const auto unbinding = value(Unbinding::start(host, edu()));
  pollfd watched{keeper.session()->unplug_event(), POLLIN, 0};
  REQUIRE(::poll(&watched, 1, -1) == 1);
  REQUIRE(value(keeper.look()));
  REQUIRE(lock.life() == DeviceLife::revoking);
  wait_until_stuck(unbinding);
  // Each of these would wait for the unbind, which waits for this descriptor.
  REQUIRE(error(keeper.reset_function(context)).error_class == ErrorClass::gone);
  REQUIRE(error(keeper.unbind(context)).error_class == ErrorClass::gone);
  REQUIRE(error(keeper.driver_override(context)).error_class == ErrorClass::gone);
  REQUIRE(error(keeper.session()->reset(context)).error_class == ErrorClass::contended);
  REQUIRE(unbinding.progress() == devlock::linux_host::Progress::asked);

  value(keeper.close(context));
  value(unbinding.wait(context));
  REQUIRE(value(host.device(edu())).driver.empty());
}

TEST_CASE("an unbind that is abandoned goes on by itself once the descriptor is closed", "[abandoned]") {
  const NothingOpen nothing;
  Host host;
  Context context;
  Assigned assigned(host, context, edu());
  Session session = Session::open(host, context, edu());
  int thread = 0;
  {
    const auto unbinding = value(Unbinding::start(host, edu()));
    wait_until_stuck(unbinding);
    REQUIRE_FALSE(unbinding.wait_until(context, std::chrono::steady_clock::now()));
    thread = unbinding.thread();
  }
  REQUIRE(waits_in(thread) == unbind_waits_in);
  // Its link to the driver is gone long before it is done.
  REQUIRE(value(host.device(edu())).driver.empty());
  REQUIRE(error(session.device.reset(context)).error_class == ErrorClass::contended);
  value(session.device.close(context));
  while (std::filesystem::exists("/proc/self/task/" + std::to_string(thread))) {
    std::this_thread::yield();
  }
  value(host.bind(context, edu(), "vfio-pci"));
}

TEST_CASE("just after a bind the group opens, if need be after some tries", "[after_bind]") {
  const NothingOpen nothing;
  Host host;
  Context context;
  for (int round = 0; round != 20; ++round) {
    Assigned assigned(host, context, edu());
    const int id = value(host.device(edu())).iommu_group;
    value(devlock::after_bind(context, devlock::Attempts{100000}, [&](const auto& own) {
      own.assume();
      return host.open_group(own, id);
    }));
  }
}

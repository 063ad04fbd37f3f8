// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What the backend answers while somebody holds one lock of the kernel: contended, or it waits, and then in which function. A part of
// guest_test. With DEVLOCK_HOLD_NOTHING each of these tests fails.
#include "guest.hpp"

#include <array>
#include <cerrno>

#include "held.hpp"

using namespace guest;

namespace {
// Where the kernel takes these locks; a function that the compiler put into its caller sleeps under the caller's name.
// drivers/vfio/pci/vfio_pci_core.c, drivers/vfio/group.c, vfio_main.c
using Places = std::array<std::string_view, 4>;
constexpr Places reset_waits_in{"vfio_pci_zap_and_down_write_memory_lock", "vfio_pci_ioctl_reset",
                                "vfio_pci_core_ioctl", "vfio_device_fops_unl_ioctl"};
constexpr Places hot_reset_waits_in{"vfio_pci_dev_set_hot_reset", "vfio_pci_ioctl_pci_hot_reset_groups",
                                    "vfio_pci_ioctl_pci_hot_reset", "vfio_pci_core_ioctl"};
constexpr Places open_waits_in{"vfio_device_open", "vfio_device_group_open", "vfio_group_ioctl_get_device_fd",
                               "vfio_group_fops_unl_ioctl"};

// Two functions of one slot, the first of them open.
struct OpenPair {
  OpenPair(Host& host, Context& context) DEVLOCK_REQUIRES(context)
      : first(host, context, pair_first()),
        second(host, context, pair_second()),
        session(Session::open(host, context, pair_first())) {}

  Assigned first;
  Assigned second;
  Session session;
};
}  // namespace

TEST_CASE("memory_lock of an open function: its hot reset is contended, its reset waits", "[held_memory]") {
  const NothingOpen nothing;
  Host host;
  Context context;
  Worker<void> reset;
  OpenPair pair(host, context);
  const std::array mine{&pair.session.group};
  Hold hold{HeldLock::memory, pair_first()};

  const devlock::Error refused = error(pair.session.device.hot_reset(context, mine));
  REQUIRE(refused.error_number == EBUSY);
  REQUIRE(refused.error_class == ErrorClass::contended);
  REQUIRE(refused.reason.find("memory_lock") != std::string::npos);
  reset.start([&](Context& own) { return pair.session.device.reset(own.assume()); });
  reset.wait_until_in(reset_waits_in);

  hold.release();
  value(reset.join());
  value(pair.session.device.hot_reset(context, mine));
}

TEST_CASE("memory_lock of a sibling that is not open: a hot reset waits, and all that wants the device set behind it",
          "[held_sibling_memory]") {
  const NothingOpen nothing;
  Host host;
  Context context;
  Worker<void> hot_reset;
  Worker<void> open;
  OpenPair pair(host, context);
  const std::array mine{&pair.session.group};
  Hold hold{HeldLock::memory, pair_second()};

  hot_reset.start([&](Context& own) { return pair.session.device.hot_reset(own.assume(), mine); });
  hot_reset.wait_until_in("vfio_pci_core_runtime_resume");
  open.start([&](Context& own) -> Result<void> {
    own.assume();
    auto sibling = pair.session.group.open_device(own, pair_second());
    return sibling ? sibling->close(own) : devlock::failure(std::move(sibling.error()));
  });
  open.wait_until_in(open_waits_in);
  REQUIRE(hot_reset.waits_in() == "vfio_pci_core_runtime_resume");

  hold.release();
  value(hot_reset.join());
  value(open.join());
}

TEST_CASE("config access of an open function: its reset is contended", "[held_config]") {
  const NothingOpen nothing;
  Host host;
  Context context;
  Assigned assigned(host, context, edu());
  Session session = Session::open(host, context, edu());
  {
    Hold hold{HeldLock::config_access, edu()};
    const devlock::Error refused = error(session.device.reset(context));
    REQUIRE(refused.error_number == EAGAIN);
    REQUIRE(refused.error_class == ErrorClass::contended);
  }
  value(session.device.reset(context));
}

TEST_CASE("device_lock of the bridge: a reset of the function does not look at it, a hot reset is contended",
          "[held_bridge]") {
  const NothingOpen nothing;
  Host host;
  Context context;
  OpenPair pair(host, context);
  const std::array mine{&pair.session.group};
  const Address bridge = value(host.device(pair_first())).bridges.back();
  {
    Hold hold{HeldLock::device, bridge};
    value(pair.session.device.reset(context));
    for (const devlock::Error& refused :
         {error(pair.session.device.hot_reset(context, mine)), error(host.try_reset_bus(bridge))}) {
      REQUIRE(refused.error_number == EAGAIN);
      REQUIRE(refused.error_class == ErrorClass::contended);
    }
  }
  value(pair.session.device.hot_reset(context, mine));
}

TEST_CASE("device_lock of a sibling: it does not open, and a hot reset is contended", "[held_sibling]") {
  const NothingOpen nothing;
  Host host;
  Context context;
  OpenPair pair(host, context);
  const std::array mine{&pair.session.group};
  {
    Hold hold{HeldLock::device, pair_second()};
    const devlock::Error refused = error(pair.session.group.open_device(context, pair_second()));
    REQUIRE(refused.error_number == EAGAIN);
    REQUIRE(refused.error_class == ErrorClass::contended);
    REQUIRE(error(pair.session.device.hot_reset(context, mine)).error_number == EAGAIN);
  }
  value(pair.session.group.open_device(context, pair_second()));
}

TEST_CASE("the lock of the device set: a hot reset and an open wait for it", "[held_dev_set]") {
  const NothingOpen nothing;
  Host host;
  Context context;
  Worker<void> hot_reset;
  Worker<void> open;
  OpenPair pair(host, context);
  const std::array mine{&pair.session.group};
  Hold hold{HeldLock::dev_set, pair_first()};

  hot_reset.start([&](Context& own) { return pair.session.device.hot_reset(own.assume(), mine); });
  hot_reset.wait_until_in(hot_reset_waits_in);
  open.start([&](Context& own) -> Result<void> {
    own.assume();
    auto sibling = pair.session.group.open_device(own, pair_second());
    return sibling ? sibling->close(own) : devlock::failure(std::move(sibling.error()));
  });
  open.wait_until_in(open_waits_in);
  // A reset of the function alone does not take it.
  value(pair.session.device.reset(context));
  REQUIRE(hot_reset.waits_in(hot_reset_waits_in));

  hold.release();
  value(hot_reset.join());
  value(open.join());
}

TEST_CASE("the rescan lock: a remove and a rescan wait for it", "[held_rescan]") {
  const NothingOpen nothing;
  Host host;
  Context context;
  Worker<void> remove;
  Worker<void> rescan;
  {
    Hold hold{HeldLock::rescan};
    remove.start([&](Context& own) { return host.remove(own.assume(), edu()); });
    remove.wait_until_in("pci_stop_and_remove_bus_device_locked");
    rescan.start([&](Context& own) { return host.rescan(own.assume()); });
    rescan.wait_until_in("rescan_store");
    // Neither has begun.
    REQUIRE(value(host.device(edu())).iommu_group >= 0);
  }
  value(remove.join());
  value(rescan.join());
  value(host.rescan(context));
  REQUIRE(value(host.device(edu())).iommu_group >= 0);
}

TEST_CASE("a reset is contended in each of 200 rounds in which somebody has the device_lock", "[held_rounds]") {
  const NothingOpen nothing;
  Host host;
  Context context;
  Assigned assigned(host, context, edu());
  Session session = Session::open(host, context, edu());
  int contended = 0;
  for (int round = 0; round != 200; ++round) {
    Hold hold{HeldLock::device, edu()};
    const devlock::Error refused = error(session.device.reset(context));
    contended += refused.error_class == ErrorClass::contended && refused.error_number == EAGAIN ? 1 : 0;
  }
  REQUIRE(contended == 200);
  value(session.device.reset(context));
}

TEST_CASE("a hold is refused where there is nothing to hold, and waits for who holds it", "[held_refused]") {
  const NothingOpen nothing;
  Host host;
  Context context;
  {
    Hold hold;
    REQUIRE(hold.take(HeldLock::device, {0, 0x99, 0, 0}) == ENODEV);
    REQUIRE(hold.take(HeldLock::memory, edu()) == ENXIO);
    REQUIRE(hold.take(HeldLock::dev_set, switch_nic()) == ENXIO);
    REQUIRE(hold.take(static_cast<HeldLock>('X'), edu()) == EINVAL);
    REQUIRE(hold.take(HeldLock::device, edu()) == 0);
    REQUIRE(hold.take(HeldLock::device, switch_edu()) == EBUSY);
  }
  Worker<void> second;
  Hold hold{HeldLock::device, edu()};
  second.start([&](Context&) {
    Hold waits{HeldLock::device, edu()};
    return Result<void>();
  });
  second.wait_until_in("hold_write");
  hold.release();
  value(second.join());
}

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The unplug request and what follows from it: a lock that is revoking, operations that are refused, a bind that is retried.
#include "devlock/backend/unplug_watch.hpp"

#include <string>
#include <thread>
#include <utility>

#include "devlock/backend/after_bind.hpp"
#include "devlock/backend/device_keeper.hpp"
#include "devlock/sync/std.hpp"
#include "support/catch.hpp"
#include "unit/backend/linux/errors.hpp"
#include "unit/backend/linux/machine.hpp"
#include "unit/backend/sim/support.hpp"

using namespace fake;
using devlock::after_bind;
using devlock::Attempts;
using devlock::DeviceKeeper;
using devlock::DeviceLife;
using devlock::DeviceLock;
using devlock::ErrorClass;
using devlock::Operation;
using devlock::Result;
using devlock::StdSync;
using devlock::UnplugWatch;
namespace vfio = devlock::vfio;

namespace {
using Lock = DeviceLock<StdSync>;
using Keeper = DeviceKeeper<Host, Lock>;

// A retry after a bind waits for whoever registers the device, under its device_lock.
template <class Context, class Policy>
concept may_retry = requires(const Context& context, Policy policy) {
  after_bind(context, policy, [](const auto&) { return Result<int>(1); });
};
struct Forever {
  bool operator()(unsigned) const { return true; }
};
static_assert(may_retry<vfio::ThreadContext, Attempts> && !may_retry<vfio::ThreadContext, Forever>);
static_assert(!may_retry<vfio::ContextFor<vfio::open_device>, Attempts>);
static_assert(!may_retry<vfio::ContextFor<vfio::group_lock>, Attempts>);

struct Rig : Machine {
  Host::Group open_group() {
    root.assume();
    auto group = host.open_group(root, group_number);
    REQUIRE(group);
    return std::move(*group);
  }
  Host::Device open(Host::Group& group, Address address = first) {
    root.assume();
    auto device = group.open_device(root, address);
    REQUIRE(device);
    return std::move(*device);
  }
  Lock lock;
};
// Everything that waits for the kernel's device_lock, through the keeper.
template <class Check>
void each_waiting(Rig& rig, Keeper& keeper, Check check) {
  rig.root.assume();
  check(Operation::reset_function, keeper.reset_function(rig.root));
  check(Operation::bind, keeper.bind(rig.root, "vfio-pci"));
  check(Operation::unbind, keeper.unbind(rig.root));
  check(Operation::set_driver_override, keeper.set_driver_override(rig.root, ""));
  const auto without_value = [](auto result) {
    return result ? Result<void>() : Result<void>(devlock::failure(result.error()));
  };
  check(Operation::probe, without_value(keeper.probe(rig.root)));
  check(Operation::set_driver_override, without_value(keeper.driver_override(rig.root)));
  check(Operation::virtual_functions,
        without_value(keeper.wait_for_device(rig.root, Operation::virtual_functions,
                                             [](const auto&) { return Result<int>(4); })));
}
}  // namespace

TEST_CASE("an unplug request makes the device's lock revoking, seen by who looks at the lock", "[unplug]") {
  Rig rig;
  rig.root.assume();
  auto group = rig.open_group();
  auto device = rig.open(group);
  auto watch = UnplugWatch<Host::Device, Lock>::start(rig.root, device, rig.lock);
  REQUIRE(watch);
  CHECK(watch->event() == rig.kernel.unplug_event);
  CHECK_FALSE(watch->look().value());
  CHECK(rig.lock.life() == DeviceLife::live);
  rig.kernel.poll_events = POLLIN;
  CHECK(rig.lock.life() == DeviceLife::live);  // nobody looked
  CHECK(watch->look().value());
  CHECK(rig.lock.life() == DeviceLife::revoking);
  CHECK(watch->look().value());
  rig.lock.mark_gone();
  CHECK(watch->look().value());
  CHECK(rig.lock.life() == DeviceLife::gone);  // what is gone stays gone
}

TEST_CASE("a device that does not announce an unplug, and a poll that fails, leave the lock live", "[unplug]") {
  Rig rig;
  rig.root.assume();
  auto group = rig.open_group();
  auto device = rig.open(group);
  rig.kernel.fail_ioctl(VFIO_DEVICE_SET_IRQS, EINVAL);
  const auto refused = UnplugWatch<Host::Device, Lock>::start(rig.root, device, rig.lock);
  expect(refused, {Operation::watch_unplug, EINVAL, ErrorClass::invalid, "0000:01:00.0", "does not announce"});
  auto watch = UnplugWatch<Host::Device, Lock>::start(rig.root, device, rig.lock);
  REQUIRE(watch);
  rig.kernel.fail(Call::poll, ENOMEM);
  expect(watch->look(), {Operation::watch_unplug, ENOMEM, ErrorClass::exhausted, "0000:01:00.0", ""});
  rig.kernel.poll_events = POLLNVAL;
  expect(watch->look(), {Operation::watch_unplug, EBADF, ErrorClass::invalid, "0000:01:00.0", "closed by somebody"});
  CHECK(rig.lock.life() == DeviceLife::live);
}

TEST_CASE("the simulator's request makes the lock revoking too", "[unplug]") {
  sim_test::Rig rig;
  rig.give(devlock::sim::example::pair_a, "vfio-pci");
  rig.give(devlock::sim::example::pair_b, "vfio-pci");
  auto session = rig.open(devlock::sim::example::pair_a);
  Lock lock;
  rig.root.assume();
  auto watch = UnplugWatch<devlock::sim::Device<StdSync>, Lock>::start(rig.root, session.device, lock);
  REQUIRE(watch);
  CHECK_FALSE(watch->look().value());
  std::thread unbind([&] {
    vfio::ThreadContext other;
    CHECK(sim_test::answer(rig.host.unbind(other.assume(), devlock::sim::example::pair_a)) == "ok");
  });
  while (!watch->look().value()) {
    std::this_thread::yield();
  }
  CHECK(lock.life() == DeviceLife::revoking);
  CHECK(sim_test::answer(session.device.close(rig.root)) == "ok");
  unbind.join();
}

TEST_CASE("while a keeper has the descriptor, nothing that waits for the device_lock reaches the kernel", "[keeper]") {
  Rig rig;
  rig.root.assume();
  auto group = rig.open_group();
  Keeper keeper(rig.host, first, rig.lock);
  CHECK(keeper.session() == nullptr);
  REQUIRE(keeper.keep(rig.root, rig.open(group)));
  REQUIRE(keeper.session() != nullptr);
  const auto writes = rig.kernel.count(Call::write);
  const auto opens = rig.kernel.count(Call::open);
  each_waiting(rig, keeper, [](Operation operation, const Result<void>& result) {
    const auto error = expect(result, {operation, EBUSY, ErrorClass::held, "0000:01:00.0", "open here"});
    CHECK(error.remedy.find("close it first") != std::string::npos);
  });
  rig.kernel.poll_events = POLLIN;
  each_waiting(rig, keeper, [](Operation operation, const Result<void>& result) {
    expect(result, {operation, ENODEV, ErrorClass::gone, "0000:01:00.0", "unplug was asked for"});
  });
  CHECK(rig.lock.life() == DeviceLife::revoking);
  CHECK(rig.kernel.count(Call::write) == writes);
  CHECK(rig.kernel.count(Call::open) == opens);
  CHECK(keeper.session()->reset(rig.root));  // a try may be made, and fails there if the lock is taken
}

TEST_CASE("after the close all of it reaches the kernel again", "[keeper]") {
  Rig rig;
  rig.root.assume();
  auto group = rig.open_group();
  Keeper keeper(rig.host, first, rig.lock);
  REQUIRE(keeper.keep(rig.root, rig.open(group)));
  rig.kernel.poll_events = POLLIN;
  CHECK(keeper.look().value());
  REQUIRE(keeper.close(rig.root));
  CHECK(keeper.close(rig.root));
  CHECK(keeper.session() == nullptr);
  CHECK_FALSE(keeper.look().value());
  CHECK(rig.lock.life() == DeviceLife::revoking);  // until it is bound and open again
  REQUIRE(keeper.reset_function(rig.root));
  REQUIRE(keeper.unbind(rig.root));
  REQUIRE(keeper.set_driver_override(rig.root, "vfio-pci"));
  CHECK(keeper.driver_override(rig.root).value() == "vfio-pci");
  REQUIRE(keeper.bind(rig.root, "vfio-pci"));
  CHECK(keeper.wait_for_device(rig.root, Operation::virtual_functions, [](const auto&) { return Result<int>(4); })
            .value() == 4);
  rig.kernel.poll_events = 0;
  REQUIRE(keeper.keep(rig.root, rig.open(group)));
  CHECK(rig.lock.life() == DeviceLife::live);
}

TEST_CASE("a keeper takes one descriptor, of its own function, and leaves others as they were", "[keeper]") {
  Rig rig;
  rig.root.assume();
  auto group = rig.open_group();
  Keeper keeper(rig.host, first, rig.lock);
  auto stranger = rig.open(group, second);
  expect(keeper.keep(rig.root, std::move(stranger)),
         {Operation::open_device, EINVAL, ErrorClass::invalid, "0000:01:00.0", "0000:01:00.1"});
  CHECK(stranger.native() >= 0);  // NOLINT(bugprone-use-after-move)
  auto one = rig.open(group);
  rig.kernel.fail_ioctl(VFIO_DEVICE_SET_IRQS, EINVAL);
  CHECK_FALSE(keeper.keep(rig.root, std::move(one)));
  CHECK(one.native() >= 0);  // NOLINT(bugprone-use-after-move)
  CHECK(keeper.session() == nullptr);
  REQUIRE(keeper.keep(rig.root, std::move(one)));
  auto more = rig.open(group);
  expect(keeper.keep(rig.root, std::move(more)),
         {Operation::open_device, EBUSY, ErrorClass::held, "0000:01:00.0", "open here already"});
  rig.kernel.fail(Call::close, EIO, "device");
  expect(keeper.close(rig.root), {Operation::close_device, EIO, ErrorClass::failed, "0000:01:00.0", ""});
  CHECK(keeper.session() == nullptr);
}

TEST_CASE("just after a bind, a group that is not there yet is asked for again, as often as the policy says",
          "[bind]") {
  for (const int error_number : {ENODEV, ENOENT}) {
    Rig rig;
    rig.root.assume();
    const auto open = [&](const auto& context) {
      context.assume();
      return rig.host.open_group(context, group_number);
    };
    rig.kernel.fail(Call::open, error_number, "/dev/vfio/7", 3);
    CHECK(after_bind(rig.root, Attempts{4}, open));
    CHECK(rig.kernel.count(Call::open) == 4);
    rig.kernel.fail(Call::open, error_number, "/dev/vfio/7", 3);
    expect(after_bind(rig.root, Attempts{3}, open),
           {Operation::open_group, error_number, ErrorClass::gone, "group 7", ""});
    CHECK(rig.kernel.count(Call::open) == 7);
  }
}

TEST_CASE("just after a bind, a device that has not joined its group is asked for again", "[bind]") {
  Rig rig;
  rig.root.assume();
  auto group = rig.open_group();
  rig.kernel.fail_ioctl(VFIO_GROUP_GET_DEVICE_FD, ENODEV, 2);
  CHECK(after_bind(rig.root, Attempts{5}, [&](const auto& context) {
    context.assume();
    return group.open_device(context, first);
  }));
  CHECK(rig.kernel.count(Call::ioctl, VFIO_GROUP_GET_DEVICE_FD) == 3);
}

TEST_CASE("an answer that no bind explains is the first and last one", "[bind]") {
  Rig rig;
  rig.root.assume();
  for (const int error_number : {EBUSY, EPERM, EACCES, ENXIO, EAGAIN}) {
    rig.kernel.made.clear();
    rig.kernel.fail(Call::open, error_number, "/dev/vfio/7");
    CHECK_FALSE(after_bind(rig.root, Attempts{9}, [&](const auto& context) {
      context.assume();
      return rig.host.open_group(context, group_number);
    }));
    CHECK(rig.kernel.count(Call::open) == 1);
  }
  int asked = 0;
  expect(after_bind(rig.root, Attempts{9},
                    [&](const auto& context) {
                      context.assume();
                      ++asked;
                      return rig.host.unbind(context.again(), second);  // ENODEV: nothing is bound, and nothing will be
                    }),
         {Operation::unbind, ENODEV, ErrorClass::gone, "0000:01:00.1", "no driver"});
  CHECK(asked == 1);
}

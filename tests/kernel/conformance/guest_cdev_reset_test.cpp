// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Hot reset of devices that are opened by themselves, on a real kernel; a part of guest_own. Each test has one tag.
#include <cerrno>

#include "devlock/backend/device_keeper.hpp"
#include "devlock/backend/hot_reset.hpp"
#include "devlock/sync/std.hpp"
#include "kernel/conformance/guest_cdev.hpp"

using namespace guest;
using Lock = devlock::DeviceLock<devlock::StdSync>;
using devlock::linux_host::AffectedDevice;

TEST_CASE("the hot reset of devices by themselves wants all of them in one iommufd", "[cdev_hot_reset]") {
  Host host;
  Context context;
  Assigned first(host, context, pair_first());
  Assigned second(host, context, pair_second());
  Bound bound = Bound::open(host, context, pair_first());
  Cdev sibling = opened(host, context, pair_second());
  value(sibling.bind(context, bound.iommufd));
  const auto listed = value(bound.device.hot_reset_info(context));
  REQUIRE(listed.size() == 2);
  for (const AffectedDevice& one : listed) {
    const auto& of = one.address == pair_first() ? bound.device : sibling;
    REQUIRE(one.owned());
    REQUIRE(static_cast<std::uint32_t>(one.id) == of.id());
  }
  value(bound.device.hot_reset(context));
  value(sibling.hot_reset(context));
  // One that is not open, of the same group, is the caller's, and has no number.
  value(sibling.close(context));
  const auto alone = value(bound.device.hot_reset_info(context));
  for (const AffectedDevice& one : alone) {
    REQUIRE(one.owned());
    REQUIRE((one.address == pair_first()) == (one.id != 0));
  }
  value(bound.device.hot_reset(context));
  // With no driver it is in no set of VFIO's, and nobody's.
  value(host.unbind(context, pair_second()));
  const devlock::Error refused = error(bound.device.hot_reset(context));
  REQUIRE(refused.error_number == EINVAL);
  REQUIRE(refused.error_class == ErrorClass::not_owned);
  REQUIRE(refused.reason.find(to_string(pair_second())) != std::string::npos);
  value(host.probe(context, pair_second()));
  value(bound.device.hot_reset(context));
}

TEST_CASE("a hot reset of devices by themselves goes through the program's locks", "[cdev_hot_locked]") {
  Host host;
  Context context;
  Assigned first(host, context, pair_first());
  Assigned second(host, context, pair_second());
  devlock::pci::Topology<Lock> tree;
  const Address bridge = value(host.device(pair_first())).bridges.back();
  REQUIRE(tree.add(bridge) != nullptr);
  REQUIRE(tree.add(pair_first(), bridge) != nullptr);
  REQUIRE(tree.add(pair_second(), bridge) != nullptr);
  Bound bound = Bound::open(host, context, pair_first());
  value(try_hot_reset(context, bound.device, tree));
  devlock::DeviceKeeper<Host, Lock, Cdev> keeper(host, pair_first(), tree.find(pair_first())->lock);
  value(keeper.keep(context, std::move(bound.device)));
  REQUIRE(error(keeper.reset_function(context)).error_class == ErrorClass::held);
  value(keeper.close(context));
}

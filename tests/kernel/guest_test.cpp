// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What the Linux backend does on a real kernel with VFIO devices; /init of the guest runs it, see CMakeLists.txt. Each test
// has one tag, by which the boot names it, and leaves the devices as it found them, which the boot checks.
#include "guest.hpp"

#include <algorithm>
#include <cerrno>

using namespace guest;

static_assert(devlock::Backend<Host>);

TEST_CASE("a device of each kind resets through its descriptor", "[reset]") {
  const NothingOpen nothing;
  Host host;
  Context context;
  for (const Address address : {edu(), switch_edu(), switch_nic(), pair_first()}) {
    INFO(to_string(address));
    Assigned assigned(host, context, address);
    std::optional<Assigned> sibling;
    if (address == pair_first()) {
      sibling.emplace(host, context, pair_second());
    }
    Session session = Session::open(host, context, address);
    value(session.device.reset(context));
    value(session.device.reset(context));
  }
}

TEST_CASE("a reset while an unbind waits for its descriptor is contended, and the close ends the unbind",
          "[contended]") {
  const NothingOpen nothing;
  Host host;
  Context context;
  for (const Address address : {edu(), switch_nic()}) {
    for (int round = 0; round != 5; ++round) {
      INFO(to_string(address) << " round " << round);
      Assigned assigned(host, context, address);
      Worker<void> unbind;
      Session session = Session::open(host, context, address);
      value(session.device.reset(context));

      unbind.start([&](Context& own) { return host.unbind(own.assume(), address); });
      unbind.wait_until_in(unbind_waits_in);

      const devlock::Error refused = error(session.device.reset(context));
      // It answered while the other still waits: it did not wait for it.
      REQUIRE(unbind.waits_in() == unbind_waits_in);
      REQUIRE(refused.error_number == EAGAIN);
      REQUIRE(refused.error_class == ErrorClass::contended);
      REQUIRE(refused.operation == Operation::reset_device);
      REQUIRE(refused.object.find(to_string(address)) != std::string::npos);

      value(session.device.close(context));
      value(unbind.join());
      REQUIRE(value(host.device(address)).driver.empty());
    }
  }
}

TEST_CASE("a reset through sysfs waits for the unbind that waits for the descriptor", "[blocks]") {
  const NothingOpen nothing;
  Host host;
  Context context;
  Assigned assigned(host, context, edu());
  Worker<void> unbind;
  Worker<void> reset;
  Session session = Session::open(host, context, edu());
  unbind.start([&](Context& own) { return host.unbind(own.assume(), edu()); });
  unbind.wait_until_in(unbind_waits_in);

  reset.start([&](Context& own) { return host.reset_function(own.assume(), edu()); });
  reset.wait_until_in("pci_reset_function");
  REQUIRE(unbind.waits_in() == unbind_waits_in);

  value(session.device.close(context));
  value(unbind.join());
  value(reset.join());
}

TEST_CASE("a bus reset tries the locks of what is below, and is contended while an unbind has one", "[bus]") {
  const NothingOpen nothing;
  Host host;
  Context context;
  for (const Address address : {edu(), pair_first()}) {
    INFO(to_string(address));
    const Address bridge = value(host.device(address)).bridges.back();
    Assigned assigned(host, context, address);
    std::optional<Assigned> sibling;
    if (address == pair_first()) {
      sibling.emplace(host, context, pair_second());
    }
    Worker<void> unbind;
    value(host.try_reset_bus(bridge));
    Session session = Session::open(host, context, address);
    value(host.try_reset_bus(bridge));
    unbind.start([&](Context& own) { return host.unbind(own.assume(), address); });
    unbind.wait_until_in(unbind_waits_in);

    const devlock::Error refused = error(host.try_reset_bus(bridge));
    REQUIRE(unbind.waits_in() == unbind_waits_in);
    REQUIRE(refused.error_number == EAGAIN);
    REQUIRE(refused.error_class == ErrorClass::contended);
    REQUIRE(refused.operation == Operation::reset_bus);

    value(session.device.close(context));
    value(unbind.join());
    value(host.try_reset_bus(bridge));
  }
}

TEST_CASE("the holder of a descriptor is told that an unbind waits for it", "[unplug]") {
  const NothingOpen nothing;
  Host host;
  Context context;
  Assigned assigned(host, context, edu());
  Worker<void> unbind;
  Session session = Session::open(host, context, edu());
  value(session.device.watch_unplug(context));
  REQUIRE_FALSE(value(session.device.unplug_requested()));

  unbind.start([&](Context& own) { return host.unbind(own.assume(), edu()); });
  unbind.wait_until_in(unbind_waits_in);
  REQUIRE(value(session.device.unplug_requested()));
  value(session.device.close(context));
  value(unbind.join());
}

TEST_CASE("a group that is open is held", "[held]") {
  const NothingOpen nothing;
  Host host;
  Context context;
  Assigned assigned(host, context, edu());
  const int group = value(host.device(edu())).iommu_group;
  {
    Session session = Session::open(host, context, edu());
    const devlock::Error refused = error(host.open_group(context, group));
    REQUIRE(refused.error_number == EBUSY);
    REQUIRE(refused.error_class == ErrorClass::held);
    REQUIRE(refused.operation == Operation::open_group);
    REQUIRE(refused.object.find(std::to_string(group)) != std::string::npos);
  }
  value(host.open_group(context, group));
}

TEST_CASE("a group with one function bound elsewhere is not viable, and the error names the function", "[viable]") {
  const NothingOpen nothing;
  Host host;
  Context context;
  Assigned assigned(host, context, pair_first());
  const int id = value(host.device(pair_first())).iommu_group;
  REQUIRE(value(host.group_members(id)).size() == 2);
  REQUIRE(value(host.device(pair_second())).iommu_group == id);
  {
    Assigned elsewhere(host, context, pair_second(), "e1000e");
    Container container = value(host.open_container());
    Host::Group group = value(host.open_group(context, id));
    REQUIRE_FALSE(value(group.status(context)).viable);
    const devlock::Error refused = error(group.set_container(context, container));
    REQUIRE(refused.error_number == EPERM);
    REQUIRE(refused.error_class == ErrorClass::not_owned);
    const std::string text = to_string(refused);
    REQUIRE(text.find(to_string(pair_second())) != std::string::npos);
    REQUIRE(text.find("e1000e") != std::string::npos);
    REQUIRE(text.find(to_string(pair_first())) == std::string::npos);
  }
  // A function without a driver does no harm, and one bound to vfio-pci neither.
  value(host.unbind(context, pair_second()));
  { Session session = Session::open(host, context, pair_first()); }
  {
    Assigned together(host, context, pair_second());
    Session session = Session::open(host, context, pair_first());
    REQUIRE(value(session.group.status(context)).viable);
    REQUIRE(value(session.group.status(context)).container_set);
  }
}

TEST_CASE("while a user owns a group no driver starts on its other function", "[owned]") {
  const NothingOpen nothing;
  Host host;
  Context context;
  Assigned assigned(host, context, pair_first());
  value(host.unbind(context, pair_second()));
  {
    Session session = Session::open(host, context, pair_first());
    const Result<std::string> probed = host.probe(context, pair_second());
    REQUIRE((!probed || probed->empty()));
    REQUIRE(value(host.device(pair_second())).driver.empty());
  }
  REQUIRE(value(host.probe(context, pair_second())) == "e1000e");
}

TEST_CASE("a virtual machine takes a group once and gives it back", "[kvm]") {
  const NothingOpen nothing;
  Host host;
  Context context;
  Assigned assigned(host, context, edu());
  Session session = Session::open(host, context, edu());
  auto machine = value(host.create_vm(context));
  value(machine.attach(context, session.group));
  const devlock::Error twice = error(machine.attach(context, session.group));
  REQUIRE(twice.error_number == EEXIST);
  REQUIRE(twice.error_class == ErrorClass::held);
  value(machine.detach(context, session.group));
  const devlock::Error gone = error(machine.detach(context, session.group));
  REQUIRE(gone.error_number == ENOENT);
  REQUIRE(gone.error_class == ErrorClass::gone);
  value(machine.close(context));
}

TEST_CASE("a virtual machine keeps its group open, and its end closes it", "[keeps]") {
  const NothingOpen nothing;
  Host host;
  Context context;
  Assigned assigned(host, context, edu());
  const int id = value(host.device(edu())).iommu_group;
  auto machine = value(host.create_vm(context));
  {
    Host::Group group = value(host.open_group(context, id));
    value(machine.attach(context, group));
    value(group.close(context));
  }
  REQUIRE(error(host.open_group(context, id)).error_class == ErrorClass::held);
  value(machine.close(context));
  value(host.open_group(context, id));
}

TEST_CASE("who looks at a device while an unbind waits for its descriptor gets an answer", "[looks]") {
  const NothingOpen nothing;
  Host host;
  Context context;
  Assigned assigned(host, context, edu());
  Worker<void> unbind;
  Session session = Session::open(host, context, edu());
  unbind.start([&](Context& own) { return host.unbind(own.assume(), edu()); });
  unbind.wait_until_in(unbind_waits_in);
  const auto info = value(host.device(edu()));
  REQUIRE(value(host.devices()).size() > 1);
  REQUIRE(value(host.group_members(info.iommu_group)).size() == 1);
  REQUIRE(unbind.waits_in() == unbind_waits_in);
  value(session.device.close(context));
  value(unbind.join());
}

TEST_CASE("the tree that sysfs shows is the tree that the guest has", "[tree]") {
  const NothingOpen nothing;
  Host host;
  Context context;
  const auto all = value(host.devices());
  for (const Address address : {edu(), switch_edu(), switch_nic(), pair_first(), pair_second()}) {
    INFO(to_string(address));
    const auto info = value(host.device(address));
    const bool behind_switch = address == switch_edu() || address == switch_nic();
    REQUIRE(info.bridges.size() == (behind_switch ? 3U : 1U));
    REQUIRE_FALSE(info.is_bridge);
    REQUIRE(info.resettable);
    REQUIRE(info.iommu_group >= 0);
    REQUIRE(info.vendor == (address == edu() || address == switch_edu() ? 0x1234 : 0x8086));
    REQUIRE(value(host.driver_override(context, address)).empty());
    REQUIRE(std::count_if(all.begin(), all.end(), [&](const auto& other) { return other.address == address; }) == 1);
    for (const Address bridge : info.bridges) {
      REQUIRE(value(host.device(bridge)).is_bridge);
    }
  }
  REQUIRE(value(host.device(switch_edu())).bridges.front() == value(host.device(switch_nic())).bridges.front());
}

TEST_CASE("what is not there is gone, and what makes no sense is refused", "[errors]") {
  const NothingOpen nothing;
  Host host;
  Context context;
  const Address nowhere{0, 0x99, 0, 0};
  for (const devlock::Error& refused :
       {error(host.device(nowhere)), error(host.unbind(context, nowhere)),
        error(host.bind(context, nowhere, "vfio-pci")), error(host.set_driver_override(context, nowhere, "vfio-pci")),
        error(host.reset_function(context, nowhere))}) {
    INFO(to_string(refused));
    REQUIRE(refused.error_class == ErrorClass::gone);
    REQUIRE(to_string(refused).find(to_string(nowhere)) != std::string::npos);
  }
  REQUIRE(error(host.open_group(context, 9999)).error_class == ErrorClass::gone);
  REQUIRE(error(host.bind(context, edu(), "no-such-driver")).error_class == ErrorClass::gone);
  {
    Assigned assigned(host, context, edu());
    Session session = Session::open(host, context, edu());
    REQUIRE(error(session.group.open_device(context, switch_edu())).error_class == ErrorClass::gone);
    REQUIRE(error(host.bind(context, edu(), "vfio-pci")).error_class == ErrorClass::held);
  }
}

TEST_CASE("a device's whole life leaves no descriptor, driver or override behind", "[traces]") {
  const NothingOpen nothing;
  Host host;
  Context context;
  const auto before = value(host.device(switch_nic()));
  const auto override_before = value(host.driver_override(context, switch_nic()));
  const auto descriptors = open_descriptors();
  {
    Assigned assigned(host, context, switch_nic());
    Session session = Session::open(host, context, switch_nic());
    auto machine = value(host.create_vm(context));
    value(machine.attach(context, session.group));
    value(session.device.reset(context));
    (void)error(host.open_group(context, before.iommu_group));
    REQUIRE(open_descriptors() > descriptors);
  }
  REQUIRE(open_descriptors() == descriptors);
  const auto after = value(host.device(switch_nic()));
  REQUIRE(after.driver == before.driver);
  REQUIRE(value(host.driver_override(context, switch_nic())) == override_before);
}

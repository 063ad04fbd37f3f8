// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
#include "unit/backend/sim/support.hpp"

using namespace sim_test;

static_assert(Backend<sim::Host>);
// Handles are values that move, and close without throwing.
template <class Handle>
constexpr bool is_handle = !std::is_copy_constructible_v<Handle> && std::is_nothrow_move_constructible_v<Handle> &&
                           std::is_nothrow_move_assignable_v<Handle> && std::is_nothrow_destructible_v<Handle>;
static_assert(is_handle<sim::Group<StdSync>> && is_handle<sim::Container<StdSync>>);
static_assert(is_handle<sim::Device<StdSync>> && is_handle<sim::Vm<StdSync>>);
static_assert(!std::is_copy_constructible_v<sim::Host> && std::is_nothrow_move_constructible_v<sim::Host>);

namespace {
sim::FunctionSpec plain(pci::Address address, std::optional<pci::Address> bridge) {
  return {.address = address,
          .bridge = bridge,
          .vendor = 1,
          .device = 2,
          .class_code = 3,
          .resettable = true,
          .iommu_group = {}};
}
}  // namespace

TEST_CASE("the example host is bound as after boot") {
  Rig rig;
  const auto devices = rig.host.devices();
  REQUIRE(answer(devices) == "ok");
  CHECK(devices->size() == 11);
  CHECK(std::is_sorted(devices->begin(), devices->end(), [](auto& a, auto& b) { return a.address < b.address; }));
  CHECK(rig.driver_of(example::switch_root) == "pcieport");
  CHECK(rig.driver_of(example::downstream_b) == "pcieport");
  CHECK(rig.driver_of(example::card) == "e1000e");
  CHECK(rig.driver_of(example::pair_b) == "e1000e");
  CHECK(rig.driver_of(example::edu).empty());
}

TEST_CASE("a function below the switch knows its bridges from the root down") {
  Rig rig;
  const auto info = *rig.host.device(example::card);
  CHECK(info.bridges == std::vector{example::switch_root, example::upstream, example::downstream_a});
  CHECK(info.vendor == 0x8086);
  CHECK(info.device == 0x10d3);
  CHECK(info.resettable);
  CHECK_FALSE(info.is_bridge);
  CHECK(rig.host.device(example::upstream)->is_bridge);
  CHECK_FALSE(rig.host.device(example::upstream)->resettable);
}

TEST_CASE("the two functions of one slot are one group, everything else is alone") {
  Rig rig;
  const auto pair = rig.host.group_members(rig.group_of(example::pair_a));
  REQUIRE(answer(pair) == "ok");
  REQUIRE(pair->size() == 2);
  CHECK(pair->at(0).address == example::pair_a);
  CHECK(pair->at(1).address == example::pair_b);
  CHECK(rig.host.group_members(rig.group_of(example::card))->size() == 1);
}

TEST_CASE("what is not there is gone") {
  Rig rig;
  rig.root.assume();
  const pci::Address nowhere{0, 0x7f, 0, 0};
  CHECK(answer(rig.host.device(nowhere)) == "ENOENT gone");
  CHECK(answer(rig.host.group_members(99)) == "ENOENT gone");
  CHECK(answer(rig.host.set_driver_override(rig.root, nowhere, "vfio-pci")) == "ENOENT gone");
  CHECK(answer(rig.host.bind(rig.root, nowhere, "vfio-pci")) == "ENODEV gone");
  CHECK(answer(rig.host.unbind(rig.root, nowhere)) == "ENODEV gone");
  CHECK(answer(rig.host.probe(rig.root, nowhere)) == "ENODEV gone");
  CHECK(answer(rig.host.reset_function(rig.root, nowhere)) == "ENOENT gone");
  CHECK(answer(rig.host.try_reset_bus(nowhere)) == "ENOENT gone");
  CHECK(answer(rig.host.try_reset_slot(nowhere)) == "ENOENT gone");
  CHECK(answer(rig.host.open_group(rig.root, 99)) == "ENOENT gone");
  CHECK(answer(rig.host.open_group(rig.root, -1)) == "EINVAL invalid");
}

TEST_CASE("an error names the function that was asked for") {
  Rig rig;
  rig.root.assume();
  const auto result = rig.host.reset_function(rig.root, pci::Address{0, 0x7f, 3, 1});
  REQUIRE_FALSE(result);
  CHECK(result.error().operation == Operation::reset_function);
  CHECK(result.error().object == "0000:7f:03.1");
}

TEST_CASE("a plan that makes no sense is refused with the place that is wrong") {
  const pci::Address port{0, 0, 1, 0};
  const pci::Address below{0, 1, 0, 0};
  const auto object_of = [](const sim::Blueprint& plan) {
    const auto host = sim::Host::make(plan);
    return host ? std::string("a host") : answer(host) + " " + host.error().object;
  };
  CHECK(object_of(sim::Blueprint()) == "a host");
  CHECK(object_of(sim::Blueprint().root_port(port).root_port(port)) == "EEXIST held 0000:00:01.0");
  CHECK(object_of(sim::Blueprint().function(plain(below, port))) == "ENOENT gone 0000:01:00.0");
  CHECK(object_of(sim::Blueprint().function(plain(port, {})).function(plain(below, port))) ==
        "EINVAL invalid 0000:01:00.0");
  CHECK(object_of(sim::Blueprint().usual_drivers().usual_drivers()) == "EEXIST held driver pcieport");
}

TEST_CASE("groups are as chosen, else one for each slot") {
  auto chosen = plain({0, 1, 0, 0}, pci::Address{0, 0, 1, 0});
  chosen.iommu_group = 7;
  auto none = plain({0, 1, 1, 0}, pci::Address{0, 0, 1, 0});
  none.iommu_group = sim::FunctionSpec::no_group;
  const auto host = sim::Host::make(sim::Blueprint().root_port({0, 0, 1, 0}).function(chosen).function(none));
  REQUIRE(answer(host) == "ok");
  CHECK(host->device(chosen.address)->iommu_group == 7);
  CHECK(host->device(none.address)->iommu_group == -1);
  CHECK(host->device({0, 0, 1, 0})->iommu_group == 0);
}

TEST_CASE("a handle may outlive the host that opened it") {
  vfio::ThreadContext root;
  auto host = std::make_unique<sim::Host>(sim::example_host());
  REQUIRE(answer(host->set_driver_override(root, example::edu, "vfio-pci")) == "ok");
  REQUIRE(*host->probe(root, example::edu) == "vfio-pci");
  auto group = host->open_group(root, host->device(example::edu)->iommu_group);
  auto container = host->open_container();
  REQUIRE(answer(group->set_container(root, *container)) == "ok");
  REQUIRE(answer(container->set_iommu(root)) == "ok");
  auto device = group->open_device(root, example::edu);
  REQUIRE(answer(device) == "ok");
  host.reset();
  CHECK(answer(device->reset(root)) == "ok");
  CHECK(answer(device->close(root)) == "ok");
}

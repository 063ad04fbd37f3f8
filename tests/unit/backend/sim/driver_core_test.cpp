// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
#include "unit/backend/sim/support.hpp"

using namespace sim_test;

TEST_CASE("a driver binds to what its ids name, and to nothing else") {
  Rig rig;
  rig.root.assume();
  REQUIRE(answer(rig.host.unbind(rig.root, example::card)) == "ok");
  CHECK(answer(rig.host.bind(rig.root, example::card, "pcieport")) == "ENODEV gone");
  CHECK(answer(rig.host.bind(rig.root, example::card, "vfio-pci")) == "ENODEV gone");
  CHECK(rig.driver_of(example::card).empty());
  CHECK(answer(rig.host.bind(rig.root, example::card, "e1000e")) == "ok");
  CHECK(rig.driver_of(example::card) == "e1000e");
}

TEST_CASE("a driver that is not loaded is gone, and a name that none can have is invalid") {
  Rig rig;
  rig.root.assume();
  CHECK(answer(rig.host.bind(rig.root, example::edu, "nouveau")) == "ENOENT gone");
  CHECK(answer(rig.host.bind(rig.root, example::edu, "")) == "EINVAL invalid");
  CHECK(answer(rig.host.bind(rig.root, example::edu, "../e1000e")) == "EINVAL invalid");
  CHECK(answer(rig.host.set_driver_override(rig.root, example::edu, "two words")) == "EINVAL invalid");
  CHECK(rig.host.driver_override(rig.root, example::edu)->empty());
}

TEST_CASE("an override admits one driver, until it is cleared") {
  Rig rig;
  rig.root.assume();
  REQUIRE(answer(rig.host.unbind(rig.root, example::card)) == "ok");
  REQUIRE(answer(rig.host.set_driver_override(rig.root, example::card, "vfio-pci")) == "ok");
  const auto refused = rig.host.bind(rig.root, example::card, "e1000e");
  CHECK(answer(refused) == "ENODEV gone");
  CHECK(refused.error().reason == "its driver_override admits vfio-pci only");
  CHECK(*rig.host.probe(rig.root, example::card) == "vfio-pci");
  REQUIRE(answer(rig.host.unbind(rig.root, example::card)) == "ok");
  REQUIRE(answer(rig.host.set_driver_override(rig.root, example::card, "")) == "ok");
  CHECK(*rig.host.probe(rig.root, example::card) == "e1000e");
}

TEST_CASE("a bound function takes no second driver") {
  Rig rig;
  rig.root.assume();
  const auto result = rig.host.bind(rig.root, example::card, "e1000e");
  CHECK(answer(result) == "EBUSY held");
  CHECK(result.error().reason == "it is bound to e1000e");
  CHECK(*rig.host.probe(rig.root, example::card) == "e1000e");
}

TEST_CASE("there is nothing to unbind from a function without a driver") {
  Rig rig;
  rig.root.assume();
  CHECK(answer(rig.host.unbind(rig.root, example::edu)) == "ENODEV gone");
}

TEST_CASE("a probe for which there is no driver succeeds with none") {
  Rig rig;
  rig.root.assume();
  const auto result = rig.host.probe(rig.root, example::edu);
  REQUIRE(answer(result) == "ok");
  CHECK(result->empty());
}

TEST_CASE("VFIO takes neither a bridge nor a function without a group") {
  Rig rig;
  rig.root.assume();
  REQUIRE(answer(rig.host.unbind(rig.root, example::edu_root)) == "ok");
  REQUIRE(answer(rig.host.set_driver_override(rig.root, example::edu_root, "vfio-pci")) == "ok");
  CHECK(answer(rig.host.bind(rig.root, example::edu_root, "vfio-pci")) == "EINVAL invalid");
  CHECK(rig.driver_of(example::edu_root).empty());
  CHECK(rig.host.probe(rig.root, example::edu_root)->empty());  // a probe that fails is no error here

  auto lonely = sim::FunctionSpec{.address = {0, 0, 9, 0},
                                  .bridge = {},
                                  .vendor = 1,
                                  .device = 2,
                                  .class_code = 3,
                                  .resettable = true,
                                  .iommu_group = sim::FunctionSpec::no_group};
  auto host = sim::Host::make(sim::Blueprint().usual_drivers().function(lonely));
  REQUIRE(answer(host) == "ok");
  REQUIRE(answer(host->set_driver_override(rig.root, lonely.address, "vfio-pci")) == "ok");
  CHECK(answer(host->bind(rig.root, lonely.address, "vfio-pci")) == "EINVAL invalid");
}

TEST_CASE("a driver enables its function and leaves it disabled") {
  Rig rig;
  rig.root.assume();
  const auto enabled = sim::ConfigSpace::memory_and_master;
  CHECK(rig.observer.observe(example::card).config.command == enabled);
  REQUIRE(answer(rig.host.unbind(rig.root, example::card)) == "ok");
  CHECK(rig.observer.observe(example::card).config.command == 0);
}

TEST_CASE("a driver counts in its group's DMA only if it does not manage DMA itself") {
  Rig rig;
  rig.root.assume();
  auto& ownership = rig.host.machine().find(example::pair_a)->group->ownership;
  CHECK(ownership.users(rig.root) == 2);
  rig.give(example::pair_a, "vfio-pci");
  CHECK(ownership.users(rig.root) == 1);
  rig.give(example::pair_b, "pci-stub");
  CHECK(ownership.users(rig.root) == 0);
  rig.give(example::pair_b, "e1000e");
  CHECK(ownership.users(rig.root) == 1);
  REQUIRE(answer(rig.host.unbind(rig.root, example::pair_b)) == "ok");
  CHECK(ownership.users(rig.root) == 0);
}

TEST_CASE("while a user owns the group no host driver starts in it, and nothing is left half bound") {
  Rig rig;
  rig.root.assume();
  rig.give(example::pair_a, "vfio-pci");
  REQUIRE(answer(rig.host.unbind(rig.root, example::pair_b)) == "ok");
  auto session = rig.open(example::pair_a);

  const auto bound = rig.host.bind(rig.root, example::pair_b, "e1000e");
  CHECK(answer(bound) == "EBUSY held");
  CHECK(rig.driver_of(example::pair_b).empty());
  CHECK(answer(rig.host.probe(rig.root, example::pair_b)) == "EINVAL failed");
  CHECK(rig.driver_of(example::pair_b).empty());
  rig.give(example::pair_b, "pci-stub");  // does no DMA
  REQUIRE(answer(rig.host.unbind(rig.root, example::pair_b)) == "ok");

  REQUIRE(answer(session.device.close(rig.root)) == "ok");
  REQUIRE(answer(session.group.close(rig.root)) == "ok");
  rig.give(example::pair_b, "e1000e");
  CHECK(rig.driver_of(example::pair_b) == "e1000e");
}

TEST_CASE("a driver whose probe fails gives the group's DMA back") {
  Rig rig;
  rig.root.assume();
  REQUIRE(answer(rig.host.unbind(rig.root, example::card)) == "ok");
  auto& ownership = rig.host.machine().find(example::card)->group->ownership;
  rig.host.inject(Operation::bind, example::card, ENOMEM);
  CHECK(answer(rig.host.bind(rig.root, example::card, "e1000e")) == "ENOMEM exhausted");
  CHECK(ownership.users(rig.root) == 0);
  CHECK(rig.driver_of(example::card).empty());
  rig.host.inject(Operation::probe, example::card, EINVAL);
  CHECK(rig.host.probe(rig.root, example::card)->empty());
  CHECK(ownership.users(rig.root) == 0);
  CHECK(*rig.host.probe(rig.root, example::card) == "e1000e");
}

TEST_CASE("a bind that asks to be deferred failed, it was not contended") {
  Rig rig;
  rig.root.assume();
  REQUIRE(answer(rig.host.unbind(rig.root, example::card)) == "ok");
  rig.host.inject(Operation::bind, {}, EAGAIN);
  CHECK(answer(rig.host.bind(rig.root, example::card, "e1000e")) == "EAGAIN failed");
}

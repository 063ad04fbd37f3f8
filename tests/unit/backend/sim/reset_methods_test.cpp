// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// reset_method of a simulated function: what it has is decided when it comes, what it uses can be changed.
#include "devlock/backend/sim/reset_methods.hpp"

#include <vector>

#include "devlock/backend/sim/hotplug.hpp"
#include "unit/backend/sim/support.hpp"

using namespace sim_test;

namespace {

using pci::ResetMethod;
constexpr pci::Address port{0, 0, 1, 0};
constexpr pci::Address first{0, 1, 0, 0};
constexpr pci::Address second{0, 1, 0, 1};
constexpr pci::Address nowhere{0, 0x7f, 0, 0};

sim::Host pair_of(std::vector<ResetMethod> methods) {
  sim::Blueprint plan;
  plan.usual_drivers().root_port(port);
  for (const pci::Address address : {first, second}) {
    plan.function({.address = address, .bridge = port, .iommu_group = {}, .reset_methods = methods});
  }
  auto host = sim::Host::make(plan);
  REQUIRE(host.has_value());
  return std::move(*host);
}

struct MethodsRig : Rig {
  explicit MethodsRig(std::vector<ResetMethod> has) : Rig(pair_of(std::move(has))) {}
  sim::ResetMethods<StdSync> methods{host};
  sim::Hotplug<StdSync> hotplug{host};
  std::string write(pci::Address address, const std::vector<ResetMethod>& list) {
    return answer(methods.write(address, list));
  }
  std::string reset(pci::Address address) { return answer(host.reset_function(root.assume(), address)); }
};

}  // namespace

TEST_CASE("methods can be put in another order, switched off and had back") {
  MethodsRig rig({ResetMethod::flr, ResetMethod::pm});
  CHECK(*rig.methods.read(first) == std::vector{ResetMethod::flr, ResetMethod::pm});
  CHECK(rig.write(first, {ResetMethod::pm}) == "ok");
  CHECK(*rig.methods.read(first) == std::vector{ResetMethod::pm});
  CHECK(rig.write(first, {ResetMethod::flr, ResetMethod::cxl_bus}) == "EINVAL invalid");
  CHECK(*rig.methods.read(first) == std::vector{ResetMethod::pm});
  CHECK(rig.write(first, {}) == "ok");
  CHECK(rig.methods.read(first)->empty());
  CHECK(rig.reset(first) == "ENOTTY unsupported");
  CHECK(rig.reset(second) == "ok");
  CHECK(answer(rig.methods.write_default(first)) == "ok");
  CHECK(rig.reset(first) == "ok");
  for (const auto& said :
       {answer(rig.methods.read(nowhere)), rig.write(nowhere, {}), answer(rig.methods.write_default(nowhere))}) {
    CHECK(said == "ENOENT gone");
  }
}

TEST_CASE("the first of two functions that only a bus reset resets was alone when it came, and is no more") {
  MethodsRig rig({ResetMethod::bus});
  CHECK(rig.host.device(first)->resettable);
  CHECK_FALSE(rig.host.device(second)->resettable);
  CHECK(rig.reset(first) == "ENOTTY unsupported");
  CHECK(answer(rig.methods.read(second)) == "ENOTTY unsupported");
  CHECK(rig.write(second, {}) == "ENOTTY unsupported");
  CHECK(answer(rig.methods.write_default(second)) == "ENOTTY unsupported");
  // Its default is what it has now: nothing, beside the other.
  CHECK(answer(rig.methods.write_default(first)) == "ok");
  CHECK(rig.methods.read(first)->empty());
  // One that comes back beside the other has no `reset`; one that comes to an empty bus has.
  CHECK(answer(rig.hotplug.remove(rig.root.assume(), first)) == "ok");
  CHECK(*rig.hotplug.rescan(rig.root.assume()) == 1);
  CHECK_FALSE(rig.host.device(first)->resettable);
  CHECK(answer(rig.hotplug.remove(rig.root.assume(), second)) == "ok");
  CHECK(answer(rig.hotplug.remove(rig.root.assume(), first)) == "ok");
  CHECK(*rig.hotplug.rescan(rig.root.assume()) == 2);
  CHECK(rig.host.device(first)->resettable);
  CHECK(answer(rig.hotplug.remove(rig.root.assume(), second)) == "ok");
  CHECK(rig.reset(first) == "ok");
}

TEST_CASE("an open device whose methods were switched off answers ENOTTY, one that never had any EINVAL") {
  MethodsRig rig({ResetMethod::flr});
  for (const pci::Address address : {first, second}) {
    rig.give(address, "vfio-pci");
  }
  Session session = rig.open(first);
  rig.root.assume();
  CHECK(answer(session.device.reset(rig.root)) == "ok");
  REQUIRE(rig.write(first, {}) == "ok");
  CHECK(answer(session.device.reset(rig.root)) == "ENOTTY unsupported");
  REQUIRE(rig.write(second, {}) == "ok");
  auto other = rig.open_device(session.group, second);
  REQUIRE(answer(rig.methods.write_default(second)) == "ok");
  CHECK(answer(other.reset(rig.root)) == "EINVAL unsupported");
}

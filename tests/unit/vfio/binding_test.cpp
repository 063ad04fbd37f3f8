// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// DriverBinding against a host of one function that fails wherever it is told to, and on the simulator. What it does on a real
// kernel is in tests/kernel.
#include "devlock/vfio/binding.hpp"

#include <set>
#include <type_traits>
#include <vector>

#include "devlock/backend/sim/example.hpp"
#include "support/catch.hpp"

namespace {

using namespace devlock;
using vfio::DriverBinding;

// One function with Linux's rules: an override admits only its driver, no override admits the native one.
struct OneFunctionHost {
  DeviceInfo info{};
  std::string override;
  bool present = true;
  std::string native = "e1000e";
  std::set<std::string> loaded{"e1000e", "vfio-pci", "other"};
  std::vector<std::string> calls;  // every call, read or write
  std::set<std::size_t> faults;    // the calls that fail, from 0, before they do anything

  Result<void> enter(Operation operation, const std::string& call) {
    calls.push_back(call);
    if (!present) {
      return failure(make_error(operation, to_string(info.address), ENODEV, "no such function"));
    }
    if (faults.contains(calls.size() - 1)) {
      return failure(make_error(operation, to_string(info.address), EIO, "told to fail"));
    }
    return {};
  }
  [[nodiscard]] bool admits(std::string_view driver) const {
    return loaded.contains(std::string(driver)) && (override.empty() ? driver == native : driver == override);
  }

  Result<DeviceInfo> device(pci::Address) {
    if (auto in = enter(Operation::enumerate, "read"); !in) {
      return failure(in.error());
    }
    return info;
  }
  Result<std::string> driver_override(vfio::ContextFor<vfio::device_lock>, pci::Address) {
    if (auto in = enter(Operation::set_driver_override, "read override"); !in) {
      return failure(in.error());
    }
    return override;
  }
  Result<void> set_driver_override(vfio::ContextFor<vfio::device_lock>, pci::Address, std::string_view driver) {
    auto in = enter(Operation::set_driver_override, "override " + std::string(driver));
    if (in) {
      override = driver;
    }
    return in;
  }
  Result<void> bind(vfio::ContextFor<vfio::device_lock>, pci::Address, std::string_view driver) {
    auto in = enter(Operation::bind, "bind " + std::string(driver));
    if (in && !info.driver.empty()) {
      return failure(make_error(Operation::bind, to_string(info.address), EBUSY, "bound already"));
    }
    if (in && !admits(driver)) {
      return failure(make_error(Operation::bind, to_string(info.address), ENODEV, "no match"));
    }
    if (in) {
      info.driver = driver;
    }
    return in;
  }
  Result<void> unbind(vfio::ContextFor<vfio::device_lock>, pci::Address) {
    auto in = enter(Operation::unbind, "unbind");
    if (in && info.driver.empty()) {
      return failure(make_error(Operation::unbind, to_string(info.address), ENODEV, "not bound"));
    }
    if (in) {
      info.driver.clear();
    }
    return in;
  }
  Result<std::string> probe(vfio::ContextFor<vfio::device_lock>, pci::Address) {
    if (auto in = enter(Operation::probe, "probe"); !in) {
      return failure(in.error());
    }
    const std::string& wanted = override.empty() ? native : override;
    if (info.driver.empty() && loaded.contains(wanted)) {
      info.driver = wanted;
    }
    return info.driver;
  }
};
static_assert(vfio::DriverHost<OneFunctionHost>);
static_assert(!std::is_copy_constructible_v<DriverBinding<OneFunctionHost>>);
static_assert(std::is_nothrow_move_constructible_v<DriverBinding<OneFunctionHost>>);

struct Before {
  std::string driver;
  std::string override;
};
const Before starts[] = {{"e1000e", ""},     {"", ""},      {"other", ""},
                         {"other", "other"}, {"", "other"}, {"e1000e", "other"}};

OneFunctionHost host_as(const Before& before) {
  OneFunctionHost host;
  host.info.address = *pci::parse_address("0000:01:00.0");
  host.info.driver = before.driver;
  host.override = before.override;
  return host;
}
bool is(const OneFunctionHost& host, const Before& before) {
  return host.info.driver == before.driver && host.override == before.override;
}

// What a loop of faults asks of a way to bind: a fault at any one call leaves the host as it was and is reported.
template <class Take>
bool survives_a_fault_anywhere(Take take) {
  bool all = true;
  for (const Before& before : starts) {
    OneFunctionHost calm = host_as(before);
    const auto bound = take(calm);
    all = all && bound.has_value();
    const std::size_t calls = calm.calls.size();
    for (std::size_t fault = 0; fault < calls; ++fault) {
      OneFunctionHost host = host_as(before);
      host.faults = {fault};
      const auto taken = take(host);
      all = all && !taken && taken.error().error_number == EIO && is(host, before);
    }
  }
  return all;
}

struct Fixture {
  vfio::ThreadContext root;
  using Binding = DriverBinding<OneFunctionHost>;

  auto take(OneFunctionHost& host) {
    root.assume();
    return Binding::take(root, host, host.info.address, "vfio-pci");
  }
};

TEST_CASE_METHOD(Fixture, "A function is lent to vfio-pci and given back with its driver and its override") {
  root.assume();
  for (const Before& before : starts) {
    OneFunctionHost host = host_as(before);
    auto binding = take(host);
    REQUIRE(binding);
    CHECK(is(host, {"vfio-pci", "vfio-pci"}));
    CHECK(binding->address() == host.info.address);
    CHECK(binding->previous_driver() == before.driver);
    CHECK(binding->previous_override() == before.override);
    REQUIRE(binding->restore(root));
    CHECK(is(host, before));
    const std::size_t calls = host.calls.size();
    CHECK(binding->restore(root));
    CHECK(host.calls.size() == calls);
  }
}

TEST_CASE_METHOD(Fixture, "The destructor gives a function back, and a moved binding does it once") {
  root.assume();
  for (const Before& before : starts) {
    OneFunctionHost host = host_as(before);
    std::size_t calls_of_one = 0;
    {
      auto binding = take(host);
      REQUIRE(binding);
      Binding moved = std::move(*binding);
      REQUIRE(moved.restore(root));
      calls_of_one = host.calls.size();
    }
    CHECK(host.calls.size() == calls_of_one);
    {
      auto binding = take(host);
      REQUIRE(binding);
      REQUIRE_FALSE(is(host, before));
    }
    CHECK(is(host, before));
  }
}

TEST_CASE_METHOD(Fixture, "A function that is bound as wanted is remembered and not touched") {
  OneFunctionHost host = host_as({"vfio-pci", ""});
  {
    auto binding = take(host);
    REQUIRE(binding);
    CHECK(host.calls == std::vector<std::string>{"read", "read override"});
    REQUIRE(host.unbind(root, host.info.address));  // a hot-unplug
  }
  CHECK(is(host, {"vfio-pci", ""}));
}

TEST_CASE_METHOD(Fixture, "A function that was unplugged meanwhile is given back from its unbound state") {
  root.assume();
  for (const Before& before : starts) {
    OneFunctionHost host = host_as(before);
    auto binding = take(host);
    REQUIRE(binding);
    REQUIRE(host.unbind(root, host.info.address));
    REQUIRE(binding->restore(root));
    CHECK(is(host, before));
  }
}

TEST_CASE_METHOD(Fixture, "A fault at any step leaves the host exactly as it was and is reported") {
  CHECK(survives_a_fault_anywhere([this](OneFunctionHost& host) { return take(host); }));
}

TEST_CASE_METHOD(Fixture, "Known-bad: ways to bind that leave something behind are found by the same faults") {
  const auto forgets_the_override = [this](OneFunctionHost& host) -> Result<void> {
    const auto before = host.device(host.info.address);
    Result<void> step =
        before ? host.set_driver_override(root, host.info.address, "vfio-pci") : failure(before.error());
    if (step && !before->driver.empty()) {
      step = host.unbind(root, host.info.address);
    }
    if (step) {
      const auto bound = host.probe(root, host.info.address);
      step = bound ? Result<void>() : failure(bound.error());
    }
    if (!step && before && !before->driver.empty()) {
      (void)host.bind(root, host.info.address, before->driver);
    }
    return step;
  };
  const auto binds_under_the_old_override = [this](OneFunctionHost& host) -> Result<void> {
    const std::string override_before = host.override;
    const auto before = host.device(host.info.address);
    Result<void> step =
        before ? host.set_driver_override(root, host.info.address, "vfio-pci") : failure(before.error());
    if (step && !before->driver.empty()) {
      step = host.unbind(root, host.info.address);
    }
    if (step) {
      const auto bound = host.probe(root, host.info.address);
      step = bound ? Result<void>() : failure(bound.error());
    }
    if (!step && before) {
      (void)host.set_driver_override(root, host.info.address, override_before);
      if (host.info.driver.empty() && !before->driver.empty()) {
        (void)host.bind(root, host.info.address, before->driver);
      }
    }
    return step;
  };
  CHECK_FALSE(survives_a_fault_anywhere(forgets_the_override));
  CHECK_FALSE(survives_a_fault_anywhere(binds_under_the_old_override));
}

TEST_CASE_METHOD(Fixture,
                 "A fault while giving back is reported, the other steps are done, and another call finishes it") {
  root.assume();
  for (const Before& before : starts) {
    OneFunctionHost calm = host_as(before);
    std::size_t taken_after = 0;
    {
      auto binding = take(calm);
      REQUIRE(binding);
      taken_after = calm.calls.size();
      REQUIRE(binding->restore(root));
    }
    for (std::size_t fault = taken_after; fault < calm.calls.size(); ++fault) {
      OneFunctionHost host = host_as(before);
      auto binding = take(host);
      REQUIRE(binding);
      host.faults = {fault};
      const auto given_back = binding->restore(root);
      REQUIRE_FALSE(given_back);
      CHECK(given_back.error().error_number == EIO);
      REQUIRE(binding->restore(root));
      CHECK(is(host, before));
    }
  }
}

TEST_CASE_METHOD(Fixture, "An error says that giving back failed too") {
  OneFunctionHost host = host_as({"e1000e", ""});
  host.faults = {4, 5, 6, 7, 8, 9, 10, 11, 12};  // from the probe on
  const auto binding = take(host);
  REQUIRE_FALSE(binding);
  CHECK(binding.error().operation == Operation::probe);
  CHECK(binding.error().reason ==
        "told to fail; giving it back failed too: enumerate 0000:01:00.0: failed (EIO): told to fail");
}

TEST_CASE_METHOD(Fixture, "A function that could not be touched is not touched again to give it back") {
  OneFunctionHost host = host_as({"e1000e", ""});
  host.faults = {2, 5, 6, 7, 8};  // every write
  const auto binding = take(host);
  REQUIRE_FALSE(binding);
  CHECK(to_string(binding.error()) == "driver_override 0000:01:00.0: failed (EIO): told to fail");
  CHECK(host.calls ==
        std::vector<std::string>{"read", "read override", "override vfio-pci", "read", "read override"});
}

TEST_CASE_METHOD(Fixture, "A driver that is not there is an error with a remedy, and the host stays as it was") {
  for (const Before& before : starts) {
    OneFunctionHost host = host_as(before);
    host.loaded.erase("vfio-pci");
    const auto binding = take(host);
    REQUIRE_FALSE(binding);
    CHECK(to_string(binding.error()) ==
          "drivers_probe 0000:01:00.0: gone (ENODEV): driver vfio-pci did not take it; is the driver there? modprobe "
          "vfio-pci");
    CHECK(is(host, before));
  }
}

TEST_CASE_METHOD(Fixture, "A device that vanishes is an error, once") {
  root.assume();
  OneFunctionHost host = host_as({"e1000e", ""});
  auto binding = take(host);
  REQUIRE(binding);
  host.present = false;
  const auto given_back = binding->restore(root);
  REQUIRE_FALSE(given_back);
  CHECK(given_back.error().error_class == ErrorClass::gone);
  CHECK(binding->restore(root));

  const auto again = take(host);
  REQUIRE_FALSE(again);
  CHECK(again.error().operation == Operation::enumerate);
}

TEST_CASE_METHOD(Fixture, "A previous driver that left is an error, and giving back is tried again") {
  root.assume();
  OneFunctionHost host = host_as({"e1000e", "other"});
  auto binding = take(host);
  REQUIRE(binding);
  host.loaded.erase("e1000e");
  const auto given_back = binding->restore(root);
  REQUIRE_FALSE(given_back);
  CHECK(given_back.error().operation == Operation::bind);
  CHECK(is(host, {"", "other"}));
  host.loaded.insert("e1000e");
  REQUIRE(binding->restore(root));
  CHECK(is(host, {"e1000e", "other"}));
}

TEST_CASE_METHOD(Fixture, "The name of a driver is not empty") {
  root.assume();
  OneFunctionHost host = host_as({"e1000e", ""});
  const auto binding = Binding::take(root, host, host.info.address, "");
  REQUIRE_FALSE(binding);
  CHECK(binding.error().error_class == ErrorClass::invalid);
  CHECK(host.calls.empty());
}

TEST_CASE_METHOD(Fixture, "On the simulator a fault at any step is reported and the function is as it was") {
  root.assume();
  using Simulated = DriverBinding<sim::Host>;
  const auto address = sim::example::card;
  for (const Operation operation : {Operation::set_driver_override, Operation::unbind, Operation::probe}) {
    sim::Host host = sim::example_host();
    host.inject(operation, address, ENOMEM);
    CHECK_FALSE(Simulated::take(root, host, address, "vfio-pci"));
    CHECK(host.device(address)->driver == "e1000e");
    CHECK(host.driver_override(root, address)->empty());
  }
  for (const Operation operation : {Operation::set_driver_override, Operation::unbind, Operation::bind}) {
    sim::Host host = sim::example_host();
    auto binding = Simulated::take(root, host, address, "vfio-pci");
    REQUIRE(binding);
    host.inject(operation, address, ENOMEM);
    const auto given_back = binding->restore(root);
    REQUIRE_FALSE(given_back);
    CHECK(given_back.error().operation == operation);
    REQUIRE(binding->restore(root));
    CHECK(host.device(address)->driver == "e1000e");
    CHECK(host.driver_override(root, address)->empty());
  }
}

TEST_CASE_METHOD(Fixture, "On the simulator a function is lent, unplugged and given back") {
  root.assume();
  using Simulated = DriverBinding<sim::Host>;
  for (const auto address : {sim::example::card, sim::example::edu, sim::example::pair_b}) {
    sim::Host host = sim::example_host();
    const auto before = host.device(address);
    REQUIRE(before);
    const auto override_before = *host.driver_override(root, address);
    auto binding = Simulated::take(root, host, address, "vfio-pci");
    REQUIRE(binding);
    CHECK(host.device(address)->driver == "vfio-pci");
    REQUIRE(host.unbind(root, address));
    REQUIRE(binding->restore(root));
    CHECK(host.device(address)->driver == before->driver);
    CHECK(*host.driver_override(root, address) == override_before);
  }
}

}  // namespace

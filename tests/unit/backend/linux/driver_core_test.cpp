// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Drivers and sysfs resets: what is written where, and for each errno the class and the words.
#include "support/catch.hpp"

#include <cerrno>
#include <string>

#include "unit/backend/linux/errors.hpp"
#include "unit/backend/linux/machine.hpp"

using namespace fake;
using devlock::classify;
using devlock::ErrorClass;
using devlock::Operation;

TEST_CASE("a function is overridden, bound, unbound and probed", "[driver_core]") {
  Machine machine;
  auto& [kernel, host, root] = machine;
  root.assume();
  REQUIRE(host.set_driver_override(root, second, "vfio-pci"));
  CHECK(host.driver_override(root, second).value() == "vfio-pci");
  REQUIRE(host.bind(root, second, "vfio-pci"));
  CHECK(host.device(second)->driver == "vfio-pci");
  REQUIRE(host.unbind(root, second));
  CHECK(host.device(second)->driver.empty());
  CHECK(host.probe(root, second).value() == "vfio-pci");
  REQUIRE(host.unbind(root, second));
  REQUIRE(host.set_driver_override(root, second, ""));
  CHECK(host.driver_override(root, second)->empty());
  CHECK(host.probe(root, second).value() == "e1000e");
  CHECK(kernel.open_descriptors() == 0);
  CHECK(kernel.misuses.empty());
}

TEST_CASE("a probe that finds no driver succeeds and says that there is none", "[driver_core]") {
  Machine machine;
  machine.root.assume();
  machine.kernel.stores["/sys/bus/pci/drivers_probe"] = [](FakeKernel&, std::string_view) { return 0L; };
  CHECK(machine.host.probe(machine.root, second).value().empty());
}

TEST_CASE("resets write 1 to the function and to the bridge", "[driver_core]") {
  Machine machine;
  machine.root.assume();
  REQUIRE(machine.host.reset_function(machine.root, first));
  CHECK(machine.kernel.files[device_path(first) + "/reset"] == "1");
  REQUIRE(machine.host.try_reset_bus(port));
  CHECK(machine.kernel.files[device_path(port) + "/reset_subordinate"] == "1");
}

TEST_CASE("a name that is none is refused before anything is written", "[driver_core]") {
  for (const char* name : {"..", ".", "a/b", "x\n", "\xff"}) {
    Machine machine;
    machine.root.assume();
    INFO(name);
    expect(machine.host.set_driver_override(machine.root, second, name),
           {Operation::set_driver_override, EINVAL, ErrorClass::invalid, "0000:01:00.1", "no driver name"});
    expect(machine.host.bind(machine.root, second, name),
           {Operation::bind, EINVAL, ErrorClass::invalid, "0000:01:00.1", "no driver name"});
    CHECK(machine.kernel.made.empty());
  }
  Machine machine;
  machine.root.assume();
  expect(machine.host.bind(machine.root, second, ""),
         {Operation::bind, EINVAL, ErrorClass::invalid, "0000:01:00.1", "no driver name"});
}

TEST_CASE("a driver that is not loaded is named, with the command that loads it", "[driver_core]") {
  Machine machine;
  machine.root.assume();
  const auto error = expect(machine.host.bind(machine.root, second, "mlx5_core"),
                            {Operation::bind, ENOENT, ErrorClass::gone, "0000:01:00.1", "no PCI driver mlx5_core"});
  CHECK(error.remedy == "load it: modprobe mlx5_core");
}

TEST_CASE("a function that is bound says to whom", "[driver_core]") {
  Machine machine;
  machine.root.assume();
  bind_to(machine.kernel, second, "e1000e");
  const auto error = expect(machine.host.bind(machine.root, second, "vfio-pci"),
                            {Operation::bind, EBUSY, ErrorClass::held, "0000:01:00.1", "bound to e1000e"});
  CHECK(error.remedy == "unbind it from e1000e first");
  expect(machine.host.bind(machine.root, first, "vfio-pci"),
         {Operation::bind, EBUSY, ErrorClass::held, "0000:01:00.0", "bound to vfio-pci"});
}

TEST_CASE("a bind that is busy though nothing is bound is that of an owned group", "[driver_core]") {
  Machine machine;
  machine.root.assume();
  machine.kernel.fail(Call::write, EBUSY, driver_path("e1000e") + "/bind");
  expect(machine.host.bind(machine.root, second, "e1000e"),
         {Operation::bind, EBUSY, ErrorClass::held, "0000:01:00.1", "a user owns its IOMMU group"});
}

TEST_CASE("a driver that does not match says what to set, and an override who is admitted", "[driver_core]") {
  Machine machine;
  machine.root.assume();
  auto error = expect(machine.host.bind(machine.root, second, "vfio-pci"),
                      {Operation::bind, ENODEV, ErrorClass::gone, "0000:01:00.1", "vfio-pci does not match"});
  CHECK(error.remedy == "set driver_override to vfio-pci first");
  REQUIRE(machine.host.set_driver_override(machine.root, second, "e1000e"));
  expect(machine.host.bind(machine.root, second, "vfio-pci"),
         {Operation::bind, ENODEV, ErrorClass::gone, "0000:01:00.1", "admits \"e1000e\" only"});
}

TEST_CASE("a deferred probe is a failure, not a lock", "[driver_core]") {
  Machine machine;
  machine.root.assume();
  machine.kernel.fail(Call::write, EAGAIN);
  expect(machine.host.bind(machine.root, second, "vfio-pci"),
         {Operation::bind, EAGAIN, ErrorClass::failed, "0000:01:00.1", "deferred its probe"});
  machine.kernel.fail(Call::write, EAGAIN);
  expect(machine.host.probe(machine.root, second),
         {Operation::probe, EAGAIN, ErrorClass::failed, "0000:01:00.1", "deferred its probe"});
}

TEST_CASE("a probe that the driver refused points to the group and the kernel log", "[driver_core]") {
  Machine machine;
  machine.root.assume();
  machine.kernel.fail(Call::write, EINVAL);
  const auto error =
      expect(machine.host.probe(machine.root, second),
             {Operation::probe, EINVAL, classify(Operation::probe, EINVAL), "0000:01:00.1", "IOMMU group"});
  CHECK(error.remedy.find("dmesg") != std::string::npos);
}

TEST_CASE("unbinding what no driver has is gone, with the kernel's ENODEV", "[driver_core]") {
  Machine machine;
  machine.root.assume();
  expect(machine.host.unbind(machine.root, second),
         {Operation::unbind, ENODEV, ErrorClass::gone, "0000:01:00.1", "no driver is bound"});
  // Somebody else was faster.
  machine.kernel.fail(Call::write, ENODEV);
  expect(machine.host.unbind(machine.root, first),
         {Operation::unbind, ENODEV, ErrorClass::gone, "0000:01:00.0", "no driver is bound"});
}

TEST_CASE("a reset that the function does not have is unsupported and names another", "[driver_core]") {
  Machine machine;
  machine.root.assume();
  expect(machine.host.reset_function(machine.root, port),
         {Operation::reset_function, ENOTTY, ErrorClass::unsupported, "0000:00:01.0", "no function reset"});
  expect(machine.host.try_reset_bus(first),
         {Operation::reset_bus, ENOTTY, ErrorClass::unsupported, "0000:01:00.0", "no bridge"});
  machine.kernel.fail(Call::write, ENOTTY, {}, 2);
  expect(machine.host.reset_function(machine.root, first),
         {Operation::reset_function, ENOTTY, ErrorClass::unsupported, "0000:01:00.0", "no function reset"});
  expect(machine.host.try_reset_bus(port),
         {Operation::reset_bus, ENOTTY, ErrorClass::unsupported, "0000:00:01.0", "cannot be reset"});
}

TEST_CASE("a bus reset that lost a lock is contended, and one without the right is told which", "[driver_core]") {
  Machine machine;
  machine.kernel.fail(Call::write, EAGAIN);
  expect(machine.host.try_reset_bus(port),
         {Operation::reset_bus, EAGAIN, ErrorClass::contended, "0000:00:01.0", "lock"});
  machine.kernel.fail(Call::write, EPERM);
  expect(machine.host.try_reset_bus(port),
         {Operation::reset_bus, EPERM, ErrorClass::permission, "0000:00:01.0", "CAP_SYS_ADMIN"});
}

TEST_CASE("an override that does not stay as it was set is an error", "[driver_core]") {
  Machine machine;
  machine.root.assume();
  machine.kernel.stores[device_path(second) + "/driver_override"] = [](FakeKernel& own, std::string_view) {
    own.files[device_path(second) + "/driver_override"] = "e1000e\n";
    return 0L;
  };
  expect(machine.host.set_driver_override(machine.root, second, "vfio-pci"),
         {Operation::set_driver_override, EIO, ErrorClass::failed, "0000:01:00.1", "reads \"e1000e\""});
}

TEST_CASE("an unknown function is gone from every operation", "[driver_core]") {
  Machine machine;
  const auto is_gone = [](const devlock::Error& error, Operation operation) {
    INFO(to_string(error));
    CHECK(error.operation == operation);
    CHECK(error.error_class == ErrorClass::gone);
    CHECK(error.object == "0000:09:00.0");
    CHECK(error.reason == "there is no such function");
    CHECK_FALSE(error.remedy.empty());
  };
  auto& [kernel, host, root] = machine;
  root.assume();
  is_gone(host.device(nowhere).error(), Operation::enumerate);
  is_gone(host.set_driver_override(root, nowhere, "vfio-pci").error(), Operation::set_driver_override);
  is_gone(host.set_driver_override(root, nowhere, "").error(), Operation::set_driver_override);
  is_gone(host.driver_override(root, nowhere).error(), Operation::set_driver_override);
  is_gone(host.bind(root, nowhere, "vfio-pci").error(), Operation::bind);
  is_gone(host.unbind(root, nowhere).error(), Operation::unbind);
  is_gone(host.probe(root, nowhere).error(), Operation::probe);
  is_gone(host.reset_function(root, nowhere).error(), Operation::reset_function);
  is_gone(host.try_reset_bus(nowhere).error(), Operation::reset_bus);
}

TEST_CASE("a function that leaves while its driver_override is read or written is gone like one that left before",
          "[driver_core]") {
  for (const Call call : {Call::read, Call::write}) {
    Machine machine;
    auto& [kernel, host, root] = machine;
    root.assume();
    kernel.fail(call, ENODEV, device_path(second) + "/driver_override");
    expect(host.set_driver_override(root, second, "vfio-pci"),
           {Operation::set_driver_override, ENOENT, ErrorClass::gone, "0000:01:00.1", "no longer"});
    if (call == Call::read) {
      kernel.fail(call, ENODEV, device_path(second) + "/driver_override");
      expect(host.driver_override(root, second),
             {Operation::set_driver_override, ENOENT, ErrorClass::gone, "0000:01:00.1", "no longer"});
    }
  }
}

TEST_CASE("without permission every operation says so and what to do", "[driver_core]") {
  for (const int error_number : {EACCES, EPERM}) {
    Machine machine;
    auto& [kernel, host, root] = machine;
    root.assume();
    kernel.fail(Call::open, error_number, {}, 6);
    for (const devlock::Error& error :
         {host.set_driver_override(root, second, "vfio-pci").error(), host.bind(root, second, "vfio-pci").error(),
          host.unbind(root, first).error(), host.probe(root, second).error(), host.reset_function(root, first).error(),
          host.try_reset_bus(port).error()}) {
      INFO(to_string(error));
      CHECK(error.error_class == ErrorClass::permission);
      CHECK(error.error_number == error_number);
      CHECK(error.remedy.find("root") != std::string::npos);
    }
  }
}

TEST_CASE("whatever call of a driver operation fails, the error is whole and nothing stays open", "[driver_core]") {
  struct Step {
    Operation operation;
    devlock::Result<void> (*run)(Machine&);
  };
  const Step steps[] = {
      {Operation::set_driver_override,
       [](Machine& m) { return m.host.set_driver_override(m.root.assume(), second, "vfio-pci"); }},
      {Operation::bind,
       [](Machine& m) {
         m.root.assume();
         m.kernel.files[device_path(second) + "/driver_override"] = "vfio-pci";
         return m.host.bind(m.root, second, "vfio-pci");
       }},
      {Operation::unbind, [](Machine& m) { return m.host.unbind(m.root.assume(), first); }},
      {Operation::probe,
       [](Machine& m) -> devlock::Result<void> {
         m.root.assume();
         auto driver = m.host.probe(m.root, second);
         return driver ? devlock::Result<void>() : devlock::failure(driver.error());
       }},
      {Operation::reset_function, [](Machine& m) { return m.host.reset_function(m.root.assume(), first); }},
      {Operation::reset_bus, [](Machine& m) { return m.host.try_reset_bus(port); }},
  };
  for (const Step& step : steps) {
    const std::size_t tried = fail_every_call<Machine>(step.operation, step.run);
    INFO(to_string(step.operation));
    CHECK(tried >= 2 * std::size(every_errno));  // at least an open and a write
  }
}

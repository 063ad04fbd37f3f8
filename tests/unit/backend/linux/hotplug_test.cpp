// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
#include "devlock/backend/linux/hotplug.hpp"

#include <string>

#include "support/catch.hpp"
#include "unit/backend/linux/errors.hpp"
#include "unit/backend/linux/machine.hpp"

using namespace fake;
using devlock::ErrorClass;
using devlock::Operation;
using devlock::Result;
namespace vfio = devlock::vfio;

namespace {
struct Rig : Machine {
  Rig() {
    kernel.stores[device_path(first) + "/remove"] = [](FakeKernel& own, std::string_view text) {
      own.links.erase(device_path(first));
      return text == "1" ? 0L : -long{EINVAL};
    };
    kernel.stores["/sys/bus/pci/rescan"] = [](FakeKernel& own, std::string_view text) {
      own.links[device_path(first)] = "../../../devices/pci0000:00/0000:00:01.0/0000:01:00.0";
      return text == "1" ? 0L : -long{EINVAL};
    };
    kernel.stores[device_path(port) + "/rescan"] = kernel.stores["/sys/bus/pci/rescan"];
  }
  void slot(const std::string& name, const std::string& address) {
    kernel.directories["/sys/bus/pci/slots"].push_back(name);
    kernel.files["/sys/bus/pci/slots/" + name + "/address"] = address;
  }
};
// Who may wait for the rescan lock: not who holds a device_lock.
template <class Context>
concept may_remove = requires(Host& host, const Context& context) {
  host.remove(context, first);
};
template <class Context>
concept may_rescan = requires(Host& host, const Context& context) {
  host.rescan(context);
};
static_assert(may_remove<vfio::ThreadContext> && may_rescan<vfio::ThreadContext>);
static_assert(!may_remove<vfio::ContextFor<vfio::device_lock>> && !may_rescan<vfio::ContextFor<vfio::device_lock>>);
}  // namespace

TEST_CASE("a function is removed, and a rescan finds it again", "[hotplug]") {
  Rig m;
  m.root.assume();
  REQUIRE(m.host.remove(m.root, first));
  expect(m.host.device(first), {Operation::enumerate, ENOENT, ErrorClass::gone, "0000:01:00.0", "no such function"});
  REQUIRE(m.host.rescan(m.root));
  CHECK(m.host.device(first));
  REQUIRE(m.host.remove(m.root, first));
  REQUIRE(devlock::linux_host::Hotplug<FakeSys>(
              devlock::linux_host::Inventory<FakeSys>(devlock::linux_host::Sysfs<FakeSys>(FakeSys(m.kernel), "/sys")))
              .rescan(m.root, port));
  CHECK(m.host.device(first));
}

TEST_CASE("what is not there is not removed, and each errno says why", "[hotplug]") {
  Rig m;
  m.root.assume();
  expect(m.host.remove(m.root, nowhere),
         {Operation::remove_function, ENOENT, ErrorClass::gone, "0000:09:00.0", "no such function"});
  struct Row {
    int error_number;
    ErrorClass error_class;
    const char* reason;
  };
  for (const Row& row :
       {Row{ENODEV, ErrorClass::gone, "removes it already"}, Row{EINVAL, ErrorClass::invalid, "refuses"},
        Row{EACCES, ErrorClass::permission, "may not"}, Row{EIO, ErrorClass::failed, "failed"}}) {
    m.kernel.fail(Call::write, row.error_number);
    expect(m.host.remove(m.root, first),
           {Operation::remove_function, row.error_number, row.error_class, "0000:01:00.0", row.reason});
  }
  // It is there, and the attribute is not: somebody writes it already, or the function is a virtual one.
  expect(m.host.remove(m.root, port),
         {Operation::remove_function, ENOENT, ErrorClass::gone, "0000:00:01.0", "removes it already"});
  m.kernel.links[device_path(port) + "/physfn"] = "../0000:01:00.0";
  expect(m.host.remove(m.root, port),
         {Operation::remove_function, ENOTTY, ErrorClass::unsupported, "0000:00:01.0", "not removed by itself"});
  m.kernel.fail(Call::open, ENOENT, "/sys/bus/pci/rescan");
  expect(m.host.rescan(m.root), {Operation::rescan, ENOENT, ErrorClass::gone, "PCI buses", "no PCI"});
  m.kernel.fail(Call::open, EACCES, "/sys/bus/pci/rescan");
  expect(m.host.rescan(m.root), {Operation::rescan, EACCES, ErrorClass::permission, "PCI buses", "may not"});
}

TEST_CASE("slots are listed by name, with and without a device number", "[hotplug]") {
  Rig m;
  CHECK(m.host.slots().value().empty());  // no directory: no slots
  m.slot("5-1", "0000:05:00\n");
  m.slot("0", "10000:e1:1f");
  m.slot("B", "0001:02\n");
  const auto slots = m.host.slots();
  REQUIRE(slots);
  REQUIRE(slots->size() == 3);
  CHECK((*slots)[0].name == "0");
  CHECK((*slots)[0].address == Address{0x10000, 0xe1, 0x1f, 0});
  CHECK((*slots)[1].name == "5-1");
  CHECK((*slots)[1].address == Address{0, 5, 0, 0});
  CHECK_FALSE((*slots)[1].whole_bus);
  CHECK((*slots)[2].address == Address{1, 2, 0, 0});
  CHECK((*slots)[2].whole_bus);
}

TEST_CASE("a slot that leaves is left out", "[hotplug]") {
  Rig m;
  m.slot("1", "0000:05:00");
  m.slot("2", "0000:06:00");
  m.kernel.fail(Call::open, ENOENT, "/sys/bus/pci/slots/1/address");
  CHECK(m.host.slots().value().size() == 1);
}

TEST_CASE("a slot that reads nonsense is an error, and no name leads elsewhere", "[hotplug]") {
  for (const char* text :
       {"", "0000", "0000:05:00.0", "0000:5:00", "../..", "0000:05:20", "0000:05:00:00", "0000:05:00\n\n"}) {
    Rig bad;
    bad.slot("3", text);
    INFO(text);
    expect(bad.host.slots(), {Operation::enumerate, EIO, ErrorClass::failed, "slot 3", "not what sysfs prints"});
  }
  Rig odd;
  for (const char* name : {"..", ".", "a/b", "a\nb", ""}) {
    odd.kernel.directories["/sys/bus/pci/slots"].emplace_back(name);
  }
  CHECK(odd.host.slots().value().empty());
  CHECK(odd.kernel.count(Call::open) == 0);
}

TEST_CASE("whatever call of remove, rescan and slots fails, the error is whole and nothing stays open", "[hotplug]") {
  CHECK(fail_every_call<Rig>(Operation::remove_function, [](Rig& m) {
          m.root.assume();
          return m.host.remove(m.root, first);
        }) == 3 * std::size(every_errno));
  CHECK(fail_every_call<Rig>(Operation::rescan, [](Rig& m) {
          m.root.assume();
          return m.host.rescan(m.root);
        }) == 3 * std::size(every_errno));
}

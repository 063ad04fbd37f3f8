// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
#include "devlock/backend/linux/mdevs.hpp"

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
const vfio::Uuid uuid = vfio::Uuid::parse("83b8f4f2-509f-382f-3c1e-e6bfe0fa1001").value();
const std::string types = "/sys/class/mdev_bus/mtty/mdev_supported_types";
const std::string device = "/sys/bus/mdev/devices/" + uuid.text();
// A parent of two types with two instances left.
struct Rig : Machine {
  Rig() {
    kernel.directories["/sys/class/mdev_bus"] = {"mtty", "0000:00:02.0"};
    kernel.directories[types] = {"mtty-2", "mtty-1"};
    kernel.directories["/sys/bus/mdev/devices"] = {};
    for (const std::string type : {"mtty-1", "mtty-2"}) {
      kernel.files[types + '/' + type + "/available_instances"] = "2\n";
      kernel.files[types + '/' + type + "/device_api"] = "vfio-pci\n";
      kernel.stores[types + '/' + type + "/create"] = [](FakeKernel& own, std::string_view text) {
        const std::string path = "/sys/bus/mdev/devices/" + std::string(text);
        own.directories["/sys/bus/mdev/devices"].emplace_back(text);
        own.directories[path] = {"remove"};
        own.links[path + "/iommu_group"] = "../../../kernel/iommu_groups/12";
        own.stores[path + "/remove"] = [path](FakeKernel& kept, std::string_view one) {
          kept.directories.erase(path);
          kept.links.erase(path + "/iommu_group");
          kept.directories["/sys/bus/mdev/devices"].clear();
          kept.stores.erase(path + "/remove");
          return one == "1" ? 0L : -long{EINVAL};
        };
        return 0L;
      };
    }
  }
};
template <class Context>
concept may_create = requires(Host& host, const Context& context) {
  host.mdevs().create(context, "p", "t", uuid);
};
template <class Context>
concept may_remove = requires(Host& host, const Context& context) {
  host.mdevs().remove(context, uuid);
};
static_assert(may_create<vfio::ThreadContext> && may_remove<vfio::ContextFor<vfio::attribute>>);
static_assert(!may_create<vfio::ContextFor<vfio::device_lock>> && !may_create<vfio::ContextFor<vfio::mdev_list_lock>>);
static_assert(!may_remove<vfio::ContextFor<vfio::open_device>>);
}  // namespace

TEST_CASE("parents and types are listed with what is left of them", "[mdev]") {
  Rig m;
  CHECK(m.host.mdevs().parents().value() == std::vector<std::string>{"0000:00:02.0", "mtty"});
  m.kernel.files.erase(types + "/mtty-2/device_api");
  const auto all = m.host.mdevs().types("mtty");
  REQUIRE(all);
  REQUIRE(all->size() == 2);
  CHECK(all->front().id == "mtty-1");
  CHECK(all->front().device_api == "vfio-pci");
  CHECK(all->front().available == 2);
  CHECK(all->back().device_api.empty());
  expect(m.host.mdevs().types("nobody"),
         {Operation::enumerate, ENOENT, ErrorClass::gone, "parent nobody", "no parent"});
  m.kernel.fail(Call::open, ENODEV, types + "/mtty-1/available_instances");
  CHECK(m.host.mdevs().types("mtty")->size() == 1);  // it leaves
  for (const char* text : {"", "-1", "many", "2 2"}) {
    m.kernel.files[types + "/mtty-2/available_instances"] = text;
    expect(m.host.mdevs().types("mtty"), {Operation::enumerate, EIO, ErrorClass::failed, "parent mtty", "mtty-2"});
  }
}

TEST_CASE("a machine without mediated devices has no parents", "[mdev]") {
  Machine none;
  CHECK(none.host.mdevs().parents().value().empty());
  CHECK(none.host.mdevs().devices().value().empty());
}

TEST_CASE("a device is created, seen, and removed", "[mdev]") {
  Rig m;
  m.root.assume();
  REQUIRE(m.host.mdevs().create(m.root, "mtty", "mtty-1", uuid));
  CHECK(m.host.mdevs().devices().value() == std::vector{uuid});
  CHECK(m.host.mdevs().group_of(uuid).value() == 12);
  m.kernel.links.erase(device + "/iommu_group");
  CHECK(m.host.mdevs().group_of(uuid).value() == -1);
  m.kernel.links[device + "/iommu_group"] = "../..";
  expect(m.host.mdevs().group_of(uuid), {Operation::enumerate, EIO, ErrorClass::failed, uuid.text(), "names no group"});
  m.kernel.directories["/sys/bus/mdev/devices"].emplace_back("mtty");  // not a uuid
  CHECK(m.host.mdevs().devices().value() == std::vector{uuid});
  REQUIRE(m.host.mdevs().remove(m.root, uuid));
  CHECK(m.host.mdevs().devices().value().empty());
  expect(m.host.mdevs().group_of(uuid),
         {Operation::enumerate, ENOENT, ErrorClass::gone, uuid.text(), "no such device"});
  CHECK(m.kernel.open_descriptors() == 0);
}

TEST_CASE("each errno of create and remove says why", "[mdev]") {
  struct Row {
    int error_number;
    ErrorClass error_class;
    const char* reason;
  };
  Rig m;
  m.root.assume();
  for (const Row& row :
       {Row{EEXIST, ErrorClass::held, "of this uuid exists"}, Row{EUSERS, ErrorClass::exhausted, "no instance"},
        Row{EINVAL, ErrorClass::invalid, "refuses it"}, Row{ENODEV, ErrorClass::gone, "parent is leaving"},
        Row{EAGAIN, ErrorClass::contended, "just now"}, Row{ENOSPC, ErrorClass::exhausted, "no room"},
        Row{ENOMEM, ErrorClass::exhausted, "memory"}, Row{EACCES, ErrorClass::permission, "may not"}}) {
    m.kernel.fail(Call::write, row.error_number);
    expect(m.host.mdevs().create(m.root, "mtty", "mtty-1", uuid),
           {Operation::create_mdev, row.error_number, row.error_class, uuid.text(), row.reason});
  }
  expect(m.host.mdevs().create(m.root, "mtty", "mtty-9", uuid),
         {Operation::create_mdev, ENOENT, ErrorClass::gone, uuid.text(), "no such type"});
  expect(m.host.mdevs().remove(m.root, uuid),
         {Operation::remove_mdev, ENOENT, ErrorClass::gone, uuid.text(), "no such device"});
  REQUIRE(m.host.mdevs().create(m.root, "mtty", "mtty-1", uuid));
  for (const Row& row :
       {Row{EAGAIN, ErrorClass::contended, "just now"}, Row{ENODEV, ErrorClass::gone, "somebody removes"},
        Row{EINVAL, ErrorClass::invalid, "refuses"}, Row{EIO, ErrorClass::failed, "failed"}}) {
    m.kernel.fail(Call::write, row.error_number);
    expect(m.host.mdevs().remove(m.root, uuid),
           {Operation::remove_mdev, row.error_number, row.error_class, uuid.text(), row.reason});
  }
}

TEST_CASE("a name that would lead elsewhere reaches no file", "[mdev]") {
  Rig m;
  m.root.assume();
  for (const char* name : {"", ".", "..", "../mtty", "a/b", "a\nb", "\x01"}) {
    CHECK(m.host.mdevs().create(m.root, name, "mtty-1", uuid).error().error_number == EINVAL);
    CHECK(m.host.mdevs().create(m.root, "mtty", name, uuid).error().error_class == ErrorClass::invalid);
    CHECK(m.host.mdevs().types(name).error().error_number == EINVAL);
  }
  CHECK(m.kernel.made.empty());
}

TEST_CASE("whatever call of create and remove fails, the error is whole and nothing stays open", "[mdev]") {
  CHECK(fail_every_call<Rig>(Operation::create_mdev, [](Rig& m) {
          m.root.assume();
          return m.host.mdevs().create(m.root, "mtty", "mtty-1", uuid);
        }) == 3 * std::size(every_errno));
  struct Made : Rig {
    Made() {
      kernel.stores[device + "/remove"] = [](FakeKernel&, std::string_view) { return 0L; };
    }
  };
  CHECK(fail_every_call<Made>(Operation::remove_mdev, [](Made& m) {
          m.root.assume();
          return m.host.mdevs().remove(m.root, uuid);
        }) == 3 * std::size(every_errno));
}

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
#include "devlock/backend/linux/ap.hpp"

#include <string>
#include <vector>

#include "support/catch.hpp"
#include "unit/backend/linux/errors.hpp"
#include "unit/backend/linux/machine.hpp"

using namespace fake;
using devlock::ErrorClass;
using devlock::Operation;
using devlock::Result;
using devlock::vfio::ap::Apqn;
using devlock::vfio::ap::Dimension;
using devlock::vfio::ap::Mask;
namespace vfio = devlock::vfio;

namespace {
const vfio::Uuid uuid = vfio::Uuid::parse("83b8f4f2-509f-382f-3c1e-e6bfe0fa1001").value();
const std::string mdev = "/sys/bus/mdev/devices/" + uuid.text();
constexpr Dimension dimensions[] = {Dimension::adapter, Dimension::domain, Dimension::control_domain};
struct Rig : Machine {
  Rig() {
    kernel.files["/sys/bus/ap/apmask"] = Mask::all().to_string() + "\n";
    kernel.files["/sys/bus/ap/aqmask"] = Mask{0, 255}.to_string() + "\n";
    for (const char* name : {"adapter", "domain", "control_domain"}) {
      kernel.files[mdev + "/assign_" + name] = "";
      kernel.files[mdev + "/unassign_" + name] = "";
    }
    kernel.files[mdev + "/matrix"] = "04.0006\n04.0047\nff.00ff\n";
    kernel.files[mdev + "/guest_matrix"] = "04.0006\n";
  }
};
template <class Context>
concept may_store = requires(Host& host, const Context& c) {
  host.ap().store(c, Dimension::adapter, "-4");
};
template <class Context>
concept may_assign = requires(Host& host, const Context& c) {
  host.ap().assign(c, uuid, Dimension::adapter, 4U);
};
template <class Context>
concept may_unassign = requires(Host& host, const Context& c) {
  host.ap().unassign(c, uuid, Dimension::adapter, 4U);
};
static_assert(may_store<vfio::ThreadContext> && !may_store<vfio::ContextFor<vfio::ap_perms_lock>>);
static_assert(may_assign<vfio::ContextFor<vfio::ap_perms_lock>> && !may_assign<vfio::ContextFor<vfio::guests_lock>>);
static_assert(may_unassign<vfio::ContextFor<vfio::guests_lock>> && !may_unassign<vfio::ContextFor<vfio::kvm_lock>>);
}  // namespace

TEST_CASE("the masks are read and written as sysfs has them", "[ap]") {
  Rig m;
  m.root.assume();
  const auto host = m.host.ap().masks(m.root);
  REQUIRE(host);
  CHECK(host->adapters == Mask::all());
  CHECK(host->domains == Mask{0, 255});
  REQUIRE(m.host.ap().store(m.root, Dimension::adapter, "-4,+6-9"));
  CHECK(m.kernel.files["/sys/bus/ap/apmask"] == "-4,+6-9");
  REQUIRE(m.host.ap().store(m.root, Dimension::domain, Mask{1}));
  CHECK(m.kernel.files["/sys/bus/ap/aqmask"] == "0x4000000000000000000000000000000000000000000000000000000000000000");
  m.kernel.fail(Call::write, EINTR, {}, 2);
  CHECK(
      m.host.ap().store(m.root, Dimension::domain, "+1"));  // a signal ends the wait for the lock, and nothing was done
}

TEST_CASE("a mask that is none does not reach the kernel, and one that the kernel prints wrong is no mask", "[ap]") {
  Rig m;
  m.root.assume();
  for (const char* text : {"", "+256", "0xg", "+4,-", "4-2", "+9-4", "../x"}) {
    INFO(text);
    expect(m.host.ap().store(m.root, Dimension::adapter, text),
           {Operation::store_ap_mask, EINVAL, ErrorClass::invalid, "apmask", "is no mask"});
  }
  expect(m.host.ap().store(m.root, Dimension::control_domain, "+4"),
         {Operation::store_ap_mask, EINVAL, ErrorClass::invalid, "control domain mask", "is no mask"});
  CHECK(m.kernel.made.empty());
  m.kernel.files["/sys/bus/ap/aqmask"] = "none\n";
  expect(m.host.ap().masks(m.root),
         {Operation::load_ap_mask, EIO, ErrorClass::failed, "aqmask", "not what sysfs prints"});
}

TEST_CASE("a machine without an AP bus says so", "[ap]") {
  Machine none;
  none.root.assume();
  expect(none.host.ap().masks(none.root), {Operation::load_ap_mask, ENOENT, ErrorClass::gone, "apmask", "no AP bus"});
  expect(none.host.ap().store(none.root, Dimension::domain, "+4"),
         {Operation::store_ap_mask, ENOENT, ErrorClass::gone, "aqmask", "no AP bus"});
}

TEST_CASE("each errno of masks and assignments says why", "[ap]") {
  struct Row {
    int error_number;
    ErrorClass error_class;
    const char* reason;
  };
  Rig m;
  m.root.assume();
  for (const Row& row :
       {Row{EBUSY, ErrorClass::held, "an mdev has a queue"}, Row{EINVAL, ErrorClass::invalid, "this mask"},
        Row{EACCES, ErrorClass::permission, "may not"}, Row{ENOMEM, ErrorClass::exhausted, "memory"}}) {
    m.kernel.fail(Call::write, row.error_number);
    expect(m.host.ap().store(m.root, Dimension::domain, "+4"),
           {Operation::store_ap_mask, row.error_number, row.error_class, "aqmask", row.reason});
  }
  for (const Row& row :
       {Row{EADDRNOTAVAIL, ErrorClass::not_owned, "is the host's"},
        Row{EADDRINUSE, ErrorClass::held, "another mdev has"}, Row{EBUSY, ErrorClass::held, "a guest or another"},
        Row{ENODEV, ErrorClass::gone, "so large a number"}, Row{EAGAIN, ErrorClass::contended, "is locked"},
        Row{EINVAL, ErrorClass::invalid, "this number"}, Row{EIO, ErrorClass::failed, "failed"}}) {
    m.kernel.fail(Call::write, row.error_number);
    expect(m.host.ap().assign(m.root, uuid, Dimension::adapter, 4),
           {Operation::assign_ap, row.error_number, row.error_class, "adapter 4 of " + uuid.text(), row.reason});
    m.kernel.fail(Call::write, row.error_number);
    expect(
        m.host.ap().unassign(m.root, uuid, Dimension::control_domain, 6),
        {Operation::unassign_ap, row.error_number, row.error_class, "control domain 6 of " + uuid.text(), row.reason});
  }
}

TEST_CASE("an mdev that is not there is not assigned", "[ap]") {
  Machine none;
  none.root.assume();
  expect(none.host.ap().assign(none.root, uuid, Dimension::domain, 6),
         {Operation::assign_ap, ENOENT, ErrorClass::gone, "domain 6 of " + uuid.text(), "no such mdev"});
}

TEST_CASE("adapters, domains and control domains are assigned by their own attributes", "[ap]") {
  Rig m;
  m.root.assume();
  unsigned number = 0;
  for (const Dimension dimension : dimensions) {
    REQUIRE(m.host.ap().assign(m.root, uuid, dimension, number));
    REQUIRE(m.host.ap().unassign(m.root, uuid, dimension, number + 100));
    ++number;
  }
  CHECK(m.kernel.files[mdev + "/assign_adapter"] == "0");
  CHECK(m.kernel.files[mdev + "/assign_domain"] == "1");
  CHECK(m.kernel.files[mdev + "/assign_control_domain"] == "2");
  CHECK(m.kernel.files[mdev + "/unassign_adapter"] == "100");
  CHECK(m.kernel.files[mdev + "/unassign_domain"] == "101");
  CHECK(m.kernel.files[mdev + "/unassign_control_domain"] == "102");
}

TEST_CASE("the matrix of an mdev and of its guest are read, queue by queue", "[ap]") {
  Rig m;
  m.root.assume();
  CHECK(m.host.ap().matrix(m.root, uuid).value() == std::vector<Apqn>{{4, 6}, {4, 0x47}, {255, 255}});
  CHECK(m.host.ap().guest_matrix(m.root, uuid).value() == std::vector<Apqn>{{4, 6}});
  m.kernel.files[mdev + "/matrix"] = "04.\n05.\n";  // adapters without a domain
  CHECK(m.host.ap().matrix(m.root, uuid).value().empty());
  m.kernel.files[mdev + "/matrix"] = ".0006\n";
  CHECK(m.host.ap().matrix(m.root, uuid).value().empty());
  m.kernel.files[mdev + "/matrix"] = "";
  CHECK(m.host.ap().matrix(m.root, uuid).value().empty());
  for (const char* text : {".", "04", "4.0006", "04.6", "04.0006\n04.00", "04.0006 04.0007", "zz.0006", "\n04.0006"}) {
    INFO(text);
    m.kernel.files[mdev + "/matrix"] = text;
    expect(m.host.ap().matrix(m.root, uuid),
           {Operation::enumerate, EIO, ErrorClass::failed, "matrix of " + uuid.text(), "not what sysfs prints"});
  }
  m.kernel.files.erase(mdev + "/guest_matrix");
  expect(m.host.ap().guest_matrix(m.root, uuid),
         {Operation::enumerate, ENOENT, ErrorClass::gone, "guest_matrix of " + uuid.text(), "no such mdev"});
}

TEST_CASE("whatever call of masks and assignments fails, the error is whole and nothing stays open", "[ap]") {
  CHECK(fail_every_call<Rig>(Operation::load_ap_mask, [](Rig& m) -> Result<void> {
          m.root.assume();
          const auto masks = m.host.ap().masks(m.root);
          return masks ? Result<void>() : devlock::failure(masks.error());
        }) == 8 * std::size(every_errno));
  CHECK(fail_every_call<Rig>(Operation::store_ap_mask, [](Rig& m) {
          m.root.assume();
          return m.host.ap().store(m.root, Dimension::adapter, "-4");
        }) == 3 * std::size(every_errno));
  CHECK(fail_every_call<Rig>(Operation::assign_ap, [](Rig& m) {
          m.root.assume();
          return m.host.ap().assign(m.root, uuid, Dimension::domain, 4);
        }) == 3 * std::size(every_errno));
  CHECK(fail_every_call<Rig>(Operation::unassign_ap, [](Rig& m) {
          m.root.assume();
          return m.host.ap().unassign(m.root, uuid, Dimension::domain, 4);
        }) == 3 * std::size(every_errno));
}

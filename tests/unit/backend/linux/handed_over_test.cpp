// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Descriptors of a launcher: the right one is taken or borrowed, the wrong one named and left open, whatever call fails.
#include "devlock/backend/linux/handed_over.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include "support/catch.hpp"
#include "unit/backend/linux/errors.hpp"
#include "unit/backend/linux/machine.hpp"

using namespace fake;
using devlock::ErrorClass;
using devlock::Operation;
using devlock::Result;
using devlock::linux_host::Tenure;

namespace {
struct Rig : Machine {
  int container = kernel.hand_over(Kind::container, "/dev/vfio/vfio");
  int group = kernel.hand_over(Kind::group, "/dev/vfio/7");
  int device = kernel.hand_over(Kind::device, "anon_inode:[vfio-device]");
  int vm = kernel.hand_over(Kind::machine, "anon_inode:kvm-vm");
  int link = kernel.hand_over(Kind::kvm_vfio, "anon_inode:kvm-vfio");
  int kvm = kernel.hand_over(Kind::kvm, "/dev/kvm");
  auto over() { return host.handed_over(); }
  Rig() { kernel.hot_reset_functions = {dependent(1, 0, 0, 7), dependent(1, 0, 1, 7)}; }
};
std::string name_of(int fd) {
  return "descriptor " + std::to_string(fd);
}
// To ask a descriptor what it is, it is asked what others are too; nothing else may be done wrong.
bool well_used(const Rig& m) {
  return std::all_of(m.kernel.misuses.begin(), m.kernel.misuses.end(),
                     [](const std::string& misuse) { return misuse.starts_with("ioctl of the wrong node"); });
}
template <class T>
Result<void> without_value(const Result<T>& result) {
  return result ? Result<void>() : Result<void>(devlock::failure(result.error()));
}
// Each kind of descriptor, as it is handed over and taken.
struct Kinds {
  const char* what;
  std::function<Result<void>(Rig&, Tenure)> take;
  std::vector<int> (*used)(Rig&);
};
const Kinds kinds[] = {
    {"container", [](Rig& m, Tenure tenure) { return without_value(m.over().container(m.container, tenure)); },
     [](Rig& m) { return std::vector{m.container}; }},
    {"group",
     [](Rig& m, Tenure tenure) {
       m.root.assume();
       return without_value(m.over().group(m.root, m.group, tenure));
     },
     [](Rig& m) { return std::vector{m.group}; }},
    {"device",
     [](Rig& m, Tenure tenure) {
       m.root.assume();
       return without_value(m.over().device(m.root, m.device, tenure, first));
     },
     [](Rig& m) { return std::vector{m.device}; }},
    {"VM",
     [](Rig& m, Tenure tenure) {
       m.root.assume();
       return without_value(m.over().vm(m.root, m.vm, tenure));
     },
     [](Rig& m) { return std::vector{m.vm}; }},
    {"VM with its kvm-vfio device",
     [](Rig& m, Tenure tenure) {
       m.root.assume();
       return without_value(m.over().vm(m.root, m.vm, tenure, m.link));
     },
     [](Rig& m) {
       return std::vector{m.vm, m.link};
     }},
};
}  // namespace

TEST_CASE("an owned descriptor is closed with its handle and not inherited, a borrowed one is left as it is",
          "[handed]") {
  for (const Kinds& kind : kinds) {
    INFO(kind.what);
    {
      Rig m;
      const auto open = m.kernel.open_descriptors();
      REQUIRE(kind.take(m, Tenure::owned));
      for (const int fd : kind.used(m)) {
        CHECK_FALSE(m.kernel.is_open(fd));
        CHECK(std::count(m.kernel.closed_on_exec.begin(), m.kernel.closed_on_exec.end(), fd) == 1);
      }
      CHECK(m.kernel.open_descriptors() == open - kind.used(m).size());
    }
    {
      Rig m;
      const auto open = m.kernel.open_descriptors();
      REQUIRE(kind.take(m, Tenure::borrowed));
      CHECK(m.kernel.open_descriptors() == open);
      CHECK(m.kernel.closed_on_exec.empty());
      REQUIRE(kind.take(m, Tenure::borrowed));  // as often as one likes
      CHECK(well_used(m));
    }
  }
}

TEST_CASE("whatever call of taking a descriptor fails, it stays open and the caller's", "[handed]") {
  std::size_t tried = 0;
  for (const Kinds& kind : kinds) {
    for (const Tenure tenure : {Tenure::owned, Tenure::borrowed}) {
      std::size_t calls = 0;
      {
        Rig m;
        REQUIRE(kind.take(m, tenure));
        calls = m.kernel.made.size();
      }
      for (std::size_t number = 0; number != calls; ++number) {
        for (const int error_number : every_errno) {
          Rig m;
          const auto open = m.kernel.open_descriptors();
          m.kernel.fail_at(number, error_number);
          const auto taken = kind.take(m, tenure);
          const Made& failed = m.kernel.made.at(number);
          INFO(kind.what << ", " << devlock::errno_name(error_number) << " from call " << number << " "
                         << to_string(failed.call) << " " << failed.request);
          CHECK(well_used(m));
          ++tried;
          if (failed.call == Call::close || failed.request == VFIO_DEVICE_GET_PCI_HOT_RESET_INFO ||
              failed.request == KVM_GET_API_VERSION) {
            continue;  // not the last word: what it would have told is told otherwise, or not at all
          }
          REQUIRE_FALSE(taken);
          CHECK(taken.error().operation == Operation::adopt_descriptor);
          CHECK_FALSE(taken.error().reason.empty());
          CHECK(m.kernel.open_descriptors() == open);
          for (const int fd : kind.used(m)) {
            CHECK(m.kernel.is_open(fd));
          }
        }
      }
    }
  }
  CHECK(tried > 400);
}

TEST_CASE("a descriptor of another kind is refused by name", "[handed]") {
  Rig m;
  m.root.assume();
  const auto wrong = [&](const auto& result, int fd, const char* reason) {
    const auto error =
        expect(result, {Operation::adopt_descriptor, ENOTTY, ErrorClass::unsupported, name_of(fd), reason});
    CHECK(error.remedy == "hand over the right one");
    CHECK(m.kernel.is_open(fd));
  };
  for (const int fd : {m.container, m.device, m.vm}) {
    wrong(m.over().group(m.root, fd, Tenure::owned), fd, "no VFIO group");
  }
  for (const int fd : {m.container, m.group, m.vm}) {
    wrong(m.over().device(m.root, fd, Tenure::owned, first), fd, "no VFIO device");
  }
  for (const int fd : {m.container, m.group, m.device, m.kvm}) {
    wrong(m.over().vm(m.root, fd, Tenure::owned), fd, "no virtual machine");
  }
  wrong(m.over().vm(m.root, m.vm, Tenure::owned, m.group), m.group, "no kvm-vfio device");
  expect(m.over().container(m.group, Tenure::owned),
         {Operation::adopt_descriptor, ENOTTY, ErrorClass::unsupported, name_of(m.group), "not VFIO's node"});
  m.kernel.device_flags = VFIO_DEVICE_FLAGS_PLATFORM;
  expect(m.over().device(m.root, m.device, Tenure::owned, first),
         {Operation::adopt_descriptor, EINVAL, ErrorClass::invalid, name_of(m.device), "no PCI device"});
}

TEST_CASE("a group's number is that of its node, and a link that names none is refused", "[handed]") {
  Rig m;
  m.root.assume();
  CHECK(m.over().group(m.root, m.group, Tenure::borrowed).value().id() == 7);
  const std::string link = "/proc/self/fd/" + std::to_string(m.group);
  m.kernel.links[link] = "/dev/vfio/noiommu-12";
  CHECK(m.over().group(m.root, m.group, Tenure::borrowed).value().id() == 12);
  for (const char* text : {"/dev/vfio/7 (deleted)", "/dev/vfio/vfio", "anon_inode:[vfio-device]", "/dev/vfio/-1", "",
                           "/", "/dev/vfio/7\n"}) {
    m.kernel.links[link] = text;
    INFO(text);
    expect(m.over().group(m.root, m.group, Tenure::borrowed),
           {Operation::adopt_descriptor, EINVAL, ErrorClass::invalid, name_of(m.group), "names no group"});
  }
}

TEST_CASE("a group keeps the container that it was handed over with, a device its group", "[handed]") {
  Rig m;
  m.root.assume();
  m.kernel.group_flags |= VFIO_GROUP_FLAGS_CONTAINER_SET;
  {
    auto container = m.over().container(m.container, Tenure::owned);
    REQUIRE(container);
    auto group = m.over().group(m.root, m.group, Tenure::owned, &*container);
    REQUIRE(group);
    auto device = m.over().device(m.root, m.device, Tenure::owned, first, &*group);
    REQUIRE(device);
    REQUIRE(group->close(m.root));
    REQUIRE(container->close());
    CHECK(m.kernel.closed.empty());
    REQUIRE(device->reset(m.root));
    REQUIRE(device->watch_unplug(m.root));
  }
  CHECK(m.kernel.closed == std::vector<Kind>{Kind::device, Kind::event, Kind::group, Kind::container});
}

TEST_CASE("a group that is in no container is not taken with one", "[handed]") {
  Rig other;
  other.root.assume();
  auto container = other.over().container(other.container, Tenure::owned);
  expect(
      other.over().group(other.root, other.group, Tenure::owned, &*container),
      {Operation::adopt_descriptor, EINVAL, ErrorClass::invalid, name_of(other.group), "group 7 is in no container"});
}

TEST_CASE("a device is the function that its hot reset reaches, where that can be told", "[handed]") {
  Rig m;
  m.root.assume();
  expect(m.over().device(m.root, m.device, Tenure::borrowed, {0, 2, 0, 0}),
         {Operation::adopt_descriptor, EINVAL, ErrorClass::invalid, name_of(m.device), "does not reach 0000:02:00.0"});
  CHECK(m.over().device(m.root, m.device, Tenure::borrowed, second).value().address() == second);
  m.kernel.fail_ioctl(VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, ENODEV);
  CHECK(m.over().device(m.root, m.device, Tenure::borrowed, {0, 2, 0, 0}));
}

TEST_CASE("a VM whose kvm-vfio device was not handed over is refused, and one without gets one", "[handed]") {
  Rig m;
  m.root.assume();
  m.kernel.fail_ioctl(KVM_CREATE_DEVICE, EBUSY);
  const auto error =
      expect(m.over().vm(m.root, m.vm, Tenure::owned),
             {Operation::adopt_descriptor, EBUSY, ErrorClass::held, name_of(m.vm), "was not handed over"});
  CHECK(error.remedy == "hand that over too");
  auto vm = m.over().vm(m.root, m.vm, Tenure::borrowed);
  REQUIRE(vm);
  auto group = m.over().group(m.root, m.group, Tenure::borrowed);
  REQUIRE(vm->attach(m.root, *group));
  REQUIRE(vm->close(m.root));
  CHECK(m.kernel.closed == std::vector<Kind>{Kind::kvm_vfio});  // what was made here, and no more
}

TEST_CASE("a number that is not open is said to be that", "[handed]") {
  Machine m;
  m.root.assume();
  for (const int fd : {-1, 3}) {
    const auto over = m.host.handed_over();
    expect(over.group(m.root, fd, Tenure::owned),
           {Operation::adopt_descriptor, EBADF, ErrorClass::invalid, name_of(fd), "not open"});
    expect(over.device(m.root, fd, Tenure::owned, first),
           {Operation::adopt_descriptor, EBADF, ErrorClass::invalid, name_of(fd), "not open"});
    expect(over.vm(m.root, fd, Tenure::owned),
           {Operation::adopt_descriptor, EBADF, ErrorClass::invalid, name_of(fd), "not open"});
    CHECK_FALSE(over.container(fd, Tenure::owned));
  }
}

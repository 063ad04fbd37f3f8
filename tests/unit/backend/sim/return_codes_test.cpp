// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Every return code of Linux's PCI resets, VFIO groups and devices, IOMMU ownership and driver binding, each from the situation
// that it stands for. One row is one code. A descriptor of the wrong kind, as HOT_RESET refuses with EINVAL, cannot be said here: it is a
// type. The codes of an open character device are those of a mediated one, for which this host has them.
#include <functional>
#include <set>
#include <vector>

#include "devlock/backend/sim/mdev_bus.hpp"
#include "devlock/backend/sim/sysfs.hpp"
#include "unit/backend/sim/support.hpp"

using namespace sim_test;

namespace {

struct Row {
  const char* operation;
  const char* situation;
  const char* expected;
  std::function<std::string(Rig&)> ask;
};

void expect_rows(const std::vector<Row>& rows, const sim::Blueprint& plan = sim::sriov_blueprint(),
                 bool booted = true) {
  std::set<std::string> seen;
  for (const Row& row : rows) {
    INFO(row.operation << ", " << row.situation);
    CHECK(seen.insert(std::string(row.operation) + ", " + row.situation).second);
    Rig rig(booted ? sim::basic_example_host<StdSync>(plan) : sim::Host::make(plan).value());
    CHECK(row.ask(rig) == row.expected);
  }
}
auto& lock_of(Rig& rig, pci::Address address) {
  return rig.host.machine().find(address)->lock();
}
std::string write_reset(Rig& rig, pci::Address address, const char* text) {
  return answer(sim::Sysfs(rig.host).reset(rig.root.assume(), address, text));
}
std::string write_subordinate(Rig& rig, pci::Address address, const char* text) {
  return answer(sim::Sysfs(rig.host).reset_subordinate(address, text));
}
std::string write_numvfs(Rig& rig, pci::Address address, const char* text) {
  return answer(sim::Sysfs(rig.host).sriov_numvfs(rig.root.assume(), address, text));
}
std::string write_remove(Rig& rig, pci::Address address, const char* text) {
  return answer(sim::Sysfs(rig.host).remove(rig.root.assume(), address, text));
}
/// What `ask` answers once the lock is free for which it waits, on the function at `address`.
std::string after_waiting(Rig& rig, pci::Address address, const std::function<std::string()>& ask) {
  std::string answered;
  std::thread asker;
  {
    const Elsewhere held(lock_of(rig, address).device());
    asker = std::thread([&] { answered = ask(); });
    rig.observer.await_waiting_for_lock(address, 1);
    CHECK(answered.empty());
  }
  asker.join();
  return "waits, " + answered;
}
/// A mediated device with its group and an open descriptor of its own.
std::string with_cdev(Rig& rig,
                      const std::function<std::string(sim::MdevBus<StdSync>&, int, sim::MdevCdev<StdSync>&)>& ask) {
  constexpr const char* uuid = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001";
  sim::MdevBus<StdSync> bus;
  rig.root.assume();
  REQUIRE(answer(bus.register_parent("mtty", 1)) == "ok");
  REQUIRE(answer(bus.create(rig.root, "mtty", uuid)) == "ok");
  auto cdev = bus.open_cdev(rig.root, uuid);
  REQUIRE(answer(cdev) == "ok");
  std::string answered = ask(bus, bus.devices(rig.root).front().group, *cdev);
  REQUIRE(answer(cdev->close(rig.root)) == "ok");
  REQUIRE(answer(bus.unregister_parent(rig.root, "mtty")) == "ok");
  return answered;
}
void give_pair(Rig& rig) {
  rig.give(example::pair_a, "vfio-pci");
  rig.give(example::pair_b, "vfio-pci");
}
/// The pair with VFIO, its first function open, and a hot reset that names `count` times its group.
std::string hot_reset(Rig& rig, std::size_t count) {
  auto session = rig.open(example::pair_a);
  const std::vector<sim::Group<StdSync>*> groups(count, &session.group);
  return answer(session.device.hot_reset(rig.root.assume(), groups));
}
/// edu in a group on a container, without its IOMMU if so wanted.
std::string open_edu(Rig& rig, bool with_iommu, pci::Address address = example::edu) {
  rig.give(example::edu, "vfio-pci");
  auto container = rig.open_container();
  auto group = rig.open_group(example::edu);
  rig.root.assume();
  REQUIRE(answer(group.set_container(rig.root, container)) == "ok");
  if (with_iommu) {
    REQUIRE(answer(container.set_iommu(rig.root)) == "ok");
  }
  return answer(group.open_device(rig.root, address));
}
sim::Blueprint with_edu(const std::function<void(sim::FunctionSpec&)>& change) {
  sim::Blueprint plan;
  plan.usual_drivers();
  const sim::Blueprint usual = sim::sriov_blueprint();
  for (sim::FunctionSpec spec : usual.functions()) {
    if (spec.address == example::edu) {
      change(spec);
    }
    plan.function(spec);
  }
  return plan;
}

}  // namespace

TEST_CASE("sysfs reset and reset_subordinate answer as Linux's do") {
  expect_rows({
      {"reset", "1", "ok", [](Rig& rig) { return write_reset(rig, example::card, "1\n"); }},
      {"reset", "as kstrtoul reads it", "ok", [](Rig& rig) { return write_reset(rig, example::card, "+0x01"); }},
      {"reset", "0", "EINVAL invalid", [](Rig& rig) { return write_reset(rig, example::card, "0"); }},
      {"reset", "2", "EINVAL invalid", [](Rig& rig) { return write_reset(rig, example::card, "2"); }},
      {"reset", "nothing", "EINVAL invalid", [](Rig& rig) { return write_reset(rig, example::card, ""); }},
      {"reset", "a newline", "EINVAL invalid", [](Rig& rig) { return write_reset(rig, example::card, "\n"); }},
      {"reset", "two newlines", "EINVAL invalid", [](Rig& rig) { return write_reset(rig, example::card, "1\n\n"); }},
      {"reset", "a sign", "EINVAL invalid", [](Rig& rig) { return write_reset(rig, example::card, "-1"); }},
      {"reset", "a word", "EINVAL invalid", [](Rig& rig) { return write_reset(rig, example::card, "one"); }},
      {"reset", "2^64 + 1", "EINVAL invalid",
       [](Rig& rig) { return write_reset(rig, example::card, "18446744073709551617"); }},
      {"reset", "no method", "ENOTTY unsupported", [](Rig& rig) { return write_reset(rig, example::pair_root, "1"); }},
      {"reset", "no function", "ENOENT gone",
       [](Rig& rig) {
         return write_reset(rig, {0, 0x42, 0, 0}, "1");
       }},
      {"reset", "its device_lock held", "waits, ok",
       [](Rig& rig) {
         return after_waiting(rig, example::card, [&] {
           vfio::ThreadContext other;
           return answer(rig.host.reset_function(other.assume(), example::card));
         });
       }},
      {"try reset", "free", "ok", [](Rig& rig) { return answer(rig.host.try_reset_function(example::card)); }},
      {"try reset", "no method", "ENOTTY unsupported",
       [](Rig& rig) { return answer(rig.host.try_reset_function(example::pair_root)); }},
      {"try reset", "device_lock held", "EAGAIN contended",
       [](Rig& rig) {
         const Elsewhere held(lock_of(rig, example::card).device());
         return answer(rig.host.try_reset_function(example::card));
       }},
      {"try reset", "config access blocked", "EAGAIN contended",
       [](Rig& rig) {
         const Elsewhere held(lock_of(rig, example::card).config());
         return answer(rig.host.try_reset_function(example::card));
       }},
      {"try reset", "bridge held (6.12)", "ok",
       [](Rig& rig) {
         const Elsewhere held(lock_of(rig, example::downstream_a).device());
         return answer(rig.host.try_reset_function(example::card));
       }},
      {"try slot", "sibling held", "EAGAIN contended",
       [](Rig& rig) {
         const Elsewhere held(lock_of(rig, example::pair_b).device());
         return answer(rig.host.try_reset_slot(example::pair_a));
       }},
      {"try slot", "another slot held", "ok",
       [](Rig& rig) {
         const Elsewhere held(lock_of(rig, example::downstream_b).device());
         return answer(rig.host.try_reset_slot(example::downstream_a));
       }},
      {"try slot", "no bridge", "ok", [](Rig& rig) { return answer(rig.host.try_reset_slot(example::edu_root)); }},
      {"try slot", "the bridge held", "EAGAIN contended",
       [](Rig& rig) {
         const Elsewhere held(lock_of(rig, example::pair_root).device());
         return answer(rig.host.try_reset_slot(example::pair_a));
       }},
      {"reset_subordinate", "1", "ok", [](Rig& rig) { return write_subordinate(rig, example::pair_root, "1"); }},
      {"reset_subordinate", "0 with a lock held", "ok",
       [](Rig& rig) {
         const Elsewhere held(lock_of(rig, example::pair_b).device());
         return write_subordinate(rig, example::pair_root, "0");
       }},
      {"reset_subordinate", "no number", "EINVAL invalid",
       [](Rig& rig) { return write_subordinate(rig, example::pair_root, "yes"); }},
      {"reset_subordinate", "no privilege, whatever the text", "EPERM permission",
       [](Rig& rig) {
         rig.host.machine().set_privileged(false);
         return write_subordinate(rig, example::pair_root, "yes");
       }},
      {"reset_subordinate", "no bridge", "ENOTTY unsupported",
       [](Rig& rig) { return write_subordinate(rig, example::card, "1"); }},
      {"reset_subordinate", "an empty bus", "ok",
       [](Rig& rig) {
         REQUIRE(write_remove(rig, example::edu, "1") == "ok");
         return write_subordinate(rig, example::edu_root, "1");
       }},
      {"reset_subordinate", "an empty bus, the bridge held", "EAGAIN contended",
       [](Rig& rig) {
         REQUIRE(write_remove(rig, example::edu, "1") == "ok");
         const Elsewhere held(lock_of(rig, example::edu_root).device());
         return write_subordinate(rig, example::edu_root, "1");
       }},
      {"reset_subordinate", "a function below held", "EAGAIN contended",
       [](Rig& rig) {
         const Elsewhere held(lock_of(rig, example::pair_b).device());
         return write_subordinate(rig, example::pair_root, "1");
       }},
      {"reset_subordinate", "the bridge held", "EAGAIN contended",
       [](Rig& rig) {
         const Elsewhere held(lock_of(rig, example::pair_root).device());
         return write_subordinate(rig, example::pair_root, "1");
       }},
  });
}

TEST_CASE("Reset methods answer as Linux's do: ENOTTY is for the next one, any other error ends it") {
  const auto reset_with = [](int error_number, unsigned count) {
    return [=](Rig& rig) {
      rig.host.inject(Operation::reset_function, example::edu, error_number, count);
      return write_reset(rig, example::edu, "1");
    };
  };
  expect_rows({{"method", "the first one does", "ok", reset_with(0, 0)},
               {"method", "the first one ENOTTY, the second does", "ok", reset_with(ENOTTY, 1)},
               {"method", "both ENOTTY", "ENOTTY unsupported", reset_with(ENOTTY, 2)},
               {"method", "the first one EIO", "EIO failed", reset_with(EIO, 1)},
               {"method", "the first one ETIMEDOUT", "ETIMEDOUT failed", reset_with(ETIMEDOUT, 1)}},
              with_edu([](sim::FunctionSpec& spec) {
                spec.reset_methods = {pci::ResetMethod::flr, pci::ResetMethod::pm};
              }));
}

TEST_CASE("VFIO_DEVICE_RESET and the hot reset answer as Linux's do") {
  expect_rows({
      {"VFIO_DEVICE_RESET", "its device_lock held", "EAGAIN contended",
       [](Rig& rig) {
         rig.give(example::edu, "vfio-pci");
         auto session = rig.open(example::edu);
         const Elsewhere held(lock_of(rig, example::edu).device());
         return answer(session.device.reset(rig.root.assume()));
       }},
      {"VFIO_DEVICE_RESET", "the bridge's held (6.12)", "ok",
       [](Rig& rig) {
         rig.give(example::edu, "vfio-pci");
         auto session = rig.open(example::edu);
         const Elsewhere held(lock_of(rig, example::edu_root).device());
         return answer(session.device.reset(rig.root.assume()));
       }},
      {"HOT_RESET", "all are the caller's", "ok",
       [](Rig& rig) {
         give_pair(rig);
         return hot_reset(rig, 1);
       }},
      {"HOT_RESET", "no group named", "EINVAL not owned",
       [](Rig& rig) {
         give_pair(rig);
         return hot_reset(rig, 0);
       }},
      {"HOT_RESET", "more groups than functions", "EINVAL not owned",
       [](Rig& rig) {
         give_pair(rig);
         return hot_reset(rig, 3);
       }},
      {"HOT_RESET", "a closed group", "EBADF invalid",
       [](Rig& rig) {
         give_pair(rig);
         rig.give(example::edu, "vfio-pci");
         auto session = rig.open(example::pair_a);
         auto closed = rig.open_group(example::edu);
         REQUIRE(answer(closed.close(rig.root.assume())) == "ok");
         sim::Group<StdSync>* const groups[] = {&session.group, &closed};
         return answer(session.device.hot_reset(rig.root.assume(), groups));
       }},
      {"HOT_RESET", "more groups than functions, closed ones", "EINVAL not owned",
       [](Rig& rig) {
         give_pair(rig);
         rig.give(example::edu, "vfio-pci");
         auto session = rig.open(example::pair_a);
         auto closed = rig.open_group(example::edu);
         REQUIRE(answer(closed.close(rig.root.assume())) == "ok");
         sim::Group<StdSync>* const groups[] = {&closed, &closed, &closed};
         return answer(session.device.hot_reset(rig.root.assume(), groups));
       }},
      {"HOT_RESET", "a sibling without VFIO", "EINVAL not owned",
       [](Rig& rig) {
         rig.give(example::pair_a, "vfio-pci");
         REQUIRE(answer(rig.host.unbind(rig.root.assume(), example::pair_b)) == "ok");
         return hot_reset(rig, 1);
       }},
      {"HOT_RESET", "memory_lock held", "EBUSY contended",
       [](Rig& rig) {
         give_pair(rig);
         auto session = rig.open(example::pair_a);
         const Elsewhere held(rig.host.machine().find(example::pair_a)->vfio->memory_lock);
         sim::Group<StdSync>* const groups[] = {&session.group};
         return answer(session.device.hot_reset(rig.root.assume(), groups));
       }},
      {"HOT_RESET", "device_lock of the sibling held", "EAGAIN contended",
       [](Rig& rig) {
         give_pair(rig);
         auto session = rig.open(example::pair_a);
         const Elsewhere held(lock_of(rig, example::pair_b).device());
         sim::Group<StdSync>* const groups[] = {&session.group};
         return answer(session.device.hot_reset(rig.root.assume(), groups));
       }},
      {"HOT_RESET_INFO", "room", "ok",
       [](Rig& rig) {
         give_pair(rig);
         return answer(rig.open(example::pair_a).device.hot_reset_info(rig.root.assume(), 2));
       }},
      {"HOT_RESET_INFO", "a function comes meanwhile", "EAGAIN contended",
       [](Rig& rig) {
         give_pair(rig);
         auto session = rig.open(example::pair_a);
         auto& set = *rig.host.machine().find(example::pair_a)->device_set;
         std::string asked;
         std::thread asker;
         {
           const Elsewhere held(set.lock);
           asker = std::thread([&] {
             vfio::ThreadContext other;
             asked = answer(session.device.hot_reset_info(other.assume(), 9));
           });
           set.waits_for_lock.await_at_least(1U);
           REQUIRE(answer(rig.host.machine().add({.address = {0, 5, 0, 2}, .bridge = example::pair_root})) == "ok");
         }
         asker.join();
         return asked;
       }},
      {"HOT_RESET_INFO", "too little room", "ENOSPC exhausted",
       [](Rig& rig) {
         give_pair(rig);
         return answer(rig.open(example::pair_a).device.hot_reset_info(rig.root.assume(), 1));
       }},
  });
  const auto on_root_bus = with_edu([](sim::FunctionSpec& spec) {
    spec.bridge.reset();
    spec.resettable = false;
  });
  expect_rows({{"VFIO_DEVICE_RESET", "no reset", "EINVAL unsupported",
                [](Rig& rig) {
                  rig.give(example::edu, "vfio-pci");
                  return answer(rig.open(example::edu).device.reset(rig.root.assume()));
                }},
               {"HOT_RESET", "no bridge", "ENODEV gone",
                [](Rig& rig) {
                  rig.give(example::edu, "vfio-pci");
                  auto session = rig.open(example::edu);
                  sim::Group<StdSync>* const groups[] = {&session.group};
                  return answer(session.device.hot_reset(rig.root.assume(), groups));
                }},
               {"HOT_RESET_INFO", "no bridge", "ENODEV gone",
                [](Rig& rig) {
                  rig.give(example::edu, "vfio-pci");
                  return answer(rig.open(example::edu).device.hot_reset_info(rig.root.assume(), 9));
                }}},
              on_root_bus);
}

TEST_CASE("Opening a group and a device of it answers as Linux does") {
  expect_rows({
      {"open group", "no function of it with VFIO", "ENOENT gone",
       [](Rig& rig) { return answer(rig.host.open_group(rig.root.assume(), rig.group_of(example::edu))); }},
      {"open group", "open", "EBUSY held",
       [](Rig& rig) {
         rig.give(example::edu, "vfio-pci");
         const auto group = rig.open_group(example::edu);
         return answer(rig.host.open_group(rig.root.assume(), group.id()));
       }},
      {"open group", "its last device is about to leave", "ENODEV gone",
       [](Rig& rig) {
         rig.give(example::edu, "vfio-pci");
         rig.host.machine().find(example::edu)->group->vfio()->alive.set(false);  // the step before the node goes
         return answer(rig.host.open_group(rig.root.assume(), rig.group_of(example::edu)));
       }},
      {"open group", "a character device of it is bound", "EBUSY held",
       [](Rig& rig) {
         return with_cdev(rig, [&](auto& bus, int group, auto& cdev) {
           REQUIRE(answer(cdev.bind(rig.root.assume())) == "ok");
           return answer(bus.open_group(rig.root.assume(), group));
         });
       }},
      {"BIND_IOMMUFD", "free", "ok",
       [](Rig& rig) {
         return with_cdev(rig, [&](auto&, int, auto& cdev) { return answer(cdev.bind(rig.root.assume())); });
       }},
      {"BIND_IOMMUFD", "its group is open", "EBUSY held",
       [](Rig& rig) {
         return with_cdev(rig, [&](auto& bus, int group, auto& cdev) {
           const auto open = bus.open_group(rig.root.assume(), group);
           REQUIRE(answer(open) == "ok");
           return answer(cdev.bind(rig.root.assume()));
         });
       }},
      {"BIND_IOMMUFD", "bound", "EINVAL invalid",
       [](Rig& rig) {
         return with_cdev(rig, [&](auto&, int, auto& cdev) {
           REQUIRE(answer(cdev.bind(rig.root.assume())) == "ok");
           return answer(cdev.bind(rig.root.assume()));
         });
       }},
      {"BIND_IOMMUFD", "the claim fails", "EPERM not owned",
       [](Rig& rig) {
         return with_cdev(rig, [&](auto& bus, int, auto& cdev) {
           bus.inject(sim::MdevStep::open, EPERM);
           return answer(cdev.bind(rig.root.assume()));
         });
       }},
      {"open device", "all set", "ok", [](Rig& rig) { return open_edu(rig, true); }},
      {"open device", "no IOMMU", "EINVAL invalid", [](Rig& rig) { return open_edu(rig, false); }},
      {"open device", "of another group", "ENODEV gone", [](Rig& rig) { return open_edu(rig, true, example::card); }},
      {"open device", "its device_lock held", "EAGAIN contended",
       [](Rig& rig) {
         rig.give(example::edu, "vfio-pci");
         const Elsewhere held(lock_of(rig, example::edu).device());
         auto container = rig.open_container();
         auto group = rig.open_group(example::edu);
         rig.root.assume();
         REQUIRE(answer(group.set_container(rig.root, container)) == "ok");
         REQUIRE(answer(container.set_iommu(rig.root)) == "ok");
         return answer(group.open_device(rig.root, example::edu));
       }},
  });
  expect_rows({{"open group", "without an IOMMU, privileged", "ok", [](Rig& rig) { return open_edu(rig, true); }},
               {"open group", "without an IOMMU nor a privilege", "EPERM permission",
                [](Rig& rig) {
                  rig.give(example::edu, "vfio-pci");
                  rig.host.machine().set_privileged(false);
                  return answer(rig.host.open_group(rig.root.assume(), rig.group_of(example::edu)));
                }},
               {"open device", "without an IOMMU, the privilege lost", "EPERM permission",
                [](Rig& rig) {
                  rig.give(example::edu, "vfio-pci");
                  auto session = rig.open(example::edu);
                  rig.host.machine().set_privileged(false);
                  return answer(session.group.open_device(rig.root.assume(), example::edu));
                }}},
              with_edu([](sim::FunctionSpec& spec) { spec.no_iommu = true; }));
}

TEST_CASE("Claiming the DMA of a group and using it answers as Linux does") {
  const auto join = [](Rig& rig, pci::Address address) {
    auto container = rig.open_container();
    auto group = rig.open_group(address);
    return answer(group.set_container(rig.root.assume(), container));
  };
  expect_rows({
      {"claim", "nobody uses it", "ok",
       [&](Rig& rig) {
         rig.give(example::edu, "vfio-pci");
         return join(rig, example::edu);
       }},
      {"claim", "a driver does DMA", "EPERM not owned",
       [&](Rig& rig) {
         rig.give(example::pair_a, "vfio-pci");
         return join(rig, example::pair_a);
       }},
      {"claim", "another owner", "EPERM not owned",
       [&](Rig& rig) {
         give_pair(rig);
         auto& ownership = rig.host.machine().find(example::pair_a)->group->ownership;
         const auto claim = ownership.claim(rig.root.assume(), &rig);
         return join(rig, example::pair_a);
       }},
      {"claim", "a foreign domain", "EBUSY held",
       [&](Rig& rig) {
         give_pair(rig);
         auto& ownership = rig.host.machine().find(example::pair_a)->group->ownership;
         REQUIRE(ownership.attach(rig.root.assume()) == ClaimError::none);
         return join(rig, example::pair_a);
       }},
      {"claim", "in a container", "EINVAL invalid",
       [&](Rig& rig) {
         rig.give(example::edu, "vfio-pci");
         auto session = rig.open(example::edu);
         return answer(session.group.set_container(rig.root.assume(), session.container));
       }},
      {"claim", "by nobody", "EINVAL",
       [&](Rig& rig) {
         auto& ownership = rig.host.machine().find(example::pair_a)->group->ownership;
         return std::string(ownership.claim(rig.root.assume(), nullptr).error() == ClaimError::invalid ? "EINVAL"
                                                                                                       : "?");
       }},
      {"use DMA", "in use, on a foreign domain", "EBUSY held",
       [&](Rig& rig) {
         rig.root.assume();
         REQUIRE(answer(rig.host.unbind(rig.root, example::pair_b)) == "ok");
         auto& ownership = rig.host.machine().find(example::pair_a)->group->ownership;
         REQUIRE(ownership.attach(rig.root) == ClaimError::none);
         return answer(rig.host.bind(rig.root, example::pair_b, "e1000e"));
       }},
      {"use DMA", "a user owns the group, drivers_probe", "EINVAL failed",
       [&](Rig& rig) {
         give_pair(rig);
         auto session = rig.open(example::pair_a);
         rig.root.assume();
         REQUIRE(answer(rig.host.unbind(rig.root, example::pair_b)) == "ok");
         REQUIRE(answer(rig.host.set_driver_override(rig.root, example::pair_b, "")) == "ok");
         return answer(rig.host.probe(rig.root, example::pair_b));
       }},
      {"use DMA", "a user owns the group", "EBUSY held",
       [&](Rig& rig) {
         give_pair(rig);
         auto session = rig.open(example::pair_a);
         rig.root.assume();
         REQUIRE(answer(rig.host.unbind(rig.root, example::pair_b)) == "ok");
         REQUIRE(answer(rig.host.set_driver_override(rig.root, example::pair_b, "")) == "ok");
         return answer(rig.host.bind(rig.root, example::pair_b, "e1000e"));
       }},
  });
  expect_rows({{"use DMA", "the group is not ready", "EAGAIN failed",
                [](Rig& rig) { return answer(rig.host.bind(rig.root.assume(), example::edu, "e1000e")); }}},
              with_edu([](sim::FunctionSpec& spec) {
                spec.vendor = 0x8086;
                spec.device = 0x10d3;
                spec.group_ready = false;
              }),
              false);
  // Without a group there is no VFIO device, so that nobody gets to the ENODEV of iommu_device_claim_dma_owner.
  expect_rows({{"use DMA", "no group", "e1000e", [](Rig& rig) { return rig.driver_of(example::edu); }},
               {"claim", "no group", "EINVAL invalid",
                [](Rig& rig) {
                  rig.root.assume();
                  REQUIRE(answer(rig.host.unbind(rig.root, example::edu)) == "ok");
                  REQUIRE(answer(rig.host.set_driver_override(rig.root, example::edu, "vfio-pci")) == "ok");
                  return answer(rig.host.bind(rig.root, example::edu, "vfio-pci"));
                }}},
              with_edu([](sim::FunctionSpec& spec) {
                spec.vendor = 0x8086;
                spec.device = 0x10d3;
                spec.iommu_group = sim::FunctionSpec::no_group;
              }));
}

TEST_CASE("bind, unbind, sriov_numvfs and remove answer as Linux's do") {
  expect_rows({
      {"bind", "no match", "ENODEV gone",
       [](Rig& rig) { return answer(rig.host.bind(rig.root.assume(), example::edu, "e1000e")); }},
      {"bind", "bound", "EBUSY held",
       [](Rig& rig) { return answer(rig.host.bind(rig.root.assume(), example::card, "e1000e")); }},
      {"bind", "no such driver", "ENOENT gone",
       [](Rig& rig) { return answer(rig.host.bind(rig.root.assume(), example::card, "none")); }},
      {"bind", "the driver's probe fails", "EIO failed",
       [](Rig& rig) {
         rig.root.assume();
         REQUIRE(answer(rig.host.unbind(rig.root, example::card)) == "ok");
         rig.host.inject(Operation::bind, example::card, EIO);
         return answer(rig.host.bind(rig.root, example::card, "e1000e"));
       }},
      {"bind", "to VFIO, with virtual functions", "EBUSY held",
       [](Rig& rig) {
         rig.give(example::physical, "pci-pf-stub");
         REQUIRE(write_numvfs(rig, example::physical, "1") == "ok");
         rig.root.assume();
         REQUIRE(answer(rig.host.unbind(rig.root, example::physical)) == "ok");
         REQUIRE(answer(rig.host.set_driver_override(rig.root, example::physical, "vfio-pci")) == "ok");
         return answer(rig.host.bind(rig.root, example::physical, "vfio-pci"));
       }},
      {"bind", "its device_lock held", "waits, ok",
       [](Rig& rig) {
         REQUIRE(answer(rig.host.unbind(rig.root.assume(), example::card)) == "ok");
         return after_waiting(rig, example::card, [&] {
           vfio::ThreadContext other;
           return answer(rig.host.bind(other.assume(), example::card, "e1000e"));
         });
       }},
      {"unbind", "its device_lock held", "waits, ok",
       [](Rig& rig) {
         return after_waiting(rig, example::card, [&] {
           vfio::ThreadContext other;
           return answer(rig.host.unbind(other.assume(), example::card));
         });
       }},
      {"unbind", "no function", "ENODEV gone",
       [](Rig& rig) {
         return answer(rig.host.unbind(rig.root.assume(), {0, 0x42, 0, 0}));
       }},
      {"unbind", "not bound", "ENODEV gone",
       [](Rig& rig) { return answer(rig.host.unbind(rig.root.assume(), example::edu)); }},
      {"sriov_numvfs", "two", "ok", [](Rig& rig) { return write_numvfs(rig, example::physical, "2\n"); }},
      {"sriov_numvfs", "as many as there are", "ok",
       [](Rig& rig) {
         REQUIRE(write_numvfs(rig, example::physical, "2") == "ok");
         return write_numvfs(rig, example::physical, "2");
       }},
      {"sriov_numvfs", "none of none, without a driver", "ok",
       [](Rig& rig) {
         REQUIRE(answer(rig.host.unbind(rig.root.assume(), example::physical)) == "ok");
         return write_numvfs(rig, example::physical, "0");
       }},
      {"sriov_numvfs", "no number", "EINVAL invalid",
       [](Rig& rig) { return write_numvfs(rig, example::physical, "two"); }},
      {"sriov_numvfs", "no 16 bits", "EINVAL invalid",
       [](Rig& rig) { return write_numvfs(rig, example::physical, "65536"); }},
      {"sriov_numvfs", "more than it can have", "ERANGE invalid",
       [](Rig& rig) { return write_numvfs(rig, example::physical, "5"); }},
      {"sriov_numvfs", "another number of them", "EBUSY held",
       [](Rig& rig) {
         REQUIRE(write_numvfs(rig, example::physical, "2") == "ok");
         return write_numvfs(rig, example::physical, "3");
       }},
      {"sriov_numvfs", "no driver", "ENOENT gone",
       [](Rig& rig) {
         REQUIRE(answer(rig.host.unbind(rig.root.assume(), example::physical)) == "ok");
         return write_numvfs(rig, example::physical, "2");
       }},
      {"sriov_numvfs", "a driver that does not support it", "ENOENT gone",
       [](Rig& rig) {
         rig.give(example::physical, "vfio-pci");
         return write_numvfs(rig, example::physical, "2");
       }},
      {"sriov_numvfs", "no SR-IOV", "ENOENT gone", [](Rig& rig) { return write_numvfs(rig, example::card, "1"); }},
      {"remove", "1", "ok", [](Rig& rig) { return write_remove(rig, example::card, "1"); }},
      {"remove", "a virtual function", "ENOTTY unsupported",
       [](Rig& rig) {
         REQUIRE(write_numvfs(rig, example::physical, "1") == "ok");
         return write_remove(rig, example::virtual_a, "1");
       }},
      {"remove", "no number", "EINVAL invalid", [](Rig& rig) { return write_remove(rig, example::card, "now"); }},
      {"remove", "0", "e1000e",
       [](Rig& rig) {
         REQUIRE(write_remove(rig, example::card, "0") == "ok");
         return rig.driver_of(example::card);
       }},
      {"remove", "removed", "ENOENT gone",
       [](Rig& rig) {
         REQUIRE(write_remove(rig, example::card, "1") == "ok");
         return write_remove(rig, example::card, "1");
       }},
  });
  expect_rows({{"bind", "its supplier has no driver", "EAGAIN failed",
                [](Rig& rig) {
                  rig.root.assume();
                  REQUIRE(answer(rig.host.set_driver_override(rig.root, example::edu, "pci-stub")) == "ok");
                  return answer(rig.host.bind(rig.root, example::edu, "pci-stub"));
                }}},
              with_edu([](sim::FunctionSpec& spec) { spec.suppliers = {example::switch_edu}; }));
}

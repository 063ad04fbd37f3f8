// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Return codes and rollbacks of a parent of mediated devices. Races are in tests/model/catalogue/mdev.
#include "devlock/vfio/mdev_parent.hpp"

#include <memory>
#include <string>
#include <vector>

#include "devlock/sync/std.hpp"
#include "support/catch.hpp"

namespace {

using namespace devlock::vfio;
using Base = Mdev<devlock::StdSync>;

// Writes down what it is asked for, and fails where it is told to.
struct Driver {
  struct Device : Base {
    using Base::Base;
  };
  Device* allocate(const Uuid& uuid) {
    if (fails == "allocate") {
      return nullptr;
    }
    log += "allocate ";
    return new Device(uuid);
  }
  int name(Device&) { return step("name"); }
  int attach(ContextFor<device_lock> context, Device& device) {
    (void)context;
    if (publishes_early) {
      device.remove_file.reopen();
      devlock::unchecked_context<VfioOrder> other("a writer of the remove file, while the creation goes on");
      early = MdevParent<devlock::StdSync, Driver>::remove(other, device);
    }
    return step("attach");
  }
  int add_files(Device& device) {
    if (keeps && device.references.get_unless_zero()) {
      kept = &device;
    }
    return step("files");
  }
  void detach(ContextFor<device_lock>, Device&) { log += "detach "; }
  void release(Device& device) {
    log += "release ";
    delete &device;
  }
  int step(const std::string& name) {
    if (fails == name) {
      return ENOMEM;
    }
    log += name + " ";
    return 0;
  }

  std::string fails;
  std::string log;
  bool keeps = false;
  Device* kept = nullptr;
  bool publishes_early = false;
  int early = -1;
};

using Parent = MdevParent<devlock::StdSync, Driver>;

Uuid uuid(unsigned char number) {
  Uuid one;
  one.bytes[15] = number;
  return one;
}

struct Machine {
  MdevList<devlock::StdSync> list;
  Driver driver;

  // With a reference, or null.
  Driver::Device* find(const ThreadContext& root, const Uuid& name) DEVLOCK_REQUIRES(root) {
    devlock::Guard lock{root, list.lock};
    Base* one = list.find(name);
    return one != nullptr && one->references.get_unless_zero() ? static_cast<Driver::Device*>(one) : nullptr;
  }
  void put(const ThreadContext& root, Driver::Device* device) DEVLOCK_REQUIRES(root) {
    Parent::put(root, list, driver, *device);
  }
  int remove(const ThreadContext& root, const Uuid& name) DEVLOCK_REQUIRES(root) {
    Driver::Device* device = find(root, name);
    if (device == nullptr) {
      return ENOENT;
    }
    const int error = Parent::remove(root, *device);
    put(root, device);
    return error;
  }
};

TEST_CASE("A device is made, attached and gets its files; its removal detaches and releases it") {
  Machine machine;
  ThreadContext root;
  Parent parent(machine.list, machine.driver, 2);
  CHECK(parent.create(root, uuid(1)) == 0);
  CHECK(machine.driver.log == "allocate name attach files ");
  CHECK(parent.available(root) == 1);
  machine.driver.log.clear();
  CHECK(machine.remove(root, uuid(1)) == 0);
  CHECK(machine.driver.log == "detach release ");
  CHECK(parent.available(root) == 2);
  CHECK(machine.remove(root, uuid(1)) == ENOENT);
  parent.unregister(root);
}

TEST_CASE("A uuid is unique among the devices of all parents") {
  Machine machine;
  ThreadContext root;
  Parent parent(machine.list, machine.driver, 2);
  Parent other(machine.list, machine.driver, 2);
  CHECK(parent.create(root, uuid(1)) == 0);
  CHECK(parent.create(root, uuid(1)) == EEXIST);
  CHECK(other.create(root, uuid(1)) == EEXIST);
  CHECK(other.create(root, uuid(2)) == 0);
  CHECK(parent.available(root) == 1);
  CHECK(other.available(root) == 1);
  parent.unregister(root);
  CHECK(other.create(root, uuid(1)) == 0);
  other.unregister(root);
}

TEST_CASE("A parent has so many instances, and EEXIST comes before EUSERS") {
  Machine machine;
  ThreadContext root;
  Parent parent(machine.list, machine.driver, 1);
  CHECK(parent.create(root, uuid(1)) == 0);
  CHECK(parent.create(root, uuid(2)) == EUSERS);
  CHECK(parent.create(root, uuid(1)) == EEXIST);
  CHECK(machine.remove(root, uuid(1)) == 0);
  CHECK(parent.create(root, uuid(2)) == 0);
  parent.unregister(root);
  Parent none(machine.list, machine.driver, 0);
  CHECK(none.create(root, uuid(3)) == EUSERS);
  none.unregister(root);
}

// The one who still has a reference may be the creation itself, which gives its own back after it left the gate.
TEST_CASE("A device whose files failed is detached and put once, though its parent leaves before its last reference") {
  Machine machine;
  ThreadContext root;
  Parent parent(machine.list, machine.driver, 1);
  machine.driver.fails = "files";
  machine.driver.keeps = true;
  REQUIRE(parent.create(root, uuid(1)) == ENOMEM);
  REQUIRE(machine.driver.kept != nullptr);
  parent.unregister(root);
  REQUIRE(machine.driver.log == "allocate name attach detach ");
  machine.put(root, machine.driver.kept);
  CHECK(machine.driver.log == "allocate name attach detach release ");
  CHECK(parent.available(root) == 1);
}

TEST_CASE("A creation without memory, at whichever step, leaves nothing behind") {
  const std::vector<std::pair<std::string, std::string>> steps = {
      {"allocate", ""},
      {"name", "allocate release "},
      {"attach", "allocate name release "},
      {"files", "allocate name attach detach release "},
  };
  for (const auto& [step, log] : steps) {
    INFO(step);
    Machine machine;
    ThreadContext root;
    Parent parent(machine.list, machine.driver, 1);
    machine.driver.fails = step;
    CHECK(parent.create(root, uuid(1)) == ENOMEM);
    CHECK(machine.driver.log == log);
    CHECK(parent.available(root) == 1);
    CHECK(machine.find(root, uuid(1)) == nullptr);
    machine.driver.fails.clear();
    CHECK(parent.create(root, uuid(1)) == 0);
    parent.unregister(root);
  }
}

TEST_CASE("A reference keeps the uuid and the instance") {
  Machine machine;
  ThreadContext root;
  Parent parent(machine.list, machine.driver, 1);
  CHECK(parent.create(root, uuid(1)) == 0);
  Driver::Device* held = machine.find(root, uuid(1));
  REQUIRE(held != nullptr);
  CHECK(machine.remove(root, uuid(1)) == 0);
  CHECK(parent.create(root, uuid(1)) == EEXIST);
  CHECK(parent.create(root, uuid(2)) == EUSERS);
  CHECK(parent.available(root) == 0);
  CHECK(Parent::remove(root, *held) == ENODEV);
  machine.put(root, held);
  CHECK(parent.available(root) == 1);
  CHECK(parent.create(root, uuid(1)) == 0);
  parent.unregister(root);
}

TEST_CASE("Unregister removes every device, and refuses what comes afterwards") {
  Machine machine;
  ThreadContext root;
  Parent parent(machine.list, machine.driver, 3);
  CHECK(parent.create(root, uuid(1)) == 0);
  CHECK(parent.create(root, uuid(2)) == 0);
  Driver::Device* held = machine.find(root, uuid(1));
  machine.driver.log.clear();
  parent.unregister(root);
  CHECK(machine.driver.log == "detach release detach ");  // the newest first; the other one is held
  CHECK(parent.available(root) == 3);
  CHECK(parent.create(root, uuid(3)) == ENODEV);
  CHECK(Parent::remove(root, *held) == ENODEV);
  machine.put(root, held);
}

TEST_CASE("A reference may outlive the parent: the uuid is its own until the end") {
  Machine machine;
  ThreadContext root;
  Driver::Device* held = nullptr;
  {
    Parent parent(machine.list, machine.driver, 1);
    CHECK(parent.create(root, uuid(1)) == 0);
    held = machine.find(root, uuid(1));
    parent.unregister(root);
  }
  Parent next(machine.list, machine.driver, 1);
  CHECK(next.create(root, uuid(1)) == EEXIST);
  machine.put(root, held);
  CHECK(next.available(root) == 1);
  CHECK(next.create(root, uuid(1)) == 0);
  next.unregister(root);
}

TEST_CASE("Whoever removes a device whose creation is not over is told to try again, and the file stays") {
  Machine machine;
  ThreadContext root;
  machine.driver.publishes_early = true;
  Parent parent(machine.list, machine.driver, 1);
  CHECK(parent.create(root, uuid(1)) == 0);
  CHECK(machine.driver.early == EAGAIN);
  CHECK(machine.remove(root, uuid(1)) == 0);
  parent.unregister(root);
}

}  // namespace

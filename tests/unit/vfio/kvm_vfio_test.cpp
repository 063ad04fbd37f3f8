// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A VM, its kvm-vfio device, the files that know it and the devices that have it. Races are in tests/model/catalogue/kvm_vfio.
#include "devlock/vfio/kvm_vfio.hpp"

#include <memory>

#include "devlock/sync/std.hpp"
#include "devlock/vfio/device_opens.hpp"
#include "devlock/vfio/kvm_vm.hpp"
#include "support/catch.hpp"

namespace {

using namespace devlock::vfio;
using devlock::Guard;
using devlock::StdSync;

struct End {
  int* ended;
  template <class Context, class Vm>
  void destroy(const Context&, Vm&) {
    ++*ended;
  }
};
using Vm = KvmVm<StdSync, End>;
struct Group {
  KvmPointer<StdSync, Vm> kvm;
};
using File = std::shared_ptr<Group>;
using Device = KvmVfio<StdSync, File, Vm>;
using Opens = DeviceOpens<StdSync, Vm>;
using DevSet = devlock::Ordered<dev_set_lock, std::mutex>;

// What an open or a close was given.
struct Seen {
  Vm* vm = nullptr;
  int times = 0;
};

int open(const ThreadContext& root, DevSet& set, Opens& opens, Group& group, Seen& seen, int error = 0)
    DEVLOCK_REQUIRES(root) {
  Guard guard{root, set};
  return opens.open(guard, group.kvm, [&](const auto&, Vm* vm) {
    seen = {vm, seen.times + 1};
    return error;
  });
}
void close(const ThreadContext& root, DevSet& set, Opens& opens, Seen& seen) DEVLOCK_REQUIRES(root) {
  Guard guard{root, set};
  opens.close(guard, [&](const auto&, Vm* vm) { seen = {vm, seen.times + 1}; });
}

TEST_CASE("A VM has one kvm-vfio device, which is a user of it") {
  ThreadContext root;
  int ended = 0;
  Vm vm{End{&ended}};
  Device device;
  Device other;
  CHECK(device.create(root, vm) == 0);
  CHECK(vm.users() == 2);
  CHECK(other.create(root, vm) == EBUSY);
  CHECK(vm.users() == 2);
  CHECK(device.release(root, vm).empty());
  CHECK(vm.users() == 1);
  CHECK(other.create(root, vm) == 0);
  vm.put(root);
  CHECK(ended == 0);
  CHECK(other.release(root, vm).empty());
  CHECK(ended == 1);
}

TEST_CASE("A file is added once, and knows the VM until it is taken off or the device goes") {
  ThreadContext root;
  int ended = 0;
  Vm vm{End{&ended}};
  Device device;
  const File first = std::make_shared<Group>();
  const File second = std::make_shared<Group>();
  REQUIRE(device.create(root, vm) == 0);
  CHECK(device.remove(root, first) == ENOENT);
  CHECK(device.add(root, first, vm) == 0);
  CHECK(device.add(root, first, vm) == EEXIST);
  CHECK(device.add(root, second, vm) == 0);
  CHECK(first->kvm.get(root) == &vm);
  vm.put(root);
  CHECK(device.remove(root, first) == 0);
  CHECK(first->kvm.get(root) == nullptr);
  CHECK(first.use_count() == 1);
  CHECK(second->kvm.get(root) == &vm);
  vm.put(root);
  {
    const auto files = device.release(root, vm);
    REQUIRE(files.size() == 1);
    CHECK(files[0] == second);
    CHECK(second.use_count() == 2);  // the caller's, to drop when nothing is held
  }
  CHECK(second.use_count() == 1);
  CHECK(second->kvm.get(root) == nullptr);
  vm.put(root);
  CHECK(ended == 1);
}

TEST_CASE("A pointer gives a reference with the VM, and none once its last user left") {
  ThreadContext root;
  int ended = 0;
  Vm vm{End{&ended}};
  KvmPointer<StdSync, Vm> pointer;
  CHECK(pointer.get(root) == nullptr);
  pointer.set(root, &vm);
  CHECK(pointer.get(root) == &vm);
  CHECK(vm.users() == 2);
  vm.put(root);
  vm.put(root);
  CHECK(ended == 1);
  CHECK(pointer.get(root) == nullptr);
}

TEST_CASE("A device has its VM from the first open to the last close, whatever its group knows meanwhile") {
  ThreadContext root;
  int ended = 0;
  Vm vm{End{&ended}};
  Group group;
  DevSet set;
  Opens opens;
  Seen opened;
  Seen closed;
  group.kvm.set(root, &vm);
  CHECK(open(root, set, opens, group, opened) == 0);
  CHECK(opened.vm == &vm);
  CHECK(opens.vm() == &vm);
  CHECK(open(root, set, opens, group, opened) == 0);
  CHECK(opened.times == 1);
  CHECK(opens.count() == 2);
  CHECK(vm.users() == 2);
  group.kvm.set(root, nullptr);
  vm.put(root);
  close(root, set, opens, closed);
  CHECK(closed.times == 0);
  CHECK(ended == 0);
  close(root, set, opens, closed);
  CHECK(closed.times == 1);
  CHECK(closed.vm == &vm);
  CHECK(ended == 1);  // inline
  CHECK(opens.vm() == nullptr);
}

TEST_CASE("A first open that fails leaves the device closed and the VM alone") {
  ThreadContext root;
  int ended = 0;
  Vm vm{End{&ended}};
  Group group;
  DevSet set;
  Opens opens;
  Seen seen;
  group.kvm.set(root, &vm);
  CHECK(open(root, set, opens, group, seen, EIO) == EIO);
  CHECK(seen.vm == &vm);
  CHECK(opens.count() == 0);
  CHECK(opens.vm() == nullptr);
  CHECK(vm.users() == 1);
  group.kvm.set(root, nullptr);
  CHECK(open(root, set, opens, group, seen) == 0);
  CHECK(seen.vm == nullptr);
  close(root, set, opens, seen);
  vm.put(root);
  CHECK(ended == 1);
}

}  // namespace

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A VM that is destroyed while its group is being opened: the device gets the VM and keeps it until its own close, which then destroys
// it under group_lock and dev_set->lock, or it comes too late and has none. In January 2023 Linux could hang here.
#pragma once

#include <barrier>
#include <thread>

#include "devlock/backend/sim/example.hpp"
#include "devlock/backend/sim/mdev_bus.hpp"
#include "tally.hpp"

class VmEnds {
 public:
  using Bus = devlock::sim::MdevBus<devlock::StdSync>;
  using Context = devlock::vfio::ThreadContext;

  /// `keeps_a_user`: a descriptor that nobody closes in time keeps each VM. Wrong, for a test of the rules.
  VmEnds(devlock::sim::Host& host, Bus& bus, Tally& tally, bool keeps_a_user)
      : host_(host), bus_(bus), tally_(tally), keeps_a_user_(keeps_a_user) {}

  void round() {
    Context root;
    tally_.expect(bus_.register_parent(parent, 1).has_value(), "a parent registers");
    tally_.expect(bus_.create(root, parent, uuid).has_value(), "there is room for a device");
    {
      auto group = bus_.open_group(root, bus_.devices(root).front().group);
      auto container = host_.open_container();
      tally_.expect(container.has_value() && group->set_container(root, *container).has_value() &&
                        container->set_iommu(root).has_value(),
                    "a group takes a container");
      auto vm = host_.create_vm(root);
      tally_.expect(group.has_value() && vm.has_value() && vm->attach(root, *group).has_value(),
                    "a group is attached to a VM");
      auto forgotten = keeps_a_user_ ? group->open_device(root, uuid) : no_device();
      std::barrier together(2);
      std::thread closes([&] {
        Context own;
        together.arrive_and_wait();
        this->tally_.expect(vm->close(own).has_value(), "a VM is closed");
      });
      together.arrive_and_wait();
      open_and_close(root, *group);
      closes.join();
      tally_.expect(host_.machine().vms->value() == 0, "the last user destroyed the VM");
    }
    tally_.expect(bus_.unregister_parent(root, parent).has_value(), "a parent unregisters");
  }

 private:
  static constexpr const char* parent = "matrix";
  static constexpr const char* uuid = "529654a9-bea4-461a-b64d-9d9c63df0deb";

  static devlock::Result<devlock::sim::MdevFile<devlock::StdSync>> no_device() {
    return devlock::failure(
        devlock::make_error(devlock::Operation::open_device, "mdev", ENODEV, "nobody asked for it"));
  }
  void open_and_close(const Context& root, devlock::sim::MdevGroupHandle<devlock::StdSync>& group)
      DEVLOCK_REQUIRES(root) {
    auto device = group.open_device(root, uuid);
    tally_.expect(device.has_value(), "a device is opened whatever becomes of its VM");
    if (!device) {
      return;
    }
    const bool with_vm = *device->has_vm(root);
    tally_.count(with_vm ? "opened with the VM" : "opened without the VM");
    tally_.expect(!with_vm || host_.machine().vms->value() == 1, "an open device keeps its VM");
    tally_.expect(device->close(root).has_value(), "an open device is closed");
  }

  devlock::sim::Host& host_;
  Bus& bus_;
  Tally& tally_;
  const bool keeps_a_user_;
};

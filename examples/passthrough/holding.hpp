// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A group in the hands of one VM: container, group, VM, and the devices opened through it. Taken step by step, given back in reverse,
// whatever happened. The functions are with vfio-pci already.
#pragma once

#include <deque>
#include <optional>

#include "devlock/backend/concept.hpp"
#include "journal.hpp"

namespace passthrough {

template <devlock::Backend Host>
class Holding {
 public:
  using Root = devlock::vfio::ThreadContext;
  using Group = typename Host::Group;
  using Device = typename Group::Device;
  using Result = devlock::Result<void>;

  Holding(Host& host, const Actor& actor, int group) : host_(host), actor_(actor), id_(group) {}

  /// Container, group, IOMMU and VM. `held`: somebody else has the group, which is no failure where `contended` is true.
  Result open(const Root& root, bool contended = false) DEVLOCK_REQUIRES(root) {
    auto container = actor_.step(root, {"open container"}, [&] { return host_.open_container(); });
    if (!container) {
      return devlock::failure(container.error());
    }
    container_.emplace(std::move(*container));
    Actor::About about{"open group", name()};
    if (contended) {
      about.expected_too = devlock::ErrorClass::held;
    }
    auto group = actor_.step(root, std::move(about), [&] { return host_.open_group(root.assume(), id_); });
    if (!group) {
      return devlock::failure(group.error());
    }
    group_.emplace(std::move(*group));
    if (auto set = actor_.step(root, {"VFIO_GROUP_SET_CONTAINER", name()},
                               [&] { return group_->set_container(root.assume(), *container_); });
        !set) {
      return set;
    }
    if (auto set = actor_.step(root, {"VFIO_SET_IOMMU"}, [&] { return container_->set_iommu(root.assume()); }); !set) {
      return set;
    }
    return attach(root);
  }
  Result open_device(const Root& root, devlock::pci::Address address) DEVLOCK_REQUIRES(root) {
    auto device = actor_.step(root, {"VFIO_GROUP_GET_DEVICE_FD", to_string(address)},
                              [&] { return group_->open_device(root.assume(), address); });
    if (!device) {
      return devlock::failure(device.error());
    }
    devices_.push_back(std::move(*device));
    return {};
  }
  [[nodiscard]] Group& group() { return *group_; }
  [[nodiscard]] Device& device(std::size_t place) { return devices_[place]; }

  /// Everything that was taken, the last first. The first error is returned, and the rest is given back.
  Result close(const Root& root) DEVLOCK_REQUIRES(root) {
    Result outcome;
    const auto also = [&](const Result& step) {
      if (outcome && !step) {
        outcome = step;
      }
    };
    for (; !devices_.empty(); devices_.pop_back()) {
      also(actor_.step(root, {"close device", to_string(devices_.back().address())},
                       [&] { return devices_.back().close(root.assume()); }));
    }
    if (attached_) {
      also(actor_.step(root, {"KVM_DEV_VFIO_FILE_DEL", name()}, [&] { return vm_->detach(root.assume(), *group_); }));
    }
    if (group_) {
      also(actor_.step(root, {"close group", name()}, [&] { return group_->close(root.assume()); }));
    }
    if (vm_) {
      also(actor_.step(root, {"close VM"}, [&] { return vm_->close(root.assume()); }));
    }
    attached_ = false;
    group_.reset();
    vm_.reset();
    container_.reset();
    return outcome;
  }

 private:
  Result attach(const Root& root) DEVLOCK_REQUIRES(root) {
    auto vm = actor_.step(root, {"create VM", {}, {}, {devlock::ErrorClass::gone, devlock::ErrorClass::unsupported}},
                          [&] { return host_.create_vm(root.assume()); });
    if (!vm) {
      const auto why = vm.error().error_class;
      return why == devlock::ErrorClass::gone || why == devlock::ErrorClass::unsupported ? Result()
                                                                                         : devlock::failure(vm.error());
    }
    vm_.emplace(std::move(*vm));
    Result done =
        actor_.step(root, {"KVM_DEV_VFIO_FILE_ADD", name()}, [&] { return vm_->attach(root.assume(), *group_); });
    attached_ = done.has_value();
    return done;
  }
  [[nodiscard]] std::string name() const { return "group " + std::to_string(id_); }

  Host& host_;
  const Actor& actor_;
  int id_;
  // In the order in which they are taken, so that they go in reverse whatever happens.
  std::optional<typename Group::Container> container_;
  std::optional<Group> group_;
  std::optional<typename Host::Vm> vm_;
  bool attached_ = false;
  std::deque<Device> devices_;
};

}  // namespace passthrough

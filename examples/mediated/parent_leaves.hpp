// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Two mediated devices whose parent unregisters: one is open when that begins, one is being created, opened and removed by another
// thread all the while. The unregistration waits for the open one and ends; nothing is left, whoever came first.
#pragma once

#include <atomic>
#include <string>
#include <thread>

#include "devlock/backend/sim/host.hpp"
#include "devlock/backend/sim/mdev_bus.hpp"
#include "devlock/sync/std.hpp"
#include "tally.hpp"

class ParentLeaves {
 public:
  using Bus = devlock::sim::MdevBus<devlock::StdSync>;
  using Context = devlock::vfio::ThreadContext;

  ParentLeaves(devlock::sim::Host& host, Bus& bus, Tally& tally) : host_(host), bus_(bus), tally_(tally) {}

  void round() {
    Context root;
    expect_ok(bus_.register_parent(parent, 2), "a parent that is gone may register again");
    tally_.expect(available(root) == 2, "available and live instances are the maximum");
    expect_ok(bus_.create(root, parent, held), "there is room for the first device");
    {
      auto group = open_group(root);
      auto device = group->open_device(root, held);
      tally_.expect(device.has_value(), "the device of a group is opened through it");
      std::thread other([this] { this->come_and_go(); });
      std::thread unregisters([this] {
        Context own;
        this->expect_ok(this->bus_.unregister_parent(own, parent), "a parent unregisters once");
        this->tally_.expect(this->closed_.load(), "unregister waits for the descriptor that is open");
      });
      bus_.await_removal_wait(root, held);
      tally_.count("unregister waited for a descriptor");
      tally_.expect(!group->open_device(root, held).has_value(), "a device that is leaving is not opened");
      closed_.store(true);
      expect_ok(device->close(root), "an open device is closed");
      unregisters.join();
      tally_.expect(bus_.devices(root).empty(), "after unregister there is no child");
      other.join();
    }
    tally_.expect(bus_.devices(root).empty(), "after unregister nobody creates one");
    closed_.store(false);
  }

 private:
  static constexpr const char* parent = "mtty";
  static constexpr const char* held = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001";
  static constexpr const char* moving = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1002";

  void expect_ok(const devlock::Result<void>& result, const char* rule) { tally_.expect(result.has_value(), rule); }
  unsigned available(const Context& root) DEVLOCK_REQUIRES(root) {
    const auto left = bus_.available(root, parent);
    return left ? *left + static_cast<unsigned>(bus_.devices(root).size()) : 0U;
  }
  devlock::Result<devlock::sim::MdevGroupHandle<devlock::StdSync>> open_group(const Context& root)
      DEVLOCK_REQUIRES(root) {
    auto group = bus_.open_group(root, bus_.devices(root).front().group);
    auto container = host_.open_container();
    tally_.expect(group.has_value() && container.has_value() && group->set_container(root, *container).has_value() &&
                      container->set_iommu(root).has_value(),
                  "a group that is not open is opened, and takes a container");
    return group;
  }
  // Until the parent is leaving.
  void come_and_go() {
    Context root;
    for (bool there = true; there;) {
      const auto made = bus_.create(root, parent, moving);
      tally_.count(made ? "created" : std::string("create: ") + devlock::errno_name(made.error().error_number));
      there = made.has_value();
      if (there) {
        const auto removed = bus_.remove(root, moving);
        tally_.count(removed ? "removed" : std::string("remove: ") + devlock::errno_name(removed.error().error_number));
      }
    }
  }

  devlock::sim::Host& host_;
  Bus& bus_;
  Tally& tally_;
  std::atomic<bool> closed_{false};
};

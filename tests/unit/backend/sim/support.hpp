// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What the simulator's tests share: an example host with somebody who looks on, and a way to ask a result for everything that
// an error owes its reader.
#pragma once

#include <atomic>
#include <string>
#include <thread>
#include <utility>

#include "devlock/backend/sim/example.hpp"
#include "devlock/backend/sim/observer.hpp"
#include "support/catch.hpp"

namespace sim_test {

using namespace devlock;
namespace example = sim::example;

/// "ok", or what an error is: "EBUSY held". A field that an error must fill and does not, is said instead.
template <class T>
std::string answer(const Result<T>& result) {
  if (result) {
    return "ok";
  }
  const Error& error = result.error();
  if (error.object.empty() || error.reason.empty() || error.remedy.empty()) {
    return "an error with an empty field: " + to_string(error);
  }
  return std::string(errno_name(error.error_number)) + ' ' + to_string(error.error_class);
}

template <Sync S>
struct BasicSession {
  sim::Container<S> container;
  sim::Group<S> group;
  sim::Device<S> device;
};

template <Sync S>
struct BasicRig {
  explicit BasicRig(sim::BasicHost<S> other = sim::basic_example_host<S>()) : host(std::move(other)) {}

  sim::BasicHost<S> host;
  sim::Observer<S> observer{host};
  vfio::ThreadContext root;

  ~BasicRig() {
    const auto held = observer.held_locks();
    for (const std::string& lock : held) {
      UNSCOPED_INFO("still held: " << lock);
    }
    CHECK(held.empty());
  }

  int group_of(pci::Address address) { return host.device(address)->iommu_group; }
  std::string driver_of(pci::Address address) { return host.device(address)->driver; }

  /// Gives the function to `driver`, whatever drives it now.
  void give(pci::Address address, const char* driver) {
    root.assume();
    if (!driver_of(address).empty()) {
      REQUIRE(answer(host.unbind(root, address)) == "ok");
    }
    REQUIRE(answer(host.set_driver_override(root, address, driver)) == "ok");
    REQUIRE(answer(host.bind(root, address, driver)) == "ok");
  }
  sim::Group<S> open_group(pci::Address address) {
    root.assume();
    auto group = host.open_group(root, group_of(address));
    REQUIRE(answer(group) == "ok");
    return std::move(*group);
  }
  sim::Container<S> open_container() {
    auto container = host.open_container();
    REQUIRE(answer(container) == "ok");
    return std::move(*container);
  }
  sim::Device<S> open_device(sim::Group<S>& group, pci::Address address) {
    root.assume();
    auto device = group.open_device(root, address);
    REQUIRE(answer(device) == "ok");
    return std::move(*device);
  }
  /// Container, group, IOMMU and device of a function whose whole group is with VFIO.
  BasicSession<S> open(pci::Address address) {
    root.assume();
    auto container = open_container();
    auto group = open_group(address);
    REQUIRE(answer(group.set_container(root, container)) == "ok");
    REQUIRE(answer(container.set_iommu(root)) == "ok");
    auto device = open_device(group, address);
    return {std::move(container), std::move(group), std::move(device)};
  }
};

/// A lock that another thread holds for as long as this lives.
class Elsewhere {
 public:
  template <class Lock>
  explicit Elsewhere(Lock& lock)
      : thread_([this, &lock] {
          vfio::ThreadContext root;
          const Guard guard{root.assume(), lock};
          held_.store(true);
          held_.notify_all();
          over_.wait(false);
        }) {
    held_.wait(false);
  }
  ~Elsewhere() {
    over_.store(true);
    over_.notify_all();
    thread_.join();
  }
  Elsewhere(const Elsewhere&) = delete;
  Elsewhere& operator=(const Elsewhere&) = delete;

 private:
  std::atomic<bool> held_{false};
  std::atomic<bool> over_{false};
  std::thread thread_;
};

using Rig = BasicRig<StdSync>;
using Session = BasicSession<StdSync>;

}  // namespace sim_test

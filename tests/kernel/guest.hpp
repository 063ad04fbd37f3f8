// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What the tests inside the guest share: the devices that guest_init.sh names, a device assigned to VFIO for the length of
// a scope, and a thread whose wait in the kernel can be seen. No test sleeps: "blocks" is read from /proc, not from a clock.
#pragma once

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "devlock/backend/linux/host.hpp"
#include "support/catch.hpp"

namespace guest {

using Host = devlock::linux_host::Host;
using devlock::ErrorClass;
using devlock::Operation;
using devlock::Result;
using devlock::pci::Address;
using Context = devlock::vfio::ThreadContext;
using Container = Host::Group::Container;

/// The function that the guest put into the environment under this name.
inline Address device_named(const char* name) {
  const char* text = std::getenv(name);
  INFO("environment variable " << name);
  REQUIRE(text != nullptr);
  const auto address = devlock::pci::parse_address(text);
  REQUIRE(address);
  return *address;
}
inline Address edu() {
  return device_named("DEVLOCK_EDU");
}  // directly below a root port
inline Address switch_edu() {
  return device_named("DEVLOCK_SWITCH_EDU");
}  // below a switch
inline Address switch_nic() {
  return device_named("DEVLOCK_SWITCH_NIC");
}  // its neighbour there, in a group of its own
inline Address pair_first() {
  return device_named("DEVLOCK_PAIR_0");
}  // two functions of one slot: one group
inline Address pair_second() {
  return device_named("DEVLOCK_PAIR_1");
}
inline Address nvme() {
  return device_named("DEVLOCK_NVME");
}  // directly below a root port

/// The value, or a failed test that says why there is none.
template <class T>
T value(Result<T> result) {
  if (!result) {
    FAIL(to_string(result.error()));
  }
  if constexpr (!std::is_void_v<T>) {
    return std::move(*result);
  }
}

/// The error, or a failed test.
template <class T>
devlock::Error error(Result<T> result) {
  REQUIRE_FALSE(result);
  UNSCOPED_INFO(to_string(result.error()));
  return std::move(result.error());
}

/// Descriptors that this process has open.
inline std::ptrdiff_t open_descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
}

/// Fails the test if more or fewer descriptors are open at the end of the scope than at its start. The first thing in a test.
class NothingOpen {
 public:
  NothingOpen() = default;
  NothingOpen(const NothingOpen&) = delete;
  NothingOpen& operator=(const NothingOpen&) = delete;
  ~NothingOpen() { CHECK(open_descriptors() == before_); }

 private:
  std::ptrdiff_t before_ = open_descriptors();
};

/// A device bound to a driver, vfio-pci unless told, until the end of the scope; then the driver that it prefers.
class Assigned {
 public:
  Assigned(Host& host, Context& context, Address address, std::string_view driver = "vfio-pci")
      : host_(host), context_(context), address_(address) {
    unbind();
    value(host_.set_driver_override(context_.assume(), address_, driver));
    REQUIRE(value(host_.probe(context_.assume(), address_)) == driver);
  }
  Assigned(const Assigned&) = delete;
  Assigned& operator=(const Assigned&) = delete;
  ~Assigned() {
    unbind();
    (void)host_.set_driver_override(context_.assume(), address_, "");
    (void)host_.probe(context_.assume(), address_);
  }

 private:
  void unbind() {
    if (const auto info = host_.device(address_); info && !info->driver.empty()) {
      (void)host_.unbind(context_.assume(), address_);
    }
  }

  Host& host_;
  Context& context_;
  Address address_;
};

/// An open device with its group and container; the members are destroyed in the order that the kernel wants.
struct Session {
  Container container;
  Host::Group group;
  Host::Group::Device device;

  static Session open(Host& host, Context& context, Address address) DEVLOCK_REQUIRES(context) {
    Container container = value(host.open_container());
    Host::Group group = value(host.open_group(context, value(host.device(address)).iommu_group));
    value(group.set_container(context, container));
    value(container.set_iommu(context));
    Host::Group::Device device = value(group.open_device(context, address));
    return Session{std::move(container), std::move(group), std::move(device)};
  }
};

/// A thread that runs one operation, with a context of its own, and where it waits. Declare it before the session that the
/// operation waits for: a test that fails closes the session first, and then the thread ends.
template <class T>
class Worker {
 public:
  Worker() = default;
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() {
    if (thread_.joinable()) {
      thread_.join();
    }
  }

  template <class Body>
  void start(Body body) {
    thread_ = std::thread([this, body = std::move(body)] {
      Context context;
      id_ = static_cast<int>(::syscall(SYS_gettid));
      result_.emplace(body(context));
      finished_ = true;
    });
  }
  /// The kernel function in which the thread sleeps, without what the compiler appends to its name, or "0" while it runs.
  [[nodiscard]] std::string waits_in() const {
    std::string where = "0";
    std::ifstream("/proc/self/task/" + std::to_string(id_) + "/wchan") >> where;
    return where.substr(0, where.find('.'));
  }
  /// Whether it sleeps in one of these.
  [[nodiscard]] bool waits_in(std::span<const std::string_view> functions) const {
    return std::find(functions.begin(), functions.end(), waits_in()) != functions.end();
  }
  /// Returns once the thread sleeps in one of these kernel functions; fails if it ends without, or stays in another one.
  void wait_until_in(std::span<const std::string_view> functions) const {
    constexpr int patience = 20000;  // looks that find it in the same place, more than any operation sleeps
    std::string before;
    for (int looks = 0; looks != patience; ++looks) {
      std::string now = waits_in();
      if (std::find(functions.begin(), functions.end(), now) != functions.end()) {
        return;
      }
      if (finished_) {
        FAIL("the operation ended and never waited in " << functions.front());
      }
      if (now == "0" || now != before) {
        looks = 0;
      }
      before = std::move(now);
      std::this_thread::yield();
    }
    FAIL("the operation waits in " << before << " and not in " << functions.front());
  }
  void wait_until_in(std::string_view function) const { wait_until_in(std::span(&function, 1)); }
  [[nodiscard]] bool finished() const { return finished_; }
  Result<T> join() {
    thread_.join();
    return std::move(*result_);
  }

 private:
  std::atomic<int> id_{0};
  std::atomic<bool> finished_{false};
  std::optional<Result<T>> result_;
  std::thread thread_;
};

/// Where an unbind waits for open descriptors, in 6.1 and 6.12. drivers/vfio/vfio_main.c
inline constexpr char unbind_waits_in[] = "vfio_unregister_group_dev";

}  // namespace guest

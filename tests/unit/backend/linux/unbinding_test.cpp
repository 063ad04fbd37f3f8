// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// An unbind that is abandoned goes on and is answered; what waits for it sees where it is.
#include "devlock/backend/linux/unbinding.hpp"

#include <chrono>
#include <future>
#include <memory>
#include <utility>

#include "support/catch.hpp"
#include "unit/backend/linux/errors.hpp"
#include "unit/backend/linux/machine.hpp"

using namespace fake;
using devlock::ErrorClass;
using devlock::Operation;
using devlock::Result;
using devlock::linux_host::Progress;
using Unbinding = devlock::linux_host::Unbinding<Host>;

namespace {
// The unbind of the first function waits until the "descriptor" is closed.
struct Rig : Machine {
  Rig() {
    kernel.stores[device_path(first) + "/driver/unbind"] = [this](FakeKernel& own, std::string_view) {
      waits.set_value();
      closed.get_future().wait();
      own.links.erase(device_path(first) + "/driver");
      return outcome;
    };
  }
  std::promise<void> waits;
  std::promise<void> closed;
  long outcome = 0;
};
constexpr auto passed = [] { return std::chrono::steady_clock::now() - std::chrono::seconds(1); };
}  // namespace

TEST_CASE("an unbind that waits is seen waiting, and ends with the close", "[unbinding]") {
  Rig rig;
  rig.root.assume();
  auto unbinding = Unbinding::start(rig.host, first);
  REQUIRE(unbinding);
  rig.waits.get_future().wait();
  CHECK(unbinding->progress() == Progress::asked);
  CHECK(unbinding->thread() > 0);
  CHECK_FALSE(unbinding->answer());
  CHECK_FALSE(unbinding->wait_until(rig.root, passed()));
  rig.closed.set_value();
  CHECK(unbinding->wait(rig.root));
  CHECK(unbinding->wait_until(rig.root, passed()));
  CHECK(unbinding->progress() == Progress::done);
  REQUIRE(unbinding->answer());
  CHECK(unbinding->answer()->has_value());
  CHECK(rig.kernel.open_descriptors() == 0);
}

TEST_CASE("its error is the unbind's own", "[unbinding]") {
  Rig rig;
  rig.root.assume();
  rig.outcome = -ENODEV;
  rig.closed.set_value();
  auto unbinding = Unbinding::start(rig.host, first);
  REQUIRE(unbinding);
  expect(unbinding->wait(rig.root),
         {Operation::unbind, ENODEV, ErrorClass::gone, "0000:01:00.0", "no driver is bound"});
  expect(*unbinding->answer(), {Operation::unbind, ENODEV, ErrorClass::gone, "0000:01:00.0", "no driver is bound"});
}

TEST_CASE("an unbind that is abandoned goes on: the kernel has its answer though nobody asks for it", "[unbinding]") {
  Rig rig;
  auto left = std::make_shared<std::promise<void>>();
  auto gone = left->get_future();
  // The last thing that the thread uses is its copy of the host.
  struct Last {
    std::shared_ptr<std::promise<void>> left;
    Host host;
    ~Last() {
      if (left.use_count() == 1) {
        left->set_value();
      }
    }
    Last(std::shared_ptr<std::promise<void>> told, Host own) : left(std::move(told)), host(std::move(own)) {}
    Last(const Last&) = default;
    Last(Last&&) = default;
    Last& operator=(const Last&) = delete;
    Last& operator=(Last&&) = delete;
    Result<void> unbind(devlock::vfio::ContextFor<devlock::vfio::device_lock> context, Address address)
        DEVLOCK_REQUIRES(context) {
      return host.unbind(context.again(), address);
    }
  };
  {
    auto unbinding = devlock::linux_host::Unbinding<Last>::start(Last(left, rig.host), first);
    REQUIRE(unbinding);
    rig.waits.get_future().wait();
    left.reset();
  }
  CHECK(gone.wait_for(std::chrono::seconds(0)) == std::future_status::timeout);  // it waits still
  rig.closed.set_value();
  gone.wait();
  CHECK_FALSE(rig.kernel.links.contains(device_path(first) + "/driver"));
  CHECK(rig.kernel.open_descriptors() == 0);
  CHECK(rig.kernel.misuses.empty());
}

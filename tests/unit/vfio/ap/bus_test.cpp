// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The AP bus: masks, and queues that change hands with them.
#include "devlock/vfio/ap/bus.hpp"

#include <thread>

#include "unit/vfio/ap/support.hpp"

namespace {

using namespace test::ap;

TEST_CASE("A queue in both masks is the host's, else vfio_ap's") {
  ApHost host(8, 8);
  host.root.assume();
  REQUIRE(host.bus.plug(host.root, {4, 6}));
  CHECK(host.bus.driver(host.root, {4, 6}) == QueueDriver::host);
  REQUIRE(host.bus.store(host.root, Dimension::adapter, "-4"));
  CHECK(host.bus.driver(host.root, {4, 6}) == QueueDriver::vfio_ap);
  REQUIRE(host.bus.store(host.root, Dimension::domain, "-6"));
  REQUIRE(host.bus.store(host.root, Dimension::adapter, "+4"));
  CHECK(host.bus.driver(host.root, {4, 6}) == QueueDriver::vfio_ap);
  REQUIRE(host.bus.store(host.root, Dimension::domain, std::string("0x").append(64, 'f')));
  CHECK(host.bus.driver(host.root, {4, 6}) == QueueDriver::host);
  CHECK(host.bus.masks(host.root).adapters == Mask::all());
}

TEST_CASE("A queue gets the driver that the masks say when it is plugged") {
  ApHost host(2, 2);
  host.root.assume();
  REQUIRE(host.bus.store(host.root, Dimension::adapter, "-1"));
  CHECK(host.bus.driver(host.root, {1, 0}) == QueueDriver::none);
  REQUIRE(host.bus.plug(host.root, {1, 0}));
  CHECK(host.bus.driver(host.root, {1, 0}) == QueueDriver::vfio_ap);
  REQUIRE(host.bus.unplug(host.root, {1, 0}));
  CHECK(host.bus.driver(host.root, {1, 0}) == QueueDriver::none);
}

TEST_CASE("Return codes of the bus") {
  ApHost host(8, 8);
  host.root.assume();
  host.give({4});
  Mdev mdev;
  REQUIRE(host.matrix.add(host.root, mdev));
  host.assign(mdev, {{4}, {6}, {}});

  for (const char* malformed : {"0xz", "+256", "4-5", "+7-3"}) {
    CHECK(errno_of(host.bus.store(host.root, Dimension::adapter, malformed)) == EINVAL);
    CHECK(errno_of(host.bus.store(host.root, Dimension::domain, malformed)) == EINVAL);
  }
  CHECK(errno_of(host.bus.store(host.root, Dimension::control_domain, "+1")) == EINVAL);

  const auto busy = host.bus.store(host.root, Dimension::adapter, "+4");
  REQUIRE(errno_of(busy) == EBUSY);
  CHECK(busy.error().error_class == ErrorClass::held);
  CHECK(to_string(busy.error()) ==
        "store apmask: held (EBUSY): an mdev has a queue that would become the host's; unassign it first");
  CHECK_FALSE(host.bus.masks(host.root).adapters.test(4));

  CHECK(errno_of(host.bus.plug(host.root, {4, 6})) == EEXIST);
  CHECK(errno_of(host.bus.plug(host.root, {8, 0})) == ENODEV);
  CHECK(errno_of(host.bus.plug(host.root, {0, 8})) == ENODEV);
  CHECK(errno_of(host.bus.unplug(host.root, {0, 0})) == ENODEV);
  CHECK(errno_of(host.bus.unplug(host.root, {400, 0})) == ENODEV);
  CHECK(host.bus.driver(host.root, {400, 0}) == QueueDriver::none);
}

TEST_CASE("A mask that changes nothing is success, whoever has the queues") {
  ApHost host(8, 8);
  host.root.assume();
  host.give({4});
  Mdev mdev;
  REQUIRE(host.matrix.add(host.root, mdev));
  host.assign(mdev, {{4}, {6}, {}});
  CHECK(host.bus.store(host.root, Dimension::adapter, "-4"));
  CHECK(host.bus.store(host.root, Dimension::adapter, "+3"));
  CHECK(host.bus.driver(host.root, {4, 6}) == QueueDriver::vfio_ap);
}

TEST_CASE("A mask may take what no mdev has") {
  ApHost host(8, 8);
  host.root.assume();
  host.give({4, 5});
  Mdev mdev;
  REQUIRE(host.matrix.add(host.root, mdev));
  host.assign(mdev, {{4}, {6}, {}});
  REQUIRE(host.bus.store(host.root, Dimension::adapter, "+5"));
  CHECK(host.bus.driver(host.root, {5, 6}) == QueueDriver::host);
  CHECK(host.bus.driver(host.root, {4, 6}) == QueueDriver::vfio_ap);
}

TEST_CASE("A full host: 256 adapters of 256 domains change hands and back") {
  ApHost host(256, 256);
  host.root.assume();
  for (const auto& queue : host.queues.all()) {
    REQUIRE(host.bus.plug(host.root, queue->apqn));
  }
  const auto count = [&](QueueDriver driver) {
    unsigned sum = 0;
    for (const auto& queue : host.queues.all()) {
      sum += queue->driver.get() == driver ? 1U : 0U;
    }
    return sum;
  };
  CHECK(count(QueueDriver::host) == 65536U);
  REQUIRE(host.bus.store(host.root, Dimension::adapter, "-0-127"));
  CHECK(count(QueueDriver::vfio_ap) == 32768U);

  Mdev mdev;
  Guest guest;
  REQUIRE(host.matrix.add(host.root, mdev));
  host.assign(mdev, {{0, 127}, Mask::all(), Mask::all()});
  REQUIRE(host.matrix.open(host.root, mdev, guest));
  CHECK(guest.control_block.read().adapters.count() == 2U);
  CHECK(errno_of(host.bus.store(host.root, Dimension::adapter, "+0-127")) == EBUSY);
  CHECK(errno_of(host.matrix.assign(host.root, mdev, Dimension::adapter, 128)) == EADDRNOTAVAIL);
  REQUIRE(host.bus.unplug(host.root, {127, 255}));
  CHECK(guest.control_block.read().adapters == Mask{0});
  CHECK(host.resets({127, 0}) == 1U);
  host.matrix.close(host.root, mdev);
  REQUIRE(host.matrix.remove(host.root, mdev));
  REQUIRE(host.bus.store(host.root, Dimension::adapter, "+0-127"));
  CHECK(count(QueueDriver::host) == 65535U);
}

TEST_CASE("Masks, assignments, guests and plugs at once: nobody waits forever, and all comes back") {
  ApHost host(4, 4);
  host.root.assume();
  host.give({0, 1, 2, 3});
  Mdev mdevs[2];
  Guest guests[2];
  for (Mdev& mdev : mdevs) {
    REQUIRE(host.matrix.add(host.root, mdev));
  }
  std::thread threads[4];
  for (unsigned i = 0; i != 2; ++i) {
    threads[i] = std::thread([&, i] {
      ThreadContext root;
      for (unsigned round = 0; round != 200; ++round) {
        static_cast<void>(host.matrix.assign(root, mdevs[i], Dimension::domain, 1));
        static_cast<void>(host.matrix.assign(root, mdevs[i], Dimension::adapter, round % 4U));
        static_cast<void>(host.matrix.open(root, mdevs[i], guests[i]));
        static_cast<void>(host.matrix.enable_interrupts(root, guests[i], {round % 4U, 1}));
        host.matrix.close(root, mdevs[i]);
        static_cast<void>(host.matrix.unassign(root, mdevs[i], Dimension::adapter, round % 4U));
      }
    });
  }
  threads[2] = std::thread([&] {
    ThreadContext root;
    for (unsigned round = 0; round != 200; ++round) {
      static_cast<void>(host.bus.store(root, Dimension::adapter, round % 2U == 0U ? "+0-3" : "-0-3"));
    }
  });
  threads[3] = std::thread([&] {
    ThreadContext root;
    for (unsigned round = 0; round != 200; ++round) {
      static_cast<void>(host.bus.unplug(root, {round % 4U, 1}));
      static_cast<void>(host.bus.plug(root, {round % 4U, 1}));
    }
  });
  for (std::thread& thread : threads) {
    thread.join();
  }
  for (Mdev& mdev : mdevs) {
    REQUIRE(host.matrix.remove(host.root, mdev));
  }
  REQUIRE(host.bus.store(host.root, Dimension::adapter, "+0-3"));
  for (const auto& queue : host.queues.all()) {
    CHECK(queue->driver.get() == QueueDriver::host);
    CHECK(queue->mdev.get() == nullptr);
    CHECK_FALSE(queue->used.get());
  }
}

}  // namespace

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The vfio_ap driver: what mdevs are assigned, what their guests may use, and every return code.
#include "devlock/vfio/ap/matrix_device.hpp"

#include "unit/vfio/ap/support.hpp"

namespace {

using namespace test::ap;

struct TwoMdevs : ApHost {
  TwoMdevs() : ApHost(8, 8) {
    root.assume();
    give({3, 4, 5});
    REQUIRE(matrix.add(root, mdev));
    REQUIRE(matrix.add(root, other));
  }
  Mdev mdev, other;
  Guest guest, neighbour;
};

TEST_CASE_METHOD(TwoMdevs, "Return codes of assignment") {
  root.assume();
  const auto number = GENERATE(8U, 255U, 256U, 4'000'000'000U);
  for (const Dimension dimension : {Dimension::adapter, Dimension::domain, Dimension::control_domain}) {
    CHECK(errno_of(matrix.assign(root, mdev, dimension, number)) == ENODEV);
    CHECK(errno_of(matrix.unassign(root, mdev, dimension, number)) == ENODEV);
  }
  assign(mdev, {{4}, {6}, {}});
  CHECK(errno_of(matrix.assign(root, mdev, Dimension::adapter, 4)) == 0);  // already
  CHECK(errno_of(matrix.unassign(root, mdev, Dimension::adapter, 5)) == 0);

  const auto reserved = matrix.assign(root, mdev, Dimension::adapter, 2);
  REQUIRE(errno_of(reserved) == EADDRNOTAVAIL);
  CHECK(reserved.error().error_class == ErrorClass::not_owned);

  assign(other, {{}, {6}, {}});
  const auto in_use = matrix.assign(root, other, Dimension::adapter, 4);
  REQUIRE(errno_of(in_use) == EADDRINUSE);
  CHECK(to_string(in_use.error()) ==
        "assign adapter 4: held (EADDRINUSE): another mdev has a queue of it; unassign it there");
}

TEST_CASE_METHOD(TwoMdevs, "A refused assignment leaves no trace") {
  root.assume();
  assign(mdev, {{4}, {6}, {}});
  assign(other, {{3}, {6}, {}});
  const Matrix before = other.assigned.read();
  const Matrix shadow = other.shadow.read();
  CHECK_FALSE(matrix.assign(root, other, Dimension::adapter, 4));
  CHECK_FALSE(matrix.assign(root, other, Dimension::adapter, 1));
  CHECK(other.assigned.read() == before);
  CHECK(other.shadow.read() == shadow);
  CHECK(queues.find({4, 6})->mdev.get() == &mdev);
}

TEST_CASE_METHOD(TwoMdevs, "Control domains are shared and need no queue") {
  root.assume();
  assign(mdev, {{}, {}, {1}});
  assign(other, {{}, {}, {1}});
  CHECK(other.shadow.read().control_domains == Mask{1});
}

TEST_CASE_METHOD(TwoMdevs, "A guest gets what is assigned and there, whole adapters only") {
  root.assume();
  assign(mdev, {{4, 5}, {6, 7}, {6}});
  REQUIRE(matrix.open(root, mdev, guest));
  CHECK(guest.control_block.read() == Matrix{{4, 5}, {6, 7}, {6}});
  REQUIRE(bus.unplug(root, {5, 7}));
  CHECK(guest.control_block.read() == Matrix{{4}, {6, 7}, {6}});
  CHECK(resets({5, 6}) == 1U);
  CHECK(resets({5, 7}) == 1U);
  CHECK(resets({4, 6}) == 0U);
  REQUIRE(bus.plug(root, {5, 7}));
  CHECK(guest.control_block.read() == Matrix{{4, 5}, {6, 7}, {6}});
}

TEST_CASE_METHOD(TwoMdevs, "A running guest gains and loses adapters and domains") {
  root.assume();
  assign(mdev, {{4}, {6}, {}});
  REQUIRE(matrix.open(root, mdev, guest));
  REQUIRE(matrix.assign(root, mdev, Dimension::adapter, 5));
  REQUIRE(matrix.assign(root, mdev, Dimension::domain, 7));
  CHECK(guest.control_block.read() == Matrix{{4, 5}, {6, 7}, {}});
  REQUIRE(matrix.unassign(root, mdev, Dimension::adapter, 4));
  CHECK(guest.control_block.read() == Matrix{{5}, {6, 7}, {}});
  CHECK(resets({4, 6}) == 1U);
  CHECK(queues.find({4, 6})->mdev.get() == nullptr);
  REQUIRE(matrix.unassign(root, mdev, Dimension::domain, 6));
  CHECK(guest.control_block.read() == Matrix{{5}, {7}, {}});
  CHECK(resets({5, 6}) == 1U);
  CHECK(resets({5, 7}) == 0U);
  REQUIRE(matrix.assign(root, other, Dimension::adapter, 4));
}

TEST_CASE_METHOD(TwoMdevs, "A queue whose reset fails stays out of guests, with its adapter") {
  root.assume();
  assign(mdev, {{4}, {6, 7}, {}});
  queues.find({4, 7})->broken.set(true);
  REQUIRE(matrix.open(root, mdev, guest));
  CHECK_FALSE(guest.control_block.read().adapters.any());
  queues.find({4, 7})->broken.set(false);
  REQUIRE(matrix.assign(root, mdev, Dimension::adapter, 5));
  CHECK(guest.control_block.read().adapters == Mask{4, 5});
}

TEST_CASE_METHOD(TwoMdevs, "Return codes of opening and of the list") {
  root.assume();
  REQUIRE(matrix.open(root, mdev, guest));
  CHECK(errno_of(matrix.open(root, mdev, neighbour)) == EBUSY);
  CHECK(errno_of(matrix.open(root, other, guest)) == EPERM);
  CHECK(guest.hook.get() == &mdev);
  CHECK(errno_of(matrix.remove(root, mdev)) == EBUSY);
  CHECK(errno_of(matrix.add(root, mdev)) == EEXIST);
  matrix.close(root, mdev);
  matrix.close(root, mdev);
  CHECK(guest.hook.get() == nullptr);
  REQUIRE(matrix.remove(root, mdev));
  CHECK(errno_of(matrix.remove(root, mdev)) == ENODEV);
  CHECK(errno_of(matrix.open(root, mdev, neighbour)) == ENODEV);
  REQUIRE(matrix.open(root, other, guest));
}

TEST_CASE_METHOD(TwoMdevs, "An mdev that is not on the list gets nothing: nobody would see that it has it") {
  root.assume();
  REQUIRE(matrix.remove(root, other));
  CHECK(errno_of(matrix.assign(root, other, Dimension::adapter, 4)) == ENODEV);
  CHECK(errno_of(matrix.assign(root, other, Dimension::domain, 6)) == ENODEV);
  CHECK(errno_of(matrix.assign(root, other, Dimension::control_domain, 6)) == ENODEV);
  CHECK(other.assigned.read() == Matrix());
  assign(mdev, {{4}, {6}, {}});
  REQUIRE(matrix.add(root, other));
  CHECK(queues.find({4, 6})->mdev.get() == &mdev);
}

// What a guest left in it is still there.
TEST_CASE_METHOD(TwoMdevs, "A queue that could not be reset is for no guest until a reset succeeds") {
  root.assume();
  assign(mdev, {{4}, {6}, {}});
  REQUIRE(matrix.open(root, mdev, guest));
  queues.find({4, 6})->broken.set(true);
  REQUIRE(matrix.unassign(root, mdev, Dimension::adapter, 4));
  queues.find({4, 6})->broken.set(false);
  assign(other, {{}, {6}, {}});
  assign(other, {{4}, {}, {}});
  REQUIRE(matrix.open(root, other, neighbour));
  CHECK_FALSE(neighbour.control_block.read().adapters.any());
  matrix.close(root, other);
  REQUIRE(matrix.assign(root, other, Dimension::adapter, 5));
  REQUIRE(matrix.open(root, other, neighbour));
  CHECK(neighbour.control_block.read() == Matrix{{4, 5}, {6}, {}});
}

TEST_CASE_METHOD(TwoMdevs, "Closing and removing reset what the guest had") {
  root.assume();
  assign(mdev, {{4}, {6}, {}});
  REQUIRE(matrix.open(root, mdev, guest));
  REQUIRE(matrix.enable_interrupts(root, guest, {4, 6}));
  CHECK(queues.find({4, 6})->used.get());
  matrix.close(root, mdev);
  CHECK(guest.control_block.read() == Matrix());
  CHECK_FALSE(queues.find({4, 6})->used.get());
  CHECK_FALSE(queues.find({4, 6})->interrupts.get());
  REQUIRE(matrix.remove(root, mdev));
  CHECK(resets({4, 6}) == 2U);
  CHECK(queues.find({4, 6})->mdev.get() == nullptr);
}

TEST_CASE_METHOD(TwoMdevs, "Interrupts are for queues that the guest has") {
  root.assume();
  assign(mdev, {{4}, {6}, {}});
  CHECK_FALSE(matrix.enable_interrupts(root, guest, {4, 6}));
  REQUIRE(matrix.open(root, mdev, guest));
  CHECK(matrix.enable_interrupts(root, guest, {4, 6}));
  CHECK_FALSE(matrix.enable_interrupts(root, guest, {4, 7}));
  CHECK_FALSE(matrix.enable_interrupts(root, guest, {200, 200}));
  CHECK_FALSE(matrix.enable_interrupts(root, neighbour, {4, 6}));
}

// A pointer that is kept would be followed when the queue goes.
TEST_CASE_METHOD(TwoMdevs, "A queue that no guest could have forgets the mdev that it is unassigned from") {
  root.assume();
  REQUIRE(bus.unplug(root, {4, 7}));
  assign(mdev, {{4}, {6, 7}, {}});
  REQUIRE(queues.find({4, 6})->mdev.get() == &mdev);
  REQUIRE_FALSE(mdev.shadow.read().has({4, 6}));
  REQUIRE(matrix.unassign(root, mdev, Dimension::adapter, 4));
  CHECK(queues.find({4, 6})->mdev.get() == nullptr);
}

}  // namespace

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// HierarchicalTryLock over a switch: every schedule of two and three threads.
#include "model/support/expect.hpp"
#include "model/support/race.hpp"

namespace {

using namespace model;

/// One schedule point for a lock, so that three threads can be searched in full.
using Plain = PlainDeviceLock<WatchedSync>;
/// device_lock and config_access, the lock as shipped.
using Both = devlock::DeviceLock<WatchedSync>;

struct BusAndBothEnds {
  static constexpr Request of_threads[] = {
      {ScopeKind::bus, down0}, {ScopeKind::function, end0}, {ScopeKind::function, end1}};
};
struct AllMeet {
  static constexpr Request of_threads[] = {
      {ScopeKind::bus, down0}, {ScopeKind::function, down1}, {ScopeKind::function, end1}};
};
struct BusSlotSubordinate {
  static constexpr Request of_threads[] = {
      {ScopeKind::bus, down0}, {ScopeKind::slot, down0}, {ScopeKind::subordinate, down1}};
};
struct MeetAtAPort {
  static constexpr Request of_threads[] = {
      {ScopeKind::function, down0}, {ScopeKind::function, end0}, {ScopeKind::subordinate, down0}};
};
struct BusAndEnd {
  static constexpr Request of_threads[] = {{ScopeKind::bus, down0}, {ScopeKind::function, end0}};
};

TEST_CASE("Three threads lock a bus and two functions of it and release: all or nothing, in every schedule") {
  expect_verified<Race<Plain, BusAndBothEnds, Winners::release>>(
      "bus, function, function; winners release",
      {"took all", "contended at once", "rollback of 1 lock", "rollback of 3 locks"});
}
TEST_CASE("Three threads of which each meets both others release what they took: all or nothing, in every schedule") {
  expect_verified<Race<Plain, AllMeet, Winners::release>>(
      "each meets each; winners release",
      {"took all", "contended at once", "rollback of 1 lock", "rollback of 3 locks"});
}
TEST_CASE("Three threads lock a bus, a slot and what is below a port: all or nothing, in every schedule") {
  expect_verified<Race<Plain, BusSlotSubordinate, Winners::release>>(
      "bus, slot, subordinate; winners release", {"took all", "contended at once", "rollback of 3 locks"});
}
TEST_CASE("If no holder releases during the race, one of three racers succeeds") {
  expect_verified<Race<Plain, BusAndBothEnds, Winners::keep_until_all_tried>>(
      "bus, function, function; winners keep",
      {"took all", "contended at once", "rollback of 1 lock", "rollback of 3 locks"});
  expect_verified<Race<Plain, AllMeet, Winners::keep_until_all_tried>>(
      "each meets each; winners keep", {"took all", "contended at once", "rollback of 1 lock"});
}
TEST_CASE("Two threads lock a bus and a function with both classes of DeviceLock, in every schedule") {
  expect_verified<Race<Both, BusAndEnd, Winners::release>>("bus, function; both classes; winners release",
                                                           {"took all", "contended at once", "rollback of 1 lock"});
}
TEST_CASE("If no holder releases, one of three racers for both classes of DeviceLock succeeds") {
  expect_verified<Race<Both, MeetAtAPort, Winners::keep_until_all_tried>>(
      "three meet at a port; both classes; winners keep", {"took all", "contended at once", "rollback of 1 lock"});
}

}  // namespace

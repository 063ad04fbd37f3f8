// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The part of examples/try_reset that a machine made of files cannot show: a kernel that answers EAGAIN.
#include "../../../examples/try_reset/attempt.hpp"

#include <chrono>
#include <string>

#include "support/catch.hpp"
#include "unit/backend/linux/machine.hpp"

using namespace fake;
using devlock::ErrorClass;

namespace {
// A clock that a test moves.
struct Time {
  using duration = std::chrono::milliseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<Time>;
  static constexpr bool is_steady = true;
  static inline time_point present{};
  static time_point now() { return present; }
};
static_assert(Time::is_steady);
struct Tick {
  void operator()() const { Time::present += std::chrono::milliseconds(10); }
};
devlock::Until<Time, Tick> within(int milliseconds) {
  return {Time::now() + std::chrono::milliseconds(milliseconds), Tick()};
}
}  // namespace

TEST_CASE("a bus reset is tried again while a lock is taken, and done when it is free", "[try_reset]") {
  Machine m;
  m.root.assume();
  m.kernel.fail(Call::write, EAGAIN, device_path(port) + "/reset_subordinate", 3);
  REQUIRE(try_reset::reset_bus(m.root, m.host, port, within(2000)));
  CHECK(m.kernel.count(Call::write) == 4);
  CHECK(m.kernel.files[device_path(port) + "/reset_subordinate"] == "1");
  CHECK(m.kernel.open_descriptors() == 0);
}

TEST_CASE("a bus reset whose locks are taken until the deadline is contended and was not done", "[try_reset]") {
  Machine m;
  m.root.assume();
  m.kernel.fail(Call::write, EAGAIN, {}, 1000);
  const auto begin = Time::now();
  const auto done = try_reset::reset_bus(m.root, m.host, port, within(2000));
  REQUIRE_FALSE(done);
  CHECK(done.error().error_class == ErrorClass::contended);
  CHECK(done.error().reason.find("lock") != std::string::npos);
  CHECK(Time::now() - begin == std::chrono::milliseconds(2000));
  CHECK(m.kernel.count(Call::write) == 200);
  CHECK(m.kernel.files[device_path(port) + "/reset_subordinate"].empty());
}

TEST_CASE("a bus reset that failed is not tried again", "[try_reset]") {
  for (const int error_number : {EPERM, ENOTTY, EIO, ENODEV}) {
    Machine m;
    m.root.assume();
    m.kernel.fail(Call::write, error_number);
    const auto done = try_reset::reset_bus(m.root, m.host, port, within(2000));
    REQUIRE_FALSE(done);
    CHECK(done.error().error_number == error_number);
    CHECK(m.kernel.count(Call::write) == 1);
  }
}

// The retry waits in all but name, so it does not compile where a wait for device_lock would not.
template <class Context>
concept MayRetry = devlock::MayAcquire<Context, devlock::vfio::device_lock>;
static_assert(MayRetry<devlock::vfio::ThreadContext>);
static_assert(!MayRetry<devlock::vfio::ContextFor<devlock::vfio::open_device>>);

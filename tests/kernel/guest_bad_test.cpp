// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Tests that must fail: what the others rely on notices what it has to notice. kernel/self/guest requires that each does. A part of
// guest_test.
#include "guest.hpp"

#include <fcntl.h>

#include <cerrno>

#include "answers.hpp"

using namespace guest;

TEST_CASE("a descriptor is left open", "[bad_leak]") {
  const NothingOpen nothing;
  REQUIRE(::open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0);
}

TEST_CASE("an operation answers what it does not admit", "[bad_answer]") {
  Answers answers;
  const auto answer = [&](int error_number) {
    const devlock::Result<void> refused =
        devlock::failure(devlock::make_error(Operation::reset_device, "0000:06:00.0", error_number, "for a test"));
    (void)answers.note("reset", refused, {EAGAIN});
  };
  answer(EAGAIN);
  REQUIRE(answers.wrong() == "");
  answer(EINVAL);
  REQUIRE(answers.wrong() == "");
}

TEST_CASE("a thread waits, and elsewhere", "[bad_wait]") {
  std::atomic<bool> go{false};
  Worker<void> worker;
  struct Ends {
    std::atomic<bool>& go;
    ~Ends() {
      go = true;
      go.notify_all();
    }
  } ends{go};
  worker.start([&](Context&) {
    go.wait(false);
    return Result<void>();
  });
  worker.wait_until_in(unbind_waits_in);
}

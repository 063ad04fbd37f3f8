// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What a test expects of an error, and the runner that fails each system call of an operation with each errno.
#pragma once

#include <cerrno>
#include <cstddef>
#include <string>

#include "devlock/backend/classify.hpp"
#include "support/catch.hpp"
#include "unit/backend/linux/fake_sys.hpp"

namespace fake {

/// The fields of an Error; of the reason a part.
struct Expected {
  devlock::Operation operation;
  int error_number;
  devlock::ErrorClass error_class;
  std::string object;
  std::string reason;
};

template <class T>
devlock::Error expect(const devlock::Result<T>& result, const Expected& expected) {
  REQUIRE_FALSE(result);
  const devlock::Error& error = result.error();
  INFO(to_string(error));
  CHECK(error.operation == expected.operation);
  CHECK(error.error_number == expected.error_number);
  CHECK(error.error_class == expected.error_class);
  CHECK(error.object == expected.object);
  CHECK(error.reason.find(expected.reason) != std::string::npos);
  return error;
}

/// What system calls answer according to their manual pages, beside what the kernel's VFIO, KVM and driver core add.
inline constexpr int every_errno[] = {EACCES, EAGAIN, EBADF,  EBUSY,  EEXIST, EFAULT, EINVAL, EIO,   EMFILE,
                                      ENFILE, ENODEV, ENOENT, ENOMEM, ENOSPC, ENOTTY, ENXIO,  EPERM, ETIMEDOUT};

/// Runs `run` on a new machine once for each of its system calls and each errno, with that call failing. Each time: no
/// descriptor stays open, none is misused, and the result is a whole error of `operation`; only a close, or a question
/// whose answer is for the words of an error, may fail and the operation succeed. Returns how many failures were tried.
template <class Machine, class Run>
std::size_t fail_every_call(devlock::Operation operation, Run run) {
  std::size_t calls = 0;
  {
    Machine machine;
    const auto done = run(machine);
    INFO((done ? std::string() : to_string(done.error())));
    REQUIRE(done);
    calls = machine.kernel.made.size();
  }
  std::size_t tried = 0;
  for (std::size_t number = 0; number != calls; ++number) {
    for (const int error_number : every_errno) {
      Machine machine;
      machine.kernel.fail_at(number, error_number);
      const auto done = run(machine);
      const Made& failed = machine.kernel.made.at(number);
      INFO(devlock::errno_name(error_number) << " from call " << number << ", " << to_string(failed.call) << " "
                                             << failed.object << " " << failed.request);
      CHECK(machine.kernel.open_descriptors() == 0);
      CHECK(machine.kernel.misuses.empty());
      if (failed.call == Call::readlink && error_number == ENOENT) {
        CHECK(done);  // no link: no driver
      } else if (failed.call != Call::close) {
        REQUIRE_FALSE(done);
        const devlock::Error& error = done.error();
        INFO(to_string(error));
        CHECK(error.operation == operation);
        CHECK(error.error_number != 0);
        CHECK(error.error_class == devlock::classify(operation, error.error_number));
        CHECK_FALSE(error.object.empty());
        CHECK_FALSE(error.reason.empty());
      }
      ++tried;
    }
    // A signal is no failure.
    Machine machine;
    machine.kernel.fail_at(number, EINTR);
    const auto done = run(machine);
    INFO("EINTR from call " << number << ", " << to_string(machine.kernel.made.at(number).call));
    CHECK((done || machine.kernel.made[number].call == Call::close));
    CHECK(machine.kernel.open_descriptors() == 0);
  }
  return tried;
}

}  // namespace fake

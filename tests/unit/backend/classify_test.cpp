// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The class of each errno per operation, and the text of an error.
#include "devlock/backend/classify.hpp"

#include <cstring>
#include <set>
#include <string>

#include "support/catch.hpp"

namespace {

using namespace devlock;

constexpr auto last_operation = static_cast<int>(Operation::unplug_queue);
constexpr auto last_class = static_cast<int>(ErrorClass::failed);

TEST_CASE("An errno has the class that the operation gives it") {
  struct Row {
    Operation operation;
    int error_number;
    ErrorClass error_class;
  };
  const Row table[] = {
      // Trylocks.
      {Operation::reset_device, EAGAIN, ErrorClass::contended},
      {Operation::reset_bus, EAGAIN, ErrorClass::contended},
      {Operation::reset_slot, EAGAIN, ErrorClass::contended},
      {Operation::reset_function, EAGAIN, ErrorClass::contended},
      {Operation::open_device, EAGAIN, ErrorClass::contended},
      // A hot reset tries memory locks first, and says so with another errno.
      {Operation::hot_reset, EAGAIN, ErrorClass::contended},
      {Operation::hot_reset, EBUSY, ErrorClass::contended},
      {Operation::hot_reset, EINVAL, ErrorClass::not_owned},
      {Operation::hot_reset_info, EAGAIN, ErrorClass::contended},
      {Operation::hot_reset_info, ENOSPC, ErrorClass::exhausted},
      // A deferred probe is no lock.
      {Operation::bind, EAGAIN, ErrorClass::failed},
      {Operation::probe, EAGAIN, ErrorClass::failed},
      {Operation::probe, EINVAL, ErrorClass::failed},
      // Somebody has it.
      {Operation::open_group, EBUSY, ErrorClass::held},
      {Operation::bind, EBUSY, ErrorClass::held},
      {Operation::use_dma, EBUSY, ErrorClass::held},
      {Operation::attach_group, EEXIST, ErrorClass::held},
      {Operation::set_container, EBUSY, ErrorClass::held},
      {Operation::bind_iommufd, EBUSY, ErrorClass::held},
      {Operation::set_virtual_functions, EBUSY, ErrorClass::held},
      // Not there.
      {Operation::unbind, ENODEV, ErrorClass::gone},
      {Operation::enumerate, ENOENT, ErrorClass::gone},
      {Operation::open_device, ENXIO, ErrorClass::gone},
      {Operation::open_group, ENODEV, ErrorClass::gone},
      {Operation::open_device, ENODEV, ErrorClass::gone},
      {Operation::bind, ENODEV, ErrorClass::gone},
      {Operation::hot_reset, ENODEV, ErrorClass::gone},
      {Operation::hot_reset_info, ENODEV, ErrorClass::gone},
      {Operation::remove_function, ENOENT, ErrorClass::gone},
      {Operation::set_virtual_functions, ENOENT, ErrorClass::gone},
      // EPERM is the group's state in two places, and a missing right elsewhere.
      {Operation::set_container, EPERM, ErrorClass::not_owned},
      {Operation::claim_group, EPERM, ErrorClass::not_owned},
      {Operation::bind_iommufd, EPERM, ErrorClass::not_owned},
      {Operation::open_group, EPERM, ErrorClass::permission},
      {Operation::reset_bus, EPERM, ErrorClass::permission},
      {Operation::open_group, EACCES, ErrorClass::permission},
      {Operation::bind, EACCES, ErrorClass::permission},
      // It cannot.
      {Operation::reset_function, ENOTTY, ErrorClass::unsupported},
      {Operation::reset_slot, ENOTTY, ErrorClass::unsupported},
      {Operation::reset_bus, ENOTTY, ErrorClass::unsupported},
      {Operation::remove_function, ENOTTY, ErrorClass::unsupported},
      {Operation::reset_device, EINVAL, ErrorClass::unsupported},
      {Operation::set_iommu, EOPNOTSUPP, ErrorClass::unsupported},
      {Operation::create_vm, ENOSYS, ErrorClass::unsupported},
      // It makes no sense.
      {Operation::reset_function, EINVAL, ErrorClass::invalid},
      {Operation::open_device, EINVAL, ErrorClass::invalid},
      {Operation::attach_group, EBADF, ErrorClass::invalid},
      {Operation::hot_reset, EBADF, ErrorClass::invalid},
      {Operation::reset_bus, EINVAL, ErrorClass::invalid},
      {Operation::bind_iommufd, EINVAL, ErrorClass::invalid},
      {Operation::set_container, EINVAL, ErrorClass::invalid},
      {Operation::set_virtual_functions, ERANGE, ErrorClass::invalid},
      // No room.
      {Operation::open_device, ENOMEM, ErrorClass::exhausted},
      {Operation::open_group, EMFILE, ErrorClass::exhausted},
      {Operation::open_container, ENFILE, ErrorClass::exhausted},
      {Operation::set_iommu, ENOSPC, ErrorClass::exhausted},
      {Operation::create_mdev, EUSERS, ErrorClass::exhausted},
      // Anything else failed.
      {Operation::reset_device, EIO, ErrorClass::failed},
      {Operation::bind, EIO, ErrorClass::failed},
      {Operation::enumerate, 12345, ErrorClass::failed},
  };
  for (const Row& row : table) {
    INFO(to_string(row.operation) << ' ' << errno_name(row.error_number));
    REQUIRE(classify(row.operation, row.error_number) == row.error_class);
  }
}

TEST_CASE("Only a trylock that lost is contended") {
  for (int operation = 0; operation <= last_operation; ++operation) {
    for (int error_number = 1; error_number != 134; ++error_number) {
      if (classify(static_cast<Operation>(operation), error_number) == ErrorClass::contended) {
        REQUIRE((error_number == EAGAIN ||
                 (static_cast<Operation>(operation) == Operation::hot_reset && error_number == EBUSY)));
      }
    }
  }
}

TEST_CASE("Every operation has a name of its own") {
  std::set<std::string> names;
  for (int operation = 0; operation <= last_operation; ++operation) {
    const std::string name = to_string(static_cast<Operation>(operation));
    REQUIRE(name != "unknown operation");
    REQUIRE(names.insert(name).second);
  }
  REQUIRE(std::string(to_string(static_cast<Operation>(last_operation + 1))) == "unknown operation");
}

TEST_CASE("Every class has a name of its own") {
  std::set<std::string> names;
  for (int c = 0; c <= last_class; ++c) {
    const std::string name = to_string(static_cast<ErrorClass>(c));
    REQUIRE(name != "unknown");
    REQUIRE(names.insert(name).second);
  }
  REQUIRE(std::string(to_string(static_cast<ErrorClass>(last_class + 1))) == "unknown");
}

TEST_CASE("The symbol of an errno is that of the C library") {
  for (int error_number = 1; error_number != 134; ++error_number) {
    const std::string name = errno_name(error_number);
    if (name != "E?") {
      REQUIRE(name == strerrorname_np(error_number));
    }
  }
  REQUIRE(std::string(errno_name(EAGAIN)) == "EAGAIN");
  REQUIRE(std::string(errno_name(0)) == "E?");
}

TEST_CASE("Whatever has a class of its own has a symbol") {
  for (int error_number = 1; error_number != 134; ++error_number) {
    if (classify(Operation::enumerate, error_number) != ErrorClass::failed) {
      REQUIRE(std::string(errno_name(error_number)) != "E?");
    }
  }
}

TEST_CASE("An error is made with the class of its operation") {
  const Error error = make_error(Operation::open_group, "group 12", EBUSY, "another process has it open", "stop it");
  REQUIRE(error.operation == Operation::open_group);
  REQUIRE(error.object == "group 12");
  REQUIRE(error.error_number == EBUSY);
  REQUIRE(error.error_class == ErrorClass::held);
  REQUIRE(error.reason == "another process has it open");
  REQUIRE(error.remedy == "stop it");
  REQUIRE(make_error(Operation::set_container, "group 12", EPERM, "").error_class == ErrorClass::not_owned);
}

TEST_CASE("An error reads as one line: operation, object, class, errno, reason, remedy") {
  REQUIRE(to_string(make_error(Operation::reset_device, "0000:01:00.0", EAGAIN, "an unbind waits for this descriptor",
                               "close it")) ==
          "VFIO_DEVICE_RESET 0000:01:00.0: contended (EAGAIN): an unbind waits for this descriptor; close it");
  REQUIRE(to_string(make_error(Operation::enumerate, "", EACCES, "")) == "enumerate: permission (EACCES)");
  REQUIRE(to_string(make_error(Operation::bind, "0000:01:00.0", ENODEV, "no such driver")) ==
          "bind 0000:01:00.0: gone (ENODEV): no such driver");
  REQUIRE(to_string(make_error(Operation::open_group, "group 7", EBUSY, "", "close it")) ==
          "open group 7: held (EBUSY); close it");
}

TEST_CASE("A result carries a value or an error") {
  const Result<int> good = 3;
  const Result<int> bad = failure(make_error(Operation::probe, "0000:01:00.0", EIO, "no answer"));
  REQUIRE(good.has_value());
  REQUIRE(*good == 3);
  REQUIRE_FALSE(bad.has_value());
  REQUIRE(bad.error().error_number == EIO);
}

}  // namespace

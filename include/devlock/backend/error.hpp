// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What went wrong, in the five things that a person asks for: which operation, on what, with which errno, of what class, and why;
// and what to do about it. Errors are values. No backend throws, logs or aborts.
#pragma once

#include <string>
#include <utility>

#include "devlock/backend/operation.hpp"
#include "devlock/config.hpp"
#include DEVLOCK_EXPECTED_HEADER

namespace devlock {

/// What a caller can do about an error.
enum class ErrorClass {
  contended,    ///< a trylock lost: nothing was touched, try again later
  held,         ///< somebody has it and keeps it: bound, open, or owned by someone else
  gone,         ///< the object is not, or no longer, there
  not_owned,    ///< the caller does not own all that the operation touches
  unsupported,  ///< this object cannot do that
  permission,   ///< this process may not
  invalid,      ///< the request makes no sense here: a malformed argument or a wrong state
  exhausted,    ///< out of memory, descriptors or room
  failed,       ///< the operation was tried and failed: EIO and the like
};

constexpr const char* to_string(ErrorClass c) {
  switch (c) {
    case ErrorClass::contended: return "contended";
    case ErrorClass::held: return "held";
    case ErrorClass::gone: return "gone";
    case ErrorClass::not_owned: return "not owned";
    case ErrorClass::unsupported: return "unsupported";
    case ErrorClass::permission: return "permission";
    case ErrorClass::invalid: return "invalid";
    case ErrorClass::exhausted: return "exhausted";
    case ErrorClass::failed: return "failed";
  }
  return "unknown";
}

struct Error {
  Operation operation = Operation::enumerate;
  std::string object;              ///< "0000:01:00.0", "group 12", "driver vfio-pci"
  int error_number = 0;            ///< errno; never 0 in an Error that was returned
  ErrorClass error_class = ErrorClass::failed;
  std::string reason;              ///< one clause, without a full stop
  std::string remedy;              ///< what the user can do; may be empty
};

/// The result of an operation.
template <class T>
using Result = DEVLOCK_EXPECTED_NAMESPACE::expected<T, Error>;
/// `return failure(error);` from a function that returns a Result.
using Failure = DEVLOCK_EXPECTED_NAMESPACE::unexpected<Error>;
inline Failure failure(Error error) { return Failure(std::move(error)); }

}  // namespace devlock

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The words of an error: what this errno means for this operation, and what the user can do. An operation lists what it
// knows; for the rest there are words for each class. The class itself comes from backend/classify.hpp alone.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>

#include "devlock/backend/classify.hpp"

namespace devlock::linux_host {

/// What one errno means.
struct Meaning {
  int error_number;
  const char* reason;
  const char* remedy;
};

/// What an errno means where the operation knows nothing better.
constexpr Meaning general_meaning(Operation operation, int error_number) {
  switch (classify(operation, error_number)) {
    case ErrorClass::contended:
      return {error_number, "somebody else holds a lock that it needs", "try again later"};
    case ErrorClass::held:
      return {error_number, "somebody else uses it", "end that use first"};
    case ErrorClass::gone:
      return {error_number, "it is not there, or no longer", "look again: the device or its driver may have left"};
    case ErrorClass::not_owned:
      return {error_number, "somebody else owns a part of it", "end that use first"};
    case ErrorClass::unsupported:
      return {error_number, "this kernel or this device cannot do that", ""};
    case ErrorClass::permission:
      return {error_number, "this process may not do that", "run it as root"};
    case ErrorClass::invalid:
      return {error_number, "the kernel refuses this request in this state", ""};
    case ErrorClass::exhausted:
      return {error_number, "out of memory, descriptors or room",
              "close what is not needed, or raise the limit (ulimit -n)"};
    case ErrorClass::failed:
      break;
  }
  return {error_number, "the kernel tried and failed", "see the kernel log (dmesg)"};
}

/// The error of `operation` on `object`, in the operation's own words if `known` has that errno.
inline Error explain(Operation operation, std::string object, int error_number,
                     std::initializer_list<Meaning> known = {}) {
  Meaning meaning = general_meaning(operation, error_number);
  for (const Meaning& one : known) {
    if (one.error_number == error_number) {
      meaning = one;
    }
  }
  return make_error(operation, std::move(object), error_number, meaning.reason, meaning.remedy);
}

/// An operation on a handle that was closed or moved from.
inline Failure closed_handle(Operation operation, const char* object) {
  return failure(make_error(operation, object, EBADF, "this handle is closed or was moved from", "open it again"));
}

}  // namespace devlock::linux_host

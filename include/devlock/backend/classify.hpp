// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// From an errno to a class, per operation: EBUSY is "held" from opening a group, "contended" from a hot reset. One table for
// all backends, so that the simulator and a kernel cannot differ in it. And the text of an error for people.
// Sources: the return paths in drivers/vfio, drivers/pci, drivers/iommu and drivers/base of Linux 6.12.
#pragma once

#include <cerrno>

#include "devlock/backend/error.hpp"

namespace devlock {

/// The class of `error_number` when `operation` returns it.
constexpr ErrorClass classify(Operation operation, int error_number) {
  switch (error_number) {
    case EAGAIN:
      return operation == Operation::bind || operation == Operation::probe
                 ? ErrorClass::failed  // a deferred probe, not a lock
                 : ErrorClass::contended;
    case EBUSY:
      // A hot reset tries memory locks before device locks and names the two apart.
      return operation == Operation::hot_reset ? ErrorClass::contended : ErrorClass::held;
    case EADDRINUSE:
    case EEXIST: return ErrorClass::held;
    case EADDRNOTAVAIL: return ErrorClass::not_owned;  // an AP queue that the masks leave to the host's drivers
    case ENOENT:
    case ENODEV:
    case ENXIO: return ErrorClass::gone;
    case EPERM:
      // Without these a group is not viable, or its DMA belongs to another user.
      return operation == Operation::set_container || operation == Operation::claim_group ||
                     operation == Operation::bind_iommufd
                 ? ErrorClass::not_owned
                 : ErrorClass::permission;
    case EACCES: return ErrorClass::permission;
    case ENOTTY:
    case EOPNOTSUPP:
    case ENOSYS: return ErrorClass::unsupported;
    case EINVAL:
      if (operation == Operation::probe) {
        return ErrorClass::failed;  // the driver core's word for a probe that its driver refused
      }
      if (operation == Operation::hot_reset) {
        return ErrorClass::not_owned;  // a function that it affects is not the caller's
      }
      return operation == Operation::reset_device ? ErrorClass::unsupported : ErrorClass::invalid;
    case ERANGE:
    case EBADF:
    case EBADFD: return ErrorClass::invalid;
    case ENOMEM:
    case ENOSPC:
    case EUSERS:  // no instance of an mdev type is left
    case EMFILE:
    case ENFILE: return ErrorClass::exhausted;
    default: return ErrorClass::failed;
  }
}

/// The symbol of an errno, as manual pages write it: "EAGAIN". "E?" for one that no operation returns.
constexpr const char* errno_name(int error_number) {
  switch (error_number) {
    case EAGAIN: return "EAGAIN";
    case EBUSY: return "EBUSY";
    case EADDRINUSE: return "EADDRINUSE";
    case EADDRNOTAVAIL: return "EADDRNOTAVAIL";
    case EEXIST: return "EEXIST";
    case ENOENT: return "ENOENT";
    case ENODEV: return "ENODEV";
    case ENXIO: return "ENXIO";
    case EPERM: return "EPERM";
    case EACCES: return "EACCES";
    case ENOTTY: return "ENOTTY";
    case EOPNOTSUPP: return "EOPNOTSUPP";
    case ENOSYS: return "ENOSYS";
    case EINVAL: return "EINVAL";
    case EBADF: return "EBADF";
    case EBADFD: return "EBADFD";
    case ENOMEM: return "ENOMEM";
    case ENOSPC: return "ENOSPC";
    case EMFILE: return "EMFILE";
    case ENFILE: return "ENFILE";
    case EIO: return "EIO";
    case EINTR: return "EINTR";
    case EFAULT: return "EFAULT";
    case ELOOP: return "ELOOP";
    case ENOTDIR: return "ENOTDIR";
    case EISDIR: return "EISDIR";
    case EROFS: return "EROFS";
    case ENAMETOOLONG: return "ENAMETOOLONG";
    case EOVERFLOW: return "EOVERFLOW";
    case EFBIG: return "EFBIG";
    case E2BIG: return "E2BIG";
    case EPIPE: return "EPIPE";
    case ERANGE: return "ERANGE";
    case ETIMEDOUT: return "ETIMEDOUT";
    case ENOTCONN: return "ENOTCONN";
    case EUSERS: return "EUSERS";
    case EMSGSIZE: return "EMSGSIZE";
    default: return "E?";
  }
}

/// An Error whose class comes from the table.
inline Error make_error(Operation operation, std::string object, int error_number, std::string reason,
                        std::string remedy = {}) {
  return Error{operation,          std::move(object), error_number, classify(operation, error_number),
               std::move(reason), std::move(remedy)};
}

/// Operation and object, the word that both have said once: "open group 7".
inline std::string operation_on(const Error& error) {
  std::string text = to_string(error.operation);
  if (error.object.empty()) {
    return text;
  }
  const auto word = text.rfind(' ') + 1;  // 0 if it is one word
  const std::string last = text.substr(word) + ' ';
  if (error.object.compare(0, last.size(), last) == 0) {
    text.erase(word == 0 ? 0 : word - 1);
  }
  return text.empty() ? error.object : text + ' ' + error.object;
}

/// For people: "VFIO_DEVICE_RESET 0000:01:00.0: contended (EAGAIN): an unbind waits for this descriptor; close it".
inline std::string to_string(const Error& error) {
  std::string text = operation_on(error);
  text += std::string(": ") + to_string(error.error_class) + " (" + errno_name(error.error_number) + ")";
  if (!error.reason.empty()) {
    text += ": " + error.reason;
  }
  if (!error.remedy.empty()) {
    text += "; " + error.remedy;
  }
  return text;
}

}  // namespace devlock

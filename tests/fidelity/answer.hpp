// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Answers as text that two hosts can be compared by: "ok" and what came with it, or class and errno. Addresses are those of the lane; a
// group is told by whether it is the one that the function is in now, because a number is the kernel's to choose.
#pragma once

#include <string>
#include <type_traits>
#include <vector>

#include "devlock/backend/concept.hpp"
#include "devlock/pci/reset_method.hpp"

namespace fidelity {

using devlock::pci::Address;
using Context = devlock::vfio::ThreadContext;

inline std::string text(const devlock::Error& error) {
  return std::string(to_string(error.error_class)) + ' ' + devlock::errno_name(error.error_number);
}
inline std::string text(const devlock::GroupStatus& status) {
  return std::string("ok") + (status.viable ? " viable" : "") + (status.container_set ? " container" : "");
}
inline std::string text(const std::string& word) {
  return word.empty() ? "ok" : "ok " + word;
}
inline std::string text(bool yes) {
  return yes ? "ok yes" : "ok no";
}
inline std::string text(const std::vector<devlock::pci::ResetMethod>& methods) {
  std::string all = "ok";
  for (const auto method : methods) {
    all += std::string(" ") + to_string(method);
  }
  return all;
}
template <class T>
std::string text(const devlock::Result<T>& result) {
  if (!result) {
    return text(result.error());
  }
  if constexpr (std::is_void_v<T>) {
    return "ok";
  } else {
    return text(*result);
  }
}

/// What was noted: the operation, if one was asked, and its answer.
struct Note {
  std::string what;
  std::string operation;
  std::string answer;
  friend bool operator==(const Note&, const Note&) = default;
};
using Notes = std::vector<Note>;

/// "contended EAGAIN" as it is, of "ok ..." the ok.
inline std::string kind(const std::string& answer) {
  return answer.rfind("ok", 0) == 0 ? "ok" : answer;
}

}  // namespace fidelity

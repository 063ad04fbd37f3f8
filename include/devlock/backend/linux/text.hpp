// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Strict reading of what sysfs prints, and the check of names before they become part of a path. sysfs is not trusted: a
// number with anything around it is no number.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "devlock/pci/address.hpp"

namespace devlock::linux_host {

/// Hex digits, with or without `0x` before them. Empty if it is anything else or more than `most`.
constexpr std::optional<std::uint32_t> parse_hex(std::string_view text, std::uint32_t most) {
  if (text.starts_with("0x") || text.starts_with("0X")) {
    text.remove_prefix(2);
  }
  const auto value = pci::detail::take_hex(text, 1, 8);
  return value && text.empty() && *value <= most ? value : std::nullopt;
}

/// Decimal digits, at most nine. Empty if it is anything else.
constexpr std::optional<int> parse_decimal(std::string_view text) {
  if (text.empty() || text.size() > 9) {
    return std::nullopt;
  }
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') {
      return std::nullopt;
    }
    value = value * 10 + (c - '0');
  }
  return value;
}

/// The address that sysfs names a function by; empty if the name is not exactly what sysfs would print.
inline std::optional<pci::Address> parse_name(std::string_view name) {
  const auto address = pci::parse_address(name);
  return address && to_string(*address) == name ? address : std::nullopt;
}

/// What follows the last slash.
constexpr std::string_view last_component(std::string_view path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

/// One component of a path, and one that sysfs could have: not empty, not `.` or `..`, without slash, printable.
constexpr bool valid_driver_name(std::string_view name) {
  if (name.empty() || name.size() > 255 || name == "." || name == "..") {
    return false;
  }
  for (const char c : name) {
    if (c == '/' || c < ' ' || c > '~') {
      return false;
    }
  }
  return true;
}

/// For messages: in quotation marks, what is not printable as a question mark, cut after 64 characters.
inline std::string in_quotes(std::string_view text) {
  constexpr std::size_t most = 64;
  std::string result = "\"";
  for (const char c : text.substr(0, most)) {
    result += c < ' ' || c > '~' ? '?' : c;
  }
  return result + (text.size() > most ? "...\"" : "\"");
}

}  // namespace devlock::linux_host

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The address of a PCI function: domain:bus:device.function, as sysfs prints it (0000:01:00.0). Ordered like the bus is walked.
// Not checked: that such a function exists.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace devlock::pci {

struct Address {
  std::uint32_t domain = 0;
  std::uint8_t bus = 0;
  std::uint8_t device = 0;    ///< 0 to 31
  std::uint8_t function = 0;  ///< 0 to 7

  friend constexpr auto operator<=>(const Address&, const Address&) = default;

  /// Two functions of one slot: same domain, bus and device.
  [[nodiscard]] constexpr bool same_slot(const Address& other) const {
    return domain == other.domain && bus == other.bus && device == other.device;
  }
};

namespace detail {
// Reads exactly `digits` hex digits (or 4 to 8 for a domain) at the front of text.
constexpr std::optional<std::uint32_t> take_hex(std::string_view& text, std::size_t least, std::size_t most) {
  std::uint32_t value = 0;
  std::size_t read = 0;
  while (read < most && read < text.size()) {
    const char c = text[read];
    std::uint32_t digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<std::uint32_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<std::uint32_t>(c - 'a') + 10U;
    } else if (c >= 'A' && c <= 'F') {
      digit = static_cast<std::uint32_t>(c - 'A') + 10U;
    } else {
      break;
    }
    value = value * 16U + digit;
    ++read;
  }
  if (read < least) {
    return std::nullopt;
  }
  text.remove_prefix(read);
  return value;
}
constexpr bool take(std::string_view& text, char wanted) {
  if (text.empty() || text.front() != wanted) {
    return false;
  }
  text.remove_prefix(1);
  return true;
}
}  // namespace detail

/// Parses `DDDD:BB:DD.F`; the domain may be left out and is then 0. Strict: no spaces, nothing after it, a device
/// below 32 and a function below 8. Empty if the text is anything else.
constexpr std::optional<Address> parse_address(std::string_view text) {
  Address result;
  const auto colon = text.find(':');
  if (colon != std::string_view::npos && text.find(':', colon + 1) != std::string_view::npos) {
    const auto domain = detail::take_hex(text, 4, 8);
    if (!domain || !detail::take(text, ':')) {
      return std::nullopt;
    }
    result.domain = *domain;
  }
  const auto bus = detail::take_hex(text, 2, 2);
  if (!bus || !detail::take(text, ':')) {
    return std::nullopt;
  }
  const auto device = detail::take_hex(text, 2, 2);
  if (!device || *device > 31U || !detail::take(text, '.')) {
    return std::nullopt;
  }
  const auto function = detail::take_hex(text, 1, 1);
  if (!function || *function > 7U || !text.empty()) {
    return std::nullopt;
  }
  result.bus = static_cast<std::uint8_t>(*bus);
  result.device = static_cast<std::uint8_t>(*device);
  result.function = static_cast<std::uint8_t>(*function);
  return result;
}

/// As sysfs prints it: 0000:01:00.0. A domain above ffff gets the digits that it needs.
inline std::string to_string(const Address& a) {
  constexpr char hex[] = "0123456789abcdef";
  std::string text;
  unsigned shift = 16;
  while (shift < 32 && (a.domain >> shift) != 0U) {
    shift += 4;
  }
  while (shift != 0) {
    shift -= 4;
    text += hex[(a.domain >> shift) & 15U];
  }
  text += ':';
  text += hex[a.bus >> 4U];
  text += hex[a.bus & 15U];
  text += ':';
  text += hex[a.device >> 4U];
  text += hex[a.device & 15U];
  text += '.';
  text += hex[a.function & 7U];
  return text;
}

}  // namespace devlock::pci

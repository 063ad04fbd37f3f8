// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The name of a mediated device: 16 bytes, written 83b8f4f2-509f-382f-3c1e-e6bfe0fa1001. The text that sysfs takes may end in one
// newline, as echo writes it.
//
//   if (const auto uuid = vfio::Uuid::parse(text)) ...      // else EINVAL
//
// Not checked: that somebody drew it at random; any 128 bits do.
// Source: create_store in drivers/vfio/mdev/mdev_sysfs.c, guid_parse in lib/uuid.c.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace devlock::vfio {

struct Uuid {
  static constexpr std::size_t text_length = 36;
  std::array<std::uint8_t, 16> bytes{};

  /// The uuid that `text` names, letters in either case; none if it is not one.
  [[nodiscard]] static constexpr std::optional<Uuid> parse(std::string_view text) {
    if (text.size() == text_length + 1 && text.back() == '\n') {
      text.remove_suffix(1);
    }
    if (text.size() != text_length) {
      return std::nullopt;
    }
    Uuid uuid;
    std::size_t digits = 0;
    for (std::size_t i = 0; i != text_length; ++i) {
      if (is_dash(i)) {
        if (text[i] != '-') {
          return std::nullopt;
        }
        continue;
      }
      const int digit = value_of(text[i]);
      if (digit < 0) {
        return std::nullopt;
      }
      auto& byte = uuid.bytes[digits++ / 2];
      byte = static_cast<std::uint8_t>(byte * 16 + digit);
    }
    return uuid;
  }
  [[nodiscard]] std::string text() const {
    constexpr char digits[] = "0123456789abcdef";
    std::string all;
    for (const std::uint8_t byte : bytes) {
      if (is_dash(all.size())) {
        all += '-';
      }
      all += digits[byte >> 4U];
      all += digits[byte & 15U];
    }
    return all;
  }
  friend constexpr bool operator==(const Uuid&, const Uuid&) = default;

 private:
  static constexpr bool is_dash(std::size_t place) { return place == 8 || place == 13 || place == 18 || place == 23; }
  static constexpr int value_of(char c) {
    if (c >= '0' && c <= '9') {
      return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
      return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
  }
};

}  // namespace devlock::vfio

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Relacy's execution history as text that is equal from run to run: addresses become #1, #2 in the order in which they
// appear, and files lose their directories.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace devlock::check {
namespace detail {

inline bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

inline std::string readable_trace(std::string_view text) {
  std::vector<std::string_view> addresses;
  std::string out;
  while (!text.empty()) {
    if (text.substr(0, 2) == "0x") {
      std::size_t length = 2;
      while (length != text.size() && is_hex(text[length])) {
        ++length;
      }
      std::size_t number = 0;
      while (number != addresses.size() && addresses[number] != text.substr(0, length)) {
        ++number;
      }
      if (number == addresses.size()) {
        addresses.push_back(text.substr(0, length));
      }
      out += '#' + std::to_string(number + 1);
      text.remove_prefix(length);
    } else if (text.substr(0, 3) == ", /") {
      const std::size_t name = text.substr(0, text.find_first_of("(\n")).rfind('/') + 1;
      out += ", ";
      text.remove_prefix(name);
    } else {
      out += text.front();
      text.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace detail
}  // namespace devlock::check

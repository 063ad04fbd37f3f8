// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A set of AP adapters or domains, 0 to 255, as the attributes apmask and aqmask of /sys/bus/ap have it: "0x" and up to 64 hexadecimal
// digits, number 0 being the leftmost bit; or changes to what is there, "+0-7,-12", whose numbers are read as in C.
//
//   const std::optional<ap::Mask> next = ap::Mask::parse("+4,+6", before);
//
// Not checked: that the host has such an adapter or domain.
// Source: ap_parse_mask_str in drivers/s390/crypto/ap_bus.c.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace devlock::vfio::ap {

class Mask {
 public:
  static constexpr unsigned size = 256;

  constexpr Mask() = default;
  constexpr Mask(std::initializer_list<unsigned> numbers) {
    for (const unsigned number : numbers) {
      set(number);
    }
  }
  /// Every number.
  static constexpr Mask all() {
    Mask mask;
    mask.words_.fill(~std::uint64_t{0});
    return mask;
  }

  [[nodiscard]] constexpr bool test(unsigned number) const {
    return number < size && ((words_[number / 64U] >> (number % 64U)) & 1U) != 0U;
  }
  /// Nothing happens if `number` is not below `size`.
  constexpr void set(unsigned number, bool in = true) {
    if (number < size) {
      const std::uint64_t bit = std::uint64_t{1} << (number % 64U);
      words_[number / 64U] = in ? words_[number / 64U] | bit : words_[number / 64U] & ~bit;
    }
  }
  [[nodiscard]] constexpr bool any() const { return *this != Mask(); }
  [[nodiscard]] constexpr unsigned count() const {
    unsigned sum = 0;
    for (const std::uint64_t word : words_) {
      sum += static_cast<unsigned>(std::popcount(word));
    }
    return sum;
  }
  constexpr bool operator==(const Mask&) const = default;
  friend constexpr Mask operator&(Mask one, const Mask& other) {
    for (std::size_t i = 0; i != one.words_.size(); ++i) {
      one.words_[i] &= other.words_[i];
    }
    return one;
  }
  /// What is in this one and not in the other.
  [[nodiscard]] constexpr Mask without(const Mask& other) const {
    Mask rest = *this;
    for (std::size_t i = 0; i != words_.size(); ++i) {
      rest.words_[i] &= ~other.words_[i];
    }
    return rest;
  }
  /// Calls `visit` for each number, smallest first, until it returns false. True if it never did.
  template <class Visit>
  constexpr bool each(Visit visit) const {
    for (std::size_t i = 0; i != words_.size(); ++i) {
      for (std::uint64_t rest = words_[i]; rest != 0U; rest &= rest - 1U) {
        if (!visit(static_cast<unsigned>(i) * 64U + static_cast<unsigned>(std::countr_zero(rest)))) {
          return false;
        }
      }
    }
    return true;
  }

  /// What `text` makes of `before`. Empty if it is malformed or names a number that is too large.
  static constexpr std::optional<Mask> parse(std::string_view text, const Mask& before) {
    if (!text.empty() && (text.front() == '+' || text.front() == '-')) {
      return changed(text, before);
    }
    return absolute(text);
  }
  [[nodiscard]] std::string to_string() const {
    std::string text = "0x";
    for (unsigned number = 0; number != size; number += 4U) {
      unsigned digit = 0;
      for (unsigned bit = 0; bit != 4U; ++bit) {
        digit = digit * 2U + (test(number + bit) ? 1U : 0U);
      }
      text += "0123456789abcdef"[digit];
    }
    return text;
  }

 private:
  static constexpr int digit_of(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
  }
  static constexpr std::optional<Mask> absolute(std::string_view text) {
    if (text.substr(0, 2) == "0x") {
      text.remove_prefix(2);
    } else if (text.substr(0, 1) == "x") {
      text.remove_prefix(1);
    }
    Mask mask;
    unsigned number = 0;
    for (; !text.empty() && digit_of(text.front()) >= 0 && number != size; text.remove_prefix(1), number += 4U) {
      for (unsigned bit = 0; bit != 4U; ++bit) {
        mask.set(number + bit, (static_cast<unsigned>(digit_of(text.front())) & (8U >> bit)) != 0U);
      }
    }
    if (!text.empty() && text.front() == '\n') {
      text.remove_prefix(1);
    }
    return text.empty() ? std::optional(mask) : std::nullopt;
  }
  // A number at the start of `text`, which is taken off: decimal, octal after "0", or hexadecimal after "0x". simple_strtoul of base 0.
  static constexpr std::optional<unsigned> number(std::string_view& text) {
    const bool hexadecimal = text.substr(0, 2) == "0x" || text.substr(0, 2) == "0X";
    const unsigned base = hexadecimal ? 16U : text.substr(0, 1) == "0" ? 8U : 10U;
    text.remove_prefix(hexadecimal ? 2 : 0);
    unsigned value = 0;
    bool any = false;
    for (; !text.empty(); text.remove_prefix(1), any = true) {
      const int digit = digit_of(text.front());
      if (digit < 0 || static_cast<unsigned>(digit) >= base) {
        break;
      }
      value = value * base + static_cast<unsigned>(digit);
      if (value >= size) {
        return std::nullopt;
      }
    }
    return any ? std::optional(value) : std::nullopt;
  }
  static constexpr std::optional<Mask> changed(std::string_view text, Mask mask) {
    while (!text.empty()) {
      const char sign = text.front();
      text.remove_prefix(1);
      const auto first = number(text);
      auto last = first;
      if (!text.empty() && text.front() == '-') {
        text.remove_prefix(1);
        last = number(text);
      }
      if ((sign != '+' && sign != '-') || !first || !last || *first > *last) {
        return std::nullopt;
      }
      for (unsigned i = *first; i <= *last; ++i) {
        mask.set(i, sign == '+');
      }
      while (!text.empty() && (text.front() == ',' || text.front() == '\n')) {
        text.remove_prefix(1);
      }
    }
    return mask;
  }

  std::array<std::uint64_t, size / 64U> words_{};
};

}  // namespace devlock::vfio::ap

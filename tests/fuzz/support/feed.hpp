// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The bytes of one fuzz input, taken from the front; zeros once there are no more, so that whoever asks comes to an end. And
// how a target says that something is wrong.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace fuzz {

/// Ends the program; libFuzzer and run.cpp keep the input.
[[noreturn]] inline void fail(const std::string& text) {
  std::fprintf(stderr, "fuzz: %s\n", text.c_str());
  std::abort();
}
inline void require(bool holds, const char* what) {
  if (!holds) {
    fail(what);
  }
}

class Feed {
 public:
  Feed(const std::uint8_t* data, std::size_t size) : data_(data), left_(size) {}

  [[nodiscard]] bool empty() const { return left_ == 0; }
  std::uint8_t byte() {
    if (left_ == 0) {
      return 0;
    }
    --left_;
    return *data_++;
  }
  std::uint32_t word() {
    std::uint32_t value = 0;
    for (int i = 0; i != 4; ++i) {
      value = value << 8U | byte();
    }
    return value;
  }
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : byte() % bound; }
  /// Up to `most` bytes: raw ones, a word that means something to somebody, or one byte many times.
  std::string text(std::size_t most) {
    switch (byte() % 4U) {
      case 0:
        return {};
      case 1: {
        std::string raw;
        for (std::size_t left = std::min<std::size_t>(byte(), most); left != 0 && !empty(); --left) {
          raw += static_cast<char>(byte());
        }
        return raw;
      }
      case 2: {
        std::string words;
        for (std::size_t left = byte() % 6U; left != 0; --left) {
          words += words_[below(words_.size())];
        }
        return words.substr(0, most);
      }
      default: {
        const std::size_t count = std::size_t{byte()} * 64U;
        return std::string(std::min(count, most), static_cast<char>(byte()));
      }
    }
  }

 private:
  static constexpr std::array<std::string_view, 24> words_{"/",
                                                           "..",
                                                           ".",
                                                           "\n",
                                                           "../../../../etc/passwd",
                                                           "0000:01:00.0",
                                                           "0000:00:01.0",
                                                           "ffffffff:ff:1f.7",
                                                           "0000:01:00.8",
                                                           "0000:01:20.0",
                                                           "vfio-pci",
                                                           "0x",
                                                           "-1",
                                                           "4294967296",
                                                           "999999999",
                                                           "(null)",
                                                           "bus/pci",
                                                           "%s%n",
                                                           "\x1b[2J",
                                                           "0x060400",
                                                           "7",
                                                           "\xff\xfe",
                                                           " ",
                                                           "flr"};
  const std::uint8_t* data_;
  std::size_t left_;
};

}  // namespace fuzz

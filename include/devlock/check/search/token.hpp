// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A replay token: the choices of one execution as text that survives a bug report and a shell.
//
//   devlock1:Inversion's number:3:2000:d:a3b,1A~c:sum
//     threads, depth, memory ("r" if freed memory may be reused) and kind of data choices ("s" sampled, "d" depth first),
//     then the choices: a thread as a letter, repeated as a number says; upper case if its timed wait ends; ~ before one
//     whose wait ends without a reason, ^ before one that waited for a mutex; a comma before a choice of data.
//
// Not in it: the scenario. A token says which one it belongs to, and fits only if neither it nor the library's text
// changed the operations that it performs.
#pragma once

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "devlock/check/scenario.hpp"
#include "devlock/check/search/choices.hpp"
#include "devlock/sync/relacy/touch.hpp"

namespace devlock::check::detail {

struct Token {
  std::uint64_t scenario = 0;  // a number of its name
  unsigned threads = 0;
  unsigned depth = 0;
  bool reuse_memory = false;
  bool sampled = false;        // Relacy offers other choices of data to a search that samples
  std::vector<Choice> choices;
};

inline std::string to_hex(std::uint64_t number) {
  std::string text;
  for (int shift = 28; shift >= 0; shift -= 4) {
    text += "0123456789abcdef"[(number >> static_cast<unsigned>(shift)) & 15U];
  }
  return text;
}

inline std::string to_text(const std::vector<Choice>& choices) {
  std::string text;
  for (std::size_t i = 0; i != choices.size();) {
    const Choice choice = choices[i];
    std::size_t count = 1;
    while (i + count != choices.size() && choices[i + count] == choice && choice.kind != Choice::Kind::data) {
      ++count;
    }
    i += count;
    if (choice.kind == Choice::Kind::data) {
      text += ',' + std::to_string(choice.value);
      continue;
    }
    text += choice.kind == Choice::Kind::wakes_spuriously  ? "~"
            : choice.kind == Choice::Kind::runs_after_wait ? "^"
                                                           : "";
    text += static_cast<char>((choice.kind == Choice::Kind::times_out ? 'A' : 'a') + static_cast<int>(choice.value));
    if (count != 1) {
      text += std::to_string(count);
    }
  }
  return text;
}

inline std::string to_text(const Token& token) {
  std::string text = "devlock1:" + to_hex(token.scenario) + ':' + std::to_string(token.threads) + ':' +
                     std::to_string(token.depth) + ':' + (token.reuse_memory ? "r" : "") + (token.sampled ? "s" : "d") +
                     ':' + to_text(token.choices) + ':';
  return text + to_hex(number_of(text));
}

/// Reads what to_text() wrote. Anything else is an error, in words.
class TokenReader {
 public:
  explicit TokenReader(std::string_view text) : text_(text) {}

  /// Empty if all is well.
  std::string read(Token& token) {
    const std::size_t sum = text_.rfind(':');
    if (text_.substr(0, 9) != "devlock1:" || sum == std::string_view::npos) {
      return "it does not begin with devlock1:";
    }
    if (to_hex(number_of(text_.substr(0, sum + 1))) != text_.substr(sum + 1)) {
      return "its checksum is wrong; is it whole?";
    }
    text_ = text_.substr(9, sum - 9);
    const std::string_view scenario = field();
    for (const char c : scenario) {
      token.scenario = token.scenario * 16U + static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    token.threads = number();
    field();
    token.depth = number();
    field();
    const std::string_view kind = field();
    token.reuse_memory = kind.find('r') != std::string_view::npos;
    token.sampled = kind.find('s') != std::string_view::npos;
    if (token.threads == 0 || token.threads > relacy::max_threads || token.depth == 0) {
      return "it names no number of threads or no depth";
    }
    while (!text_.empty()) {
      if (!choice(token)) {
        return "its choices cannot be read";
      }
    }
    return {};
  }

 private:
  std::string_view field() {
    const std::size_t end = text_.find(':');
    const std::string_view found = text_.substr(0, end);
    text_.remove_prefix(end == std::string_view::npos ? text_.size() : end + 1);
    return found;
  }
  unsigned number() {
    constexpr std::uint64_t largest = std::numeric_limits<unsigned>::max();
    std::uint64_t value = 0;
    while (!text_.empty() && text_.front() >= '0' && text_.front() <= '9') {
      value = std::min(value * 10U + static_cast<unsigned>(text_.front() - '0'), largest);
      text_.remove_prefix(1);
    }
    return static_cast<unsigned>(value);
  }
  bool choice(Token& token) {
    char c = next();
    Choice read;
    if (c == ',') {
      read.kind = Choice::Kind::data;
      read.value = number();
      token.choices.push_back(read);
      return true;
    }
    if (c == '~' || c == '^') {
      read.kind = c == '~' ? Choice::Kind::wakes_spuriously : Choice::Kind::runs_after_wait;
      c = next();
    }
    if (c >= 'A' && c <= 'Z') {
      read.kind = Choice::Kind::times_out;
      c = static_cast<char>(c - 'A' + 'a');
    }
    read.value = static_cast<unsigned>(c - 'a');
    if (c < 'a' || read.value >= token.threads) {
      return false;
    }
    const unsigned count = number();
    if (count > std::uint64_t{token.depth} + 1U) {
      return false;  // no execution is so long
    }
    token.choices.insert(token.choices.end(), count == 0 ? 1 : count, read);
    return true;
  }
  char next() {
    const char c = text_.empty() ? '\0' : text_.front();
    text_.remove_prefix(text_.empty() ? 0 : 1);
    return c;
  }

  std::string_view text_;
};

}  // namespace devlock::check::detail

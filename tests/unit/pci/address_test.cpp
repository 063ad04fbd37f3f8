// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Addresses from text and back: strict, and never surprised.
#include "devlock/pci/address.hpp"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "support/catch.hpp"

namespace {

using devlock::pci::Address;
using devlock::pci::parse_address;

TEST_CASE("Well-formed addresses are read digit by digit") {
  struct Row {
    const char* text;
    Address address;
    const char* printed;
  };
  const Row table[] = {
      {"0000:01:00.0", {0, 1, 0, 0}, "0000:01:00.0"},
      {"01:00.0", {0, 1, 0, 0}, "0000:01:00.0"},
      {"0000:00:00.0", {0, 0, 0, 0}, "0000:00:00.0"},
      {"ffff:ff:1f.7", {0xffff, 0xff, 31, 7}, "ffff:ff:1f.7"},
      {"FFFF:FF:1F.7", {0xffff, 0xff, 31, 7}, "ffff:ff:1f.7"},
      {"12ab:c4:0d.3", {0x12ab, 0xc4, 13, 3}, "12ab:c4:0d.3"},
      {"10000:00:01.0", {0x10000, 0, 1, 0}, "10000:00:01.0"},
      {"123456:0a:10.5", {0x123456, 10, 16, 5}, "123456:0a:10.5"},
      {"ffffffff:ff:1f.7", {0xffffffff, 0xff, 31, 7}, "ffffffff:ff:1f.7"},
      {"00000001:02:03.4", {1, 2, 3, 4}, "0001:02:03.4"},
      {"e000:80:00.1", {0xe000, 0x80, 0, 1}, "e000:80:00.1"},
  };
  for (const Row& row : table) {
    INFO(row.text);
    const auto parsed = parse_address(row.text);
    REQUIRE(parsed.has_value());
    REQUIRE(*parsed == row.address);
    REQUIRE(to_string(*parsed) == row.printed);
  }
}

TEST_CASE("Everything else is refused") {
  const std::string_view table[] = {
      "",
      " ",
      ":",
      ".",
      "::",
      ":::",
      "0",
      "01",
      "01:",
      "01:00",
      "01:00.",
      ":00.0",
      "01:.0",
      "01:0.0",
      "1:00.0",
      "001:00.0",
      "01:000.0",
      "01:00.00",
      "01:00.8",
      "01:00.f",
      "01:20.0",
      "01:ff.0",
      "01:00:0",
      "01.00.0",
      "01:00.0 ",
      " 01:00.0",
      "01: 0.0",
      "01:00.0\n",
      "01:00.0.0",
      "01:00.0:",
      "01:00.0x",
      ":01:00.0",
      "000:01:00.0",
      "0:01:00.0",
      "0x00:01:00.0",
      "000000000:01:00.0",
      "100000000:01:00.0",
      "0000:0001:00.0",
      "0000:1:00.0",
      "0000:01:00",
      "0000:01:00.0:0",
      "0000:01:1f.-1",
      "-000:01:00.0",
      "+000:01:00.0",
      "g000:01:00.0",
      "0000:0g:00.0",
      "0000:01:0g.0",
      "0000:01:20.0",
      "0000:01:00.9",
      "0000;01;00.0",
      "0000:01:00,0",
      "0000-01-00.0",
      "00000000-0000-0000-0000-000000000000",
      "\xff\xff\xff\xff:01:00.0",
      "vfio-pci",
  };
  for (const auto text : table) {
    INFO(text);
    REQUIRE_FALSE(parse_address(text).has_value());
  }
  using namespace std::string_view_literals;
  REQUIRE_FALSE(parse_address("0000:01:00.0\0"sv).has_value());
  REQUIRE_FALSE(parse_address("0000\0:01:00.0"sv).has_value());
  REQUIRE_FALSE(parse_address(std::string(100000, '0')).has_value());
  REQUIRE_FALSE(parse_address(std::string(100000, ':')).has_value());
}

TEST_CASE("Addresses order as the bus is walked: domain, bus, device, function") {
  const std::vector<Address> walked = {{0, 0, 0, 0}, {0, 0, 0, 7}, {0, 0, 1, 0}, {0, 0, 31, 7},
                                       {0, 1, 0, 0}, {0, 255, 31, 7}, {1, 0, 0, 0}, {0x10000, 0, 0, 0}};
  REQUIRE(std::is_sorted(walked.begin(), walked.end()));
  REQUIRE(std::adjacent_find(walked.begin(), walked.end()) == walked.end());
}

TEST_CASE("Functions share a slot if all but the function is equal") {
  const Address one{1, 2, 3, 4};
  REQUIRE(one.same_slot({1, 2, 3, 0}));
  REQUIRE_FALSE(one.same_slot({0, 2, 3, 4}));
  REQUIRE_FALSE(one.same_slot({1, 0, 3, 4}));
  REQUIRE_FALSE(one.same_slot({1, 2, 0, 4}));
}

TEST_CASE("Every printed address is read back as it was") {
  std::mt19937 random(1);
  for (int round = 0; round != 20000; ++round) {
    const unsigned digits = 1U << (random() % 32);  // domains of every length
    const Address address{static_cast<std::uint32_t>(random() & (digits | (digits - 1U))),
                          static_cast<std::uint8_t>(random() & 255U), static_cast<std::uint8_t>(random() & 31U),
                          static_cast<std::uint8_t>(random() & 7U)};
    const auto text = to_string(address);
    const auto parsed = parse_address(text);
    INFO(text);
    REQUIRE(parsed.has_value());
    REQUIRE(*parsed == address);
    REQUIRE(parse_address(text.substr(0, text.size() - 1)) == std::nullopt);
  }
}

// A second reading of the grammar, written as a match from the left without anything in common with the first.
bool matches_grammar(const std::string& text) {
  const auto is_hex = [](char c) {
    return std::string("0123456789abcdefABCDEF").find(c) != std::string::npos;
  };
  std::string shape;  // every hex digit as 'h'
  for (const char c : text) {
    shape += is_hex(c) ? 'h' : c;
  }
  const std::string tail = "hh:hh.h";
  if (shape.size() < tail.size() || shape.substr(shape.size() - tail.size()) != tail) {
    return false;
  }
  const std::string front = shape.substr(0, shape.size() - tail.size());
  const bool domain = front.size() >= 5 && front.size() <= 9 && front.back() == ':' &&
                      front.find_first_not_of('h') == front.size() - 1;
  const std::size_t end = text.size();
  return (front.empty() || domain) && (text[end - 4] == '0' || text[end - 4] == '1') &&
         std::string("01234567").find(text[end - 1]) != std::string::npos;
}

TEST_CASE("Mutated text is read if and only if it fits the grammar, and prints as it was read") {
  std::mt19937 random(2);
  const std::string seeds[] = {"0000:01:00.0", "01:00.0", "ffffffff:ff:1f.7", "12345:a0:1e.3"};
  const std::string alphabet = "0123456789abcdefABCDEF:.: .x-\n";
  int read = 0;
  int refused = 0;
  for (int round = 0; round != 50000; ++round) {
    std::string text = seeds[random() % 4];
    for (auto changes = 1 + random() % 3; changes != 0; --changes) {
      const std::size_t place = random() % (text.size() + 1);
      const char letter = alphabet[random() % alphabet.size()];
      switch (random() % 3) {
        case 0: text.insert(place, 1, letter); break;
        case 1: text.erase(place, 1); break;
        default: text.replace(place, 1, 1, letter); break;
      }
    }
    INFO(text);
    const auto parsed = parse_address(text);
    REQUIRE(parsed.has_value() == matches_grammar(text));
    if (parsed) {
      ++read;
      REQUIRE(parse_address(to_string(*parsed)) == parsed);
    } else {
      ++refused;
    }
  }
  REQUIRE(read > 5000);
  REQUIRE(refused > 5000);
}

TEST_CASE("An address is read at compile time") {
  constexpr auto parsed = parse_address("0001:02:03.4");
  static_assert(parsed.has_value());
  static_assert(parsed->domain == 1 && parsed->bus == 2 && parsed->device == 3 && parsed->function == 4);
  REQUIRE(to_string(*parsed) == "0001:02:03.4");
}

}  // namespace

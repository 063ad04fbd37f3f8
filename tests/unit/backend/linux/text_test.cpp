// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
#include "support/catch.hpp"

#include "devlock/backend/linux/text.hpp"

using namespace devlock::linux_host;

TEST_CASE("a hex number is digits with or without 0x, in its range, and nothing else", "[text]") {
  CHECK(parse_hex("0x060400", 0xffffffU) == 0x060400U);
  CHECK(parse_hex("8086", 0xffffU) == 0x8086U);
  CHECK(parse_hex("0XfFfFfFfF", 0xffffffffU) == 0xffffffffU);
  for (const char* text : {"", "0x", "x1", "0x1g", " 1", "1 ", "1\n", "-1", "+1", "0x0x1", "123456789", "0x10000"}) {
    INFO(text);
    CHECK_FALSE(parse_hex(text, 0xffffU));
  }
  CHECK_FALSE(parse_hex(std::string_view("1\0", 2), 0xffffU));
}

TEST_CASE("a decimal number is at most nine digits and nothing else", "[text]") {
  CHECK(parse_decimal("0") == 0);
  CHECK(parse_decimal("999999999") == 999999999);
  for (const char* text : {"", "-1", "+1", " 1", "1 ", "1\n", "0x1", "1000000000", "99999999999999999999"}) {
    INFO(text);
    CHECK_FALSE(parse_decimal(text));
  }
}

TEST_CASE("a function has the one name that sysfs prints", "[text]") {
  CHECK(parse_name("0000:01:00.1") == devlock::pci::Address{0, 1, 0, 1});
  CHECK(parse_name("10000:e1:00.0") == devlock::pci::Address{0x10000, 0xe1, 0, 0});
  for (const char* text : {"01:00.0", "0000:0A:00.0", "00000:01:00.0", "0000:01:20.0", "0000:01:00.8", "..", ""}) {
    INFO(text);
    CHECK_FALSE(parse_name(text));
  }
}

TEST_CASE("a driver name is one printable component of a path", "[text]") {
  CHECK(valid_driver_name("vfio-pci"));
  CHECK(valid_driver_name("CS5530 IDE"));
  CHECK(valid_driver_name("..."));
  CHECK(valid_driver_name(std::string(255, 'a')));
  CHECK_FALSE(valid_driver_name(std::string(256, 'a')));
  for (const char* text : {"", ".", "..", "a/b", "/", "../x", "a\n", "\n", "a\tb", "\x7f", "\xff"}) {
    INFO(text);
    CHECK_FALSE(valid_driver_name(text));
  }
  CHECK_FALSE(valid_driver_name(std::string_view("a\0b", 3)));
}

TEST_CASE("the last component of a path is what follows its last slash", "[text]") {
  CHECK(last_component("../../drivers/e1000e") == "e1000e");
  CHECK(last_component("e1000e") == "e1000e");
  CHECK(last_component("drivers/").empty());
  CHECK(last_component("").empty());
}

TEST_CASE("a quotation is printable and short", "[text]") {
  CHECK(in_quotes("vfio-pci") == "\"vfio-pci\"");
  CHECK(in_quotes("a\nb\x01\xff") == "\"a?b??\"");
  CHECK(in_quotes(std::string(5000, 'x')) == '"' + std::string(64, 'x') + "...\"");
}

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
#include "devlock/vfio/uuid.hpp"

#include "support/catch.hpp"

namespace {

using devlock::vfio::Uuid;

constexpr const char* text = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001";

TEST_CASE("A uuid reads what it writes") {
  const auto uuid = Uuid::parse(text);
  REQUIRE(uuid.has_value());
  CHECK(uuid->text() == text);
  CHECK(uuid->bytes[0] == 0x83);
  CHECK(uuid->bytes[15] == 0x01);
  CHECK(Uuid{}.text() == "00000000-0000-0000-0000-000000000000");
}

TEST_CASE("Letters may be large, and the newline of echo may follow") {
  CHECK(Uuid::parse("83B8F4F2-509F-382F-3C1E-E6BFE0FA1001") == Uuid::parse(text));
  CHECK(Uuid::parse(std::string(text) + "\n") == Uuid::parse(text));
}

TEST_CASE("What is no uuid is none") {
  const std::string good = text;
  CHECK_FALSE(Uuid::parse("").has_value());
  CHECK_FALSE(Uuid::parse("\n").has_value());
  CHECK_FALSE(Uuid::parse(good.substr(1)).has_value());
  CHECK_FALSE(Uuid::parse(good + "0").has_value());
  CHECK_FALSE(Uuid::parse(good + "\n\n").has_value());
  CHECK_FALSE(Uuid::parse(" " + good).has_value());
  for (std::size_t i = 0; i != good.size(); ++i) {
    for (const char wrong : {'g', '/', ':', '@', '`', 'G', ' ', '\0', '\x80'}) {
      std::string bad = good;
      bad[i] = wrong;
      INFO(bad);
      CHECK_FALSE(Uuid::parse(bad).has_value());
    }
    std::string bad = good;
    bad[i] = good[i] == '-' ? '0' : '-';
    CHECK_FALSE(Uuid::parse(bad).has_value());
  }
}

TEST_CASE("Two uuids are one if all their bytes are") {
  for (std::size_t i = 0; i != 16; ++i) {
    Uuid one;
    one.bytes[i] = 1;
    CHECK_FALSE(one == Uuid{});
    CHECK(Uuid::parse(one.text()) == one);
  }
}

}  // namespace

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What was permitted over one number is known of that number and that acquisition only, whatever else falls into the same place.
#include "devlock/validate/known_paths.hpp"

#include "support/catch.hpp"

namespace {

using namespace devlock::validate;

constexpr std::size_t many = 80;  // far more than places, of each kind
AskedFacts locks[many]{};

TEST_CASE("Only what was added is known, of all that share its place") {
  for (std::uint64_t below = 0; below != many; ++below) {
    for (const AskedFacts& asked : locks) {
      KnownPaths known;
      REQUIRE(known.find(below, asked) == 0);
      known.add(below, asked, 7);
      std::size_t found = 0;
      for (std::uint64_t other = 0; other != many; ++other) {
        found += known.find(other, asked) != 0 ? 1U : 0U;
        found += known.find(below, locks[other]) != 0 ? 1U : 0U;
      }
      REQUIRE(known.find(below, asked) == 7);
      REQUIRE(found == 2);
    }
  }
}
TEST_CASE("A later one takes the place of an earlier one, and all are forgotten at once") {
  KnownPaths known;
  std::size_t forgotten = 0;
  for (std::uint64_t below = 1; below != many; ++below) {
    known.add(below, locks[1], below);
  }
  for (std::uint64_t below = 1; below != many; ++below) {
    const std::uint64_t path = known.find(below, locks[1]);
    REQUIRE((path == 0 || path == below));
    forgotten += path == 0 ? 1U : 0U;
  }
  CHECK(forgotten != 0);
  CHECK(forgotten < many - 1);
  known.forget_all();
  for (std::uint64_t below = 0; below != many; ++below) {
    REQUIRE(known.find(below, locks[1]) == 0);
  }
}

}  // namespace

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What was ruled about one pair is known of that pair only, whatever else falls into the same place.
#include "devlock/validate/known_pairs.hpp"

#include "support/catch.hpp"

namespace {

using namespace devlock::validate;

constexpr std::size_t many = 80;  // far more than places, of each kind
AskedFacts locks[many]{};
OrderFacts orders[2]{};

KnownPairs::Pair pair_of(std::size_t held, std::size_t asked) {
  return {&locks[held], &locks[asked], &orders[0]};
}

TEST_CASE("Only the pair that was added is known, of all that share its place") {
  for (std::size_t held = 0; held != many; ++held) {
    for (std::size_t asked = 0; asked != many; ++asked) {
      KnownPairs known;
      REQUIRE_FALSE(known.has(pair_of(held, asked)));
      known.add(pair_of(held, asked));
      std::size_t found = 0;
      for (std::size_t other = 0; other != many; ++other) {
        found += known.has(pair_of(other, asked)) ? 1U : 0U;
        found += known.has(pair_of(held, other)) ? 1U : 0U;
      }
      REQUIRE(known.has(pair_of(held, asked)));
      REQUIRE(found == 2);
    }
  }
}
TEST_CASE("The same locks in a program of another order are another pair") {
  KnownPairs known;
  const KnownPairs::Pair pair = pair_of(0, 1);
  known.add(pair);
  KnownPairs::Pair other = pair;
  other.program = &orders[1];
  CHECK_FALSE(known.has(other));
  other.program = nullptr;
  CHECK_FALSE(known.has(other));
  CHECK(known.has(pair));
}
TEST_CASE("A later pair takes the place of an earlier one, which is then asked about again") {
  KnownPairs known;
  std::size_t forgotten = 0;
  for (std::size_t held = 0; held != many; ++held) {
    known.add(pair_of(held, 1));
  }
  for (std::size_t held = 0; held != many; ++held) {
    forgotten += known.has(pair_of(held, 1)) ? 0U : 1U;
  }
  CHECK(forgotten != 0);
  known.add(pair_of(3, 7));
  CHECK(known.has(pair_of(3, 7)));
}

}  // namespace

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Masks as /sys/bus/ap has them, malformed ones included.
#include "devlock/vfio/ap/mask.hpp"

#include <vector>

#include "devlock/vfio/ap/matrix.hpp"
#include "support/catch.hpp"

namespace {

using devlock::vfio::ap::Apqn;
using devlock::vfio::ap::Mask;
using devlock::vfio::ap::Matrix;

TEST_CASE("The first number is the leftmost bit") {
  CHECK(Mask{0}.to_string() == std::string("0x8").append(63, '0'));
  CHECK(Mask{255}.to_string() == std::string("0x").append(63, '0') + "1");
  CHECK(Mask{4, 6}.to_string() == std::string("0x0a").append(62, '0'));
  CHECK(Mask::all().to_string() == std::string("0x").append(64, 'f'));
}

TEST_CASE("What was printed is read again") {
  for (const Mask& mask : {Mask(), Mask{0}, Mask{63, 64}, Mask{1, 128, 254}, Mask::all()}) {
    CHECK(Mask::parse(mask.to_string(), Mask{7}) == mask);
    CHECK(Mask::parse(mask.to_string() + "\n", Mask{7}) == mask);
  }
}

TEST_CASE("An absolute mask replaces; missing digits are nothing") {
  CHECK(Mask::parse("0x8", Mask::all()) == Mask{0});
  CHECK(Mask::parse("F", Mask()) == Mask{0, 1, 2, 3});
  CHECK(Mask::parse("0x", Mask::all()) == Mask());
  CHECK(Mask::parse("", Mask::all()) == Mask());
}

TEST_CASE("Changes add to what is there and take from it, in order") {
  CHECK(Mask::parse("+4", Mask{1}) == Mask{1, 4});
  CHECK(Mask::parse("-1", Mask{1, 4}) == Mask{4});
  CHECK(Mask::parse("+4-6,-5", Mask()) == Mask{4, 6});
  CHECK(Mask::parse("+0x10-0x12", Mask()) == Mask{16, 17, 18});
  CHECK(Mask::parse("+0-255\n", Mask()) == Mask::all());
  CHECK(Mask::parse("-0-255,+9", Mask::all()) == Mask{9});
}

TEST_CASE("Numbers are read as C writes them, an x before the digits as the kernel takes it") {
  CHECK(Mask::parse("+010", Mask()) == Mask{8});
  CHECK(Mask::parse("+0X1f-0x20", Mask()) == Mask{31, 32});
  CHECK(Mask::parse("+00,+07", Mask()) == Mask{0, 7});
  CHECK_FALSE(Mask::parse("+08", Mask()));
  CHECK_FALSE(Mask::parse("+0400", Mask()));
  CHECK(Mask::parse("x8", Mask()) == Mask{0});
  CHECK_FALSE(Mask::parse("0X8", Mask()));
  CHECK_FALSE(Mask::parse("xx8", Mask()));
}

TEST_CASE("What is malformed or too large is no mask") {
  for (const char* text : {"0xg", "0x8 ", "x8z", "+", "-", "+256", "+-1", "+5-4", "+1-256", "+1,2", "+1 ", "+0x", "+1-",
                           "1+", "+99999999999999999999", "\n0x8"}) {
    CAPTURE(text);
    CHECK_FALSE(Mask::parse(text, Mask{1}));
  }
  CHECK(Mask::parse(std::string("0x").append(64, 'f'), Mask()) == Mask::all());
  CHECK_FALSE(Mask::parse(std::string("0x").append(65, 'f'), Mask()));
}

TEST_CASE("A number that no mask has is not in any") {
  Mask mask = Mask::all();
  mask.set(256);
  mask.set(4'000'000'000U, false);
  CHECK(mask == Mask::all());
  CHECK_FALSE(mask.test(256));
  CHECK(mask.count() == 256U);
}

TEST_CASE("Numbers are visited in order until the visitor has enough") {
  std::vector<unsigned> seen;
  const auto visit = [&](unsigned number) {
    seen.push_back(number);
    return number < 64;
  };
  CHECK_FALSE(Mask{255, 3, 64, 63}.each(visit));
  CHECK(seen == std::vector<unsigned>{3, 63, 64});
  CHECK(Mask{1, 2}.each([](unsigned) { return true; }));
}

TEST_CASE("Two matrices overlap if a queue is in both") {
  const Matrix one{{1, 2}, {5}, {}};
  CHECK(one.overlaps({{2}, {5, 6}, {}}));
  CHECK_FALSE(one.overlaps({{2}, {6}, {}}));
  CHECK_FALSE(one.overlaps({{3}, {5}, {}}));
  CHECK_FALSE(one.overlaps({{}, {5}, {}}));
  CHECK_FALSE(Matrix{{}, {}, {5}}.overlaps({{}, {}, {5}}));
  CHECK(one.has({2, 5}));
  CHECK_FALSE(one.has({5, 2}));
  CHECK(Apqn{4, 6}.to_string() == "04.0006");
  CHECK(Apqn{255, 255}.to_string() == "ff.00ff");
}

}  // namespace

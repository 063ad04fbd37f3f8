// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The check of answers: an answer that is missing and one that nobody knows are each told, by operation and answer.
#include "coverage.hpp"

#include "support/catch.hpp"

using namespace fidelity;

namespace {

constexpr Producible everything{true, true, true, {.override_waits = true, .hot_reset_info_waits = true}};

Tally all_but(std::string_view operation, std::string_view text) {
  Tally tally;
  for (const Answer& answer : answers) {
    if (expected(answer, everything) && !(operation == name(answer.op) && (text.empty() || text == answer.text))) {
      tally.add(name(answer.op), std::string(answer.text), 1);
    }
  }
  return tally;
}

}  // namespace

TEST_CASE("nothing is missing if every answer that can come was seen") {
  CHECK(check_coverage(all_but("", ""), {"all"}, everything).empty());
}

TEST_CASE("each answer that is missing is told, with its operation") {
  for (const Answer& answer : answers) {
    if (expected(answer, everything)) {
      const auto lines = check_coverage(all_but(name(answer.op), answer.text), {"all"}, everything);
      REQUIRE(lines.size() == 1);
      CHECK(lines.front() == std::string("coverage: ") + name(answer.op) + " can answer '" + std::string(answer.text) +
                                 "', and no script produced that");
    }
  }
}

TEST_CASE("an operation that no script asks is missing, unless it is not asked for") {
  const Tally tally = all_but("attach", "");
  CHECK(check_coverage(tally, {"all"}, everything).size() == 2);
  CHECK(check_coverage(tally, {"attach"}, everything).size() == 2);
  CHECK(check_coverage(tally, {"detach", "status"}, everything).empty());
  CHECK(check_coverage(tally, {"off"}, everything).empty());
}

TEST_CASE("an answer that is not in the table is told, and so is one that no script can produce") {
  for (const char* text : {"failed EIO", "invalid EBADF"}) {
    Tally tally = all_but("", "");
    tally.add("attach", text, 3);
    const auto lines = check_coverage(tally, {"all"}, everything);
    REQUIRE(lines.size() == 1);
    CHECK(lines.front().find(std::string("coverage: attach answered '") + text + "' 3 times") == 0);
  }
}

TEST_CASE("what comes by timing alone is known, and not asked for") {
  Tally tally = all_but("", "");
  CHECK(tally.count("open_group", "gone ENODEV") == 0);
  tally.add("open_group", "gone ENODEV", 1);
  CHECK(check_coverage(tally, {"all"}, everything).empty());
}

TEST_CASE("what this run has nothing for is not asked for") {
  const Producible bare{false, false, false, {.override_waits = false, .hot_reset_info_waits = false}};
  Tally tally;
  for (const Answer& answer : answers) {
    if (expected(answer, bare)) {
      tally.add(name(answer.op), std::string(answer.text), 1);
    }
  }
  CHECK(check_coverage(tally, {"all"}, bare).empty());
  CHECK(check_coverage(tally, {"all"}, everything).size() > 10);
}

TEST_CASE("every operation has an answer in the table, and none has one twice") {
  for (std::size_t place = 0; place != op_count; ++place) {
    CHECK(std::any_of(answers.begin(), answers.end(),
                      [&](const Answer& answer) { return answer.op == static_cast<Op>(place); }));
  }
  for (const Answer& answer : answers) {
    CHECK(std::count_if(answers.begin(), answers.end(),
                        [&](const Answer& other) { return other.op == answer.op && other.text == answer.text; }) == 1);
  }
}

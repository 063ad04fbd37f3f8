// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The check of answers: an answer that is missing and one that nobody knows are each told, by operation and answer.
#include "coverage.hpp"

#include "support/catch.hpp"

using namespace fidelity;

namespace {

constexpr Producible everything{.hold = true,
                                .functions = true,
                                .pair = true,
                                .host_driver = true,
                                .mdevs = true,
                                .profile = {.override_waits = true, .hot_reset_info_waits = true}};

std::string on_mdev(Op op) {
  return std::string(mdev_prefix) + name(op);
}
Tally all_but(std::string_view operation, std::string_view text) {
  Tally tally;
  const auto add = [&](const Answer& answer, const std::string& named) {
    if (expected(answer, everything) && !(operation == named && (text.empty() || text == answer.text))) {
      tally.add(named, std::string(answer.text), 1);
    }
  };
  for (const Answer& answer : function_answers) {
    add(answer, name(answer.op));
  }
  for (const Answer& answer : mdev_answers) {
    add(answer, on_mdev(answer.op));
  }
  return tally;
}

}  // namespace

TEST_CASE("nothing is missing if every answer that can come was seen") {
  CHECK(check_coverage(all_but("", ""), {"all"}, everything).empty());
}

TEST_CASE("each answer that is missing is told, with its operation") {
  for (const Answer& answer : function_answers) {
    if (expected(answer, everything)) {
      const auto lines = check_coverage(all_but(name(answer.op), answer.text), {"all"}, everything);
      REQUIRE(lines.size() == 1);
      CHECK(lines.front() == std::string("coverage: ") + name(answer.op) + " can answer '" + std::string(answer.text) +
                                 "', and no script produced that");
    }
  }
}

TEST_CASE("what was seen on functions says nothing of mediated devices, and the other way round") {
  for (const Answer& answer : mdev_answers) {
    if (expected(answer, everything)) {
      const auto lines = check_coverage(all_but(on_mdev(answer.op), answer.text), {"all"}, everything);
      REQUIRE(lines.size() == 1);
      CHECK(lines.front() == "coverage: mtty/" + std::string(name(answer.op)) + " can answer '" +
                                 std::string(answer.text) + "', and no script produced that");
    }
  }
  Tally tally = all_but("", "");
  tally.add("mtty/create_mdev", "gone ENODEV", 2);
  tally.add("mtty/unbind", "ok", 1);
  CHECK(check_coverage(tally, {"all"}, everything).size() == 2);
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
  const Producible bare{.functions = true, .profile = {.override_waits = false, .hot_reset_info_waits = false}};
  Tally tally;
  for (const Answer& answer : function_answers) {
    if (expected(answer, bare)) {
      tally.add(name(answer.op), std::string(answer.text), 1);
    }
  }
  CHECK(check_coverage(tally, {"all"}, bare).empty());
  CHECK(check_coverage(tally, {"all"}, everything).size() > 10);
}

TEST_CASE("every operation has an answer in the table, and none has one twice") {
  for (std::size_t place = 0; place != op_count; ++place) {
    const auto is_of_it = [&](const Answer& answer) { return answer.op == static_cast<Op>(place); };
    CHECK((std::any_of(function_answers.begin(), function_answers.end(), is_of_it) ||
           std::any_of(mdev_answers.begin(), mdev_answers.end(), is_of_it)));
  }
  const auto once = [](const auto& table) {
    return std::all_of(table.begin(), table.end(), [&](const Answer& answer) {
      return std::count_if(table.begin(), table.end(), [&](const Answer& other) {
               return other.op == answer.op && other.text == answer.text;
             }) == 1;
    });
  };
  CHECK(once(function_answers));
  CHECK(once(mdev_answers));
}

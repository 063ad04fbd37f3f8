// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
#include "support/catch.hpp"

#include "devlock/check/report/coverage.hpp"
#include "support/terminal.hpp"

namespace {

using devlock::check::MarkCount;
using devlock::check::Progress;
using namespace std::chrono_literals;

// A file to write to and what was written.
class Written {
 public:
  Written() : file_(std::tmpfile()) {}
  Written(const Written&) = delete;
  Written& operator=(const Written&) = delete;
  ~Written() { std::fclose(file_); }
  [[nodiscard]] std::FILE* file() { return file_; }
  std::string text() {
    std::fflush(file_);
    std::rewind(file_);
    std::string all;
    for (int c = std::fgetc(file_); c != EOF; c = std::fgetc(file_)) {
      all += static_cast<char>(c);
    }
    return all;
  }

 private:
  std::FILE* file_;
};

std::size_t lines_in(const std::string& text) {
  std::size_t found = 0;
  for (std::size_t at = text.find("searching"); at != std::string::npos; at = text.find("searching", at + 1)) {
    ++found;
  }
  return found;
}

TEST_CASE("Progress says executions, depth, rate and what is left, and is wiped at the end") {
  Written out;
  const Progress::Clock::time_point begin;
  {
    Progress progress(begin, out.file(), true);
    progress.at(begin + 2s, 1290000, 0, 41, begin + 44s);
  }
  CHECK(out.text() == "\r\033[Ksearching: 1,290,000 executions, depth 41, 645,000 /s, 42 s left\r\033[K");
}
TEST_CASE("The number of executions may be the nearer limit") {
  Written out;
  const Progress::Clock::time_point begin;
  Progress progress(begin, out.file(), true);
  progress.at(begin + 1s, 100, 1100, 5, begin + 60s);
  CHECK(out.text().find("100 /s, 10 s left") != std::string::npos);
}
TEST_CASE("Progress is silent for half a second and then writes at most four times a second") {
  Written out;
  const Progress::Clock::time_point begin;
  Progress progress(begin, out.file(), true);
  for (auto now = 0ms; now != 490ms; now += 10ms) {
    progress.at(begin + now, 1, 0, 1, begin + 60s);
  }
  CHECK(lines_in(out.text()) == 0);
  for (auto now = 500ms; now != 2500ms; now += 10ms) {
    progress.at(begin + now, 1, 0, 1, begin + 60s);
  }
  CHECK(lines_in(out.text()) == 8);
}
TEST_CASE("Nothing is written to what is no terminal, not even at the end") {
  Written out;
  const Progress::Clock::time_point begin;
  {
    Progress progress(begin, out.file(), false);
    progress.at(begin + 5s, 1, 0, 1, begin + 60s);
  }
  CHECK(out.text().empty());
}
TEST_CASE("What was not shown is not wiped") {
  Written out;
  { const Progress progress(Progress::Clock::time_point(), out.file(), true); }
  CHECK(out.text().empty());
}
TEST_CASE("By itself progress goes to standard error if that is a terminal, and only then") {
  const auto write = [] {
    Progress progress{Progress::Clock::time_point()};
    progress.at(Progress::Clock::time_point() + 2s, 2, 0, 1, Progress::Clock::time_point() + 60s);
  };
  const support::Terminal terminal;
  REQUIRE(terminal.screen() >= 0);
  {
    const support::ErrorOutputOn screen(terminal.screen());
    write();
  }
  CHECK(terminal.until("s left\r\033[K") == "\r\033[Ksearching: 2 executions, depth 1, 1 /s, 58 s left\r\033[K");

  Written file;
  {
    const support::ErrorOutputOn screen(::fileno(file.file()));
    write();
  }
  CHECK(file.text().empty());
}

TEST_CASE("Marks are a table, and what is wanted and was never reached stands first") {
  const std::vector<MarkCount> marks{{"entered", 958710}, {"closed at once", 12}};
  CHECK(to_string(marks) == "        958,710  entered\n             12  closed at once\n");
  CHECK(to_string(marks, {"entered", "rolled back"}) ==
        "              0  rolled back     NEVER REACHED\n"
        "        958,710  entered\n"
        "             12  closed at once\n");
  CHECK(to_string(std::vector<MarkCount>()).empty());
}
TEST_CASE("Numbers are grouped by thousands") {
  CHECK(Progress::grouped(0) == "0");
  CHECK(Progress::grouped(999) == "999");
  CHECK(Progress::grouped(1000) == "1,000");
  CHECK(Progress::grouped(1234567) == "1,234,567");
}

}  // namespace

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// How findings reach people: the text, the handler, and the default that prints and aborts.
#include "support/reports.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <set>
#include <string>
#include <string_view>

#include "devlock/order/guard.hpp"
#include "devlock/order/try_guard.hpp"
#include "devlock/vfio/order.hpp"
#include "support/catch.hpp"
#include "support/classes.hpp"

namespace {

using namespace devlock;
using namespace test;
using validate::Report;

const char* const path[]{"outer", "middle", "inner"};

Report example() {
  Report report;
  report.fault = Fault::inversion;
  report.thread = 3;
  report.subject = {"outer", reinterpret_cast<const void*>(0x10), validate::How::wait, {"a.cpp", "f", 7}, 0, nullptr};
  report.other = {"inner", reinterpret_cast<const void*>(0x20), validate::How::try_once, {"b.cpp", "g", 9}, 0, nullptr};
  report.order = "MyOrder";
  report.path = path;
  report.path_length = 3;
  report.held = &report.other;
  report.held_shown = 1;
  report.held_total = 3;
  return report;
}

std::string text(const Report& report) {
  char out[4096];
  const std::size_t length = validate::describe(report, out, sizeof out);
  REQUIRE(std::strlen(out) == length);
  return out;
}

TEST_CASE("A report names both locks and places, the declared path, what is held and what to do") {
  Report report = example();
  report.held = &report.other;
  REQUIRE(text(report) ==
          "devlock: lock order inversion\n"
          "  thread 3 waits for outer (0x10) at a.cpp:7 in f\n"
          "  while it holds inner (0x20) at b.cpp:9 in g\n"
          "  declared: inner after outer: outer \u2192 middle \u2192 inner (MyOrder)\n"
          "  held, newest first:\n"
          "    inner (0x20) at b.cpp:9 in g\n"
          "    and 2 more\n"
          "  remedy: take the outer lock first, or try it\n");
}

TEST_CASE("A report that does not fit is cut, and ends") {
  Report report = example();
  report.held = &report.other;
  const std::string whole = text(report);
  for (std::size_t room = 1; room <= whole.size() + 1; ++room) {
    std::string out(whole.size() + 8, '#');
    const std::size_t length = validate::describe(report, out.data(), room);
    REQUIRE(length == room - 1);
    REQUIRE(out.substr(0, length) == whole.substr(0, length));
    REQUIRE(out[length] == '\0');
    REQUIRE(out[length + 1] == '#');
  }
}

TEST_CASE("Every fault has a title of its own and a remedy") {
  std::set<std::string> titles;
  for (unsigned char value = 1; value <= 20; ++value) {
    const auto words = validate::detail::words(static_cast<Fault>(value));
    REQUIRE(titles.insert(words.title).second);
    REQUIRE(std::string_view(words.title) != "unknown");
    REQUIRE(std::string_view(words.remedy) != "");
  }
  REQUIRE(static_cast<int>(Fault::stale_context) == 1);
  REQUIRE(static_cast<int>(Fault::too_many) == 20);
}

unsigned called = 0;
void count(const Report&) {
  ++called;
}

TEST_CASE("The handler is replaced, and the one before it is answered") {
  const validate::Handler before = validate::set_handler(&count);
  REQUIRE(before == &validate::print_and_abort);
  REQUIRE(validate::handler() == &count);
  called = 0;
  {
    LooseLock<first> lock;
    ThreadContext<Order> root;
    Guard one{root, lock};
    TryGuard two{one, lock};
  }
  REQUIRE(called == 1);
  REQUIRE(validate::set_handler(nullptr) == &count);
  REQUIRE(validate::handler() == &validate::print_and_abort);
}

LooseLock<third>* handlers_lock = nullptr;
LooseLock<second>* handlers_wrong_lock = nullptr;
void locking(const Report&) {
  ++called;
  UncheckedContext<Order> context("a handler that logs");
  Guard log{context, *handlers_lock};
  UncheckedContext<Order> again("a handler that is wrong itself");
  Guard wrong{again, *handlers_wrong_lock};
}

TEST_CASE("A handler may take locks, and its own mistakes are not reported") {
  LooseLock<first> lock;
  LooseLock<second> wrong;
  LooseLock<third> log;
  handlers_lock = &log;
  handlers_wrong_lock = &wrong;
  called = 0;
  validate::set_handler(&locking);
  {
    ThreadContext<Order> root;
    Guard one{root, lock};
    TryGuard two{one, lock};
    TryGuard three{two, lock};
  }
  validate::set_handler(nullptr);
  REQUIRE(called == 2);
}

void invert() {
  LooseLock<first> outer;
  LooseLock<third> inner;
  ThreadContext<Order> root;
  Guard one{root, inner};
  UncheckedContext<Order> context("a callback");
  Guard two{context, outer};
}

TEST_CASE("Without a handler the report goes to stderr and the program ends") {
  int pipe_ends[2];
  REQUIRE(::pipe(pipe_ends) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::signal(SIGABRT, SIG_DFL);
    ::dup2(pipe_ends[1], STDERR_FILENO);
    invert();
    ::_exit(0);
  }
  ::close(pipe_ends[1]);
  std::string printed;
  char some[512];
  for (ssize_t got = 0; (got = ::read(pipe_ends[0], some, sizeof some)) > 0;) {
    printed.append(some, static_cast<std::size_t>(got));
  }
  ::close(pipe_ends[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  REQUIRE(WTERMSIG(status) == SIGABRT);
  REQUIRE(printed.find("devlock: lock order inversion\n") == 0);
  REQUIRE(printed.find("declared: third after first: first \u2192 second \u2192 third (test::Order)") !=
          std::string::npos);
  REQUIRE(printed.find("report_test.cpp:") != std::string::npos);
  REQUIRE(printed.find(" in invert") != std::string::npos);
}

}  // namespace

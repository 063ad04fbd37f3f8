// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The child's answer comes through a pipe, as one JSON document.
#include "abandon.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <string>

#include <nlohmann/json.hpp>

#include "devlock/backend/classify.hpp"
#include "devlock/backend/linux/descriptor.hpp"

namespace try_reset {
namespace {

using devlock::Error;
using devlock::Operation;
using devlock::Result;
using Json = nlohmann::json;
using Pipe = devlock::linux_host::Descriptor<devlock::linux_host::PosixSys>;

devlock::Failure no_child(Operation operation, const char* what, int error_number) {
  return devlock::failure(
      devlock::make_error(operation, "child process", error_number, what, "end what is not needed, and try again"));
}

std::string to_text(const Result<void>& result) {
  if (result) {
    return Json(nullptr).dump();
  }
  const Error& error = result.error();
  return Json{{"operation", static_cast<int>(error.operation)}, {"object", error.object}, {"errno", error.error_number},
              {"class", static_cast<int>(error.error_class)},   {"reason", error.reason}, {"remedy", error.remedy}}
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}
Result<void> from_text(Operation operation, const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_null()) {
    return {};
  }
  if (!json.is_object()) {
    return no_child(operation, "it ended without an answer: whether there was a reset is not known", EIO);
  }
  return devlock::failure(Error{static_cast<Operation>(json.at("operation").get<int>()), json.at("object"),
                                json.at("errno"), static_cast<devlock::ErrorClass>(json.at("class").get<int>()),
                                json.at("reason"), json.at("remedy")});
}

[[noreturn]] void be_the_child(const Pipe& answer, const std::function<Result<void>()>& work) {
  setsid();
  std::signal(SIGPIPE, SIG_IGN);  // nobody may be there to read the answer
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (dup2(nothing, stream) < 0) {
      close(stream);
    }
  }
  const std::string text = to_text(work());
  // Far below what a pipe holds, so that one write takes it.
  const bool told = write(answer.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
  _exit(told ? 0 : 1);
}

// Milliseconds until then, rounded up, as poll takes them.
int until(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<decltype(left)>(left, 0, INT_MAX));
}

// Everything until the other end is closed; false if that is not by the deadline.
bool read_all(const Pipe& pipe, Clock::time_point deadline, std::string& text) {
  for (;;) {
    pollfd watched{pipe.get(), POLLIN, 0};
    const int ready = poll(&watched, 1, until(deadline));
    if (ready == 0 && Clock::now() >= deadline) {
      return false;
    }
    if (ready <= 0) {
      continue;  // a signal
    }
    std::array<char, 4096> some{};
    const ssize_t got = read(pipe.get(), some.data(), some.size());
    if (got == 0 || (got < 0 && errno != EINTR)) {
      return true;
    }
    text.append(some.data(), got > 0 ? static_cast<std::size_t>(got) : 0U);
  }
}

}  // namespace

Answered in_a_child(Clock::time_point deadline, Operation operation, const std::function<Result<void>()>& work) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    return Answered{true, no_child(operation, "no pipe for its answer", errno)};
  }
  const Pipe from_child({}, ends[0]);
  Pipe to_parent({}, ends[1]);
  const pid_t child = fork();
  if (child < 0) {
    return Answered{true, no_child(operation, "no process can be made", errno)};
  }
  if (child == 0) {
    be_the_child(to_parent, work);
  }
  (void)to_parent.close();
  std::string text;
  if (!read_all(from_child, deadline, text)) {
    return Answered{false, {}, child};
  }
  while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  return Answered{true, from_text(operation, text), child};
}

}  // namespace try_reset

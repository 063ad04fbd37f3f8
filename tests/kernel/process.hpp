// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A process beside the test, which answers lines and takes descriptors. Start it before any thread.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <string>
#include <utility>

#include "support/catch.hpp"

namespace guest {

/// One end of a line to another process. Each message is a word or sentence, with a descriptor or without.
class Line {
 public:
  explicit Line(int file) : file_(file) {}
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;
  ~Line() { (void)::close(file_); }

  /// False if nobody listens.
  bool send(const std::string& text, int descriptor = -1) const {
    iovec part{const_cast<char*>(text.data()), text.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (descriptor >= 0) {
      message.msg_control = control.data();
      message.msg_controllen = control.size();
      cmsghdr* rights = CMSG_FIRSTHDR(&message);
      rights->cmsg_level = SOL_SOCKET;
      rights->cmsg_type = SCM_RIGHTS;
      rights->cmsg_len = CMSG_LEN(sizeof(int));
      std::memcpy(CMSG_DATA(rights), &descriptor, sizeof descriptor);
    }
    return ::sendmsg(file_, &message, MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }
  /// What the other sends next, empty if it ended, and the descriptor that came with it, or -1.
  [[nodiscard]] std::pair<std::string, int> receive() const {
    std::array<char, 512> text{};
    iovec part{text.data(), text.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t size = ::recvmsg(file_, &message, 0);
    int descriptor = -1;
    if (const cmsghdr* rights = CMSG_FIRSTHDR(&message); size > 0 && rights != nullptr) {
      std::memcpy(&descriptor, CMSG_DATA(rights), sizeof descriptor);
    }
    return {std::string(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0U), descriptor};
  }
  [[nodiscard]] std::string word() const { return receive().first; }

 private:
  int file_;
};

/// A process that runs `body(line)` and ends with what that returns. Its end is waited for.
class Process {
 public:
  template <class Body>
  explicit Process(Body body) : Process(std::array<int, 2>{}, body) {}
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() {
    if (id_ > 0) {
      (void)::kill(id_, SIGKILL);
      (void)::waitpid(id_, nullptr, 0);
    }
  }

  [[nodiscard]] const Line& line() const { return line_; }
  /// Its exit status, or minus the signal that ended it.
  int end() {
    int status = 0;
    REQUIRE(::waitpid(std::exchange(id_, 0), &status, 0) > 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  template <class Body>
  Process(std::array<int, 2> ends, Body& body) : line_(connect(ends)), id_(::fork()) {
    if (id_ == 0) {
      (void)::close(ends[0]);
      int status = 0;
      {
        Line line(ends[1]);
        status = body(line);
      }
      ::_exit(status);
    }
    (void)::close(ends[1]);
    REQUIRE(id_ > 0);
  }
  static int connect(std::array<int, 2>& ends) {
    REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == 0);
    return ends[0];
  }

  Line line_;
  pid_t id_;
};

}  // namespace guest

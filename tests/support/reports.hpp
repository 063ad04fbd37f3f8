// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A program with a validator whose findings are collected instead of printed, and locks that let a test do what deadlocks or is
// undefined with a real one. Include it first.
#pragma once

#define DEVLOCK_VALIDATE 1
#define DEVLOCK_NO_THREAD_SAFETY_ANALYSIS
#define DEVLOCK_ASSERT(condition, sentence) static_cast<void>(condition)

#include <mutex>
#include <string>
#include <vector>

#include "devlock/lock/ordered.hpp"
#include "devlock/order/context.hpp"
#include "devlock/validate/report.hpp"

namespace test {

using devlock::validate::Fault;

/// What is kept of a report.
struct Finding {
  Fault fault;
  std::string asked;     ///< class of the first party
  std::string other;     ///< class of the second
  const void* instance;  ///< of the first party
  const void* other_instance;
  std::string path;  ///< classes, each followed by a blank
  unsigned line;     ///< of the first party
  unsigned other_line;
  std::uint64_t thread;
  std::uint64_t other_thread;
  std::uint64_t count;
  std::size_t held;
  std::string text;
};

/// While one lives, findings go here and the program has no order yet. A test that expects none asks for none().
class Reports {
 public:
  Reports() : before_(devlock::validate::set_handler(&collect)) { devlock::validate::forget_order(); }
  Reports(const Reports&) = delete;
  Reports& operator=(const Reports&) = delete;
  ~Reports() { devlock::validate::set_handler(before_); }

  std::vector<Finding> take() {
    const std::lock_guard guard(mutex());
    return std::exchange(findings(), {});
  }
  /// The only finding since the last call; a made-up one if there was none or more than one.
  Finding only() {
    const auto all = take();
    return all.size() == 1 ? all[0] : Finding{};
  }
  bool none() { return take().empty(); }

 private:
  static std::mutex& mutex() {
    static std::mutex it;
    return it;
  }
  static std::vector<Finding>& findings() {
    static std::vector<Finding> them;
    return them;
  }
  static void collect(const devlock::validate::Report& report) {
    char text[8192];
    const std::size_t length = devlock::validate::describe(report, text, sizeof text);
    const auto name = [](const devlock::validate::Party& party) {
      return std::string(party.class_name == nullptr ? "" : party.class_name);
    };
    std::string path;
    for (std::size_t i = 0; i != report.path_length; ++i) {
      path += std::string(report.path[i]) + ' ';
    }
    const std::lock_guard guard(mutex());
    findings().push_back({report.fault, name(report.subject), name(report.other), report.subject.instance,
                          report.other.instance, path, report.subject.site.line, report.other.site.line, report.thread,
                          report.other.thread, report.count, report.held_total, std::string(text, length)});
  }

  devlock::validate::Handler before_;
};

/// A mutex that never waits: it lets a thread take what it holds, and another one give it back.
struct Loose {
  void lock() {}
  bool try_lock() { return free; }
  void unlock() {}
  void lock_shared() {}
  bool try_lock_shared() { return free; }
  void unlock_shared() {}
  bool free = true;
};
template <class Class>
using LooseLock = devlock::Ordered<Class, Loose>;

}  // namespace test

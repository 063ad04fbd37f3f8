// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// SIGINT, SIGTERM and SIGHUP as news for the program, so that an interrupted run gives its device back before it ends.
#pragma once

#include <csignal>

#include <functional>
#include <mutex>
#include <thread>

namespace passthrough {

class Interrupts {
 public:
  /// Before any other thread, which all inherit that these signals are blocked.
  Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  ~Interrupts();

  /// The name of the signal that came; null as long as none did.
  [[nodiscard]] const char* seen() const;

  /// Calls `action` from another thread when a signal comes, or at once if it came already. Ends when destroyed, and an action
  /// that runs has returned then. One at a time.
  class Listener {
   public:
    Listener(Interrupts& interrupts, std::function<void(const char* signal)> action);
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    ~Listener();

   private:
    Interrupts& interrupts_;
  };

 private:
  void watch(const std::stop_token& stop);

  sigset_t signals_{};
  mutable std::mutex mutex_;  // an action runs under it and calls nothing of this class
  const char* name_ = nullptr;
  std::function<void(const char* signal)> action_;
  std::jthread thread_;
};

}  // namespace passthrough

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// One who asks, in a thread of its own: until its operation ends it asks nothing else.
#pragma once

#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <utility>

namespace fidelity {

class Actor {
 public:
  using Ask = std::function<std::string()>;

  Actor() = default;
  Actor(const Actor&) = delete;
  Actor& operator=(const Actor&) = delete;
  ~Actor() {
    if (thread_.joinable()) {
      thread_.join();
    }
  }

  /// Starts `ask`, whose answer a later take() gives, with `first` before it and `last` after it in the same thread.
  template <class First, class Last>
  void start(Ask ask, First first, Last last) {
    done_.store(false, std::memory_order_relaxed);
    id_.store(0, std::memory_order_relaxed);
    thread_ = std::thread([this, ask = std::move(ask), first, last] {
      first();
      id_.store(static_cast<int>(::syscall(SYS_gettid)), std::memory_order_release);  // pairs with id()
      answer_ = ask();
      done_.store(true, std::memory_order_release);  // pairs with done()
      last();
    });
  }
  [[nodiscard]] bool busy() const { return thread_.joinable(); }
  [[nodiscard]] bool done() const { return done_.load(std::memory_order_acquire); }  // pairs with start()
  /// The kernel's number of its thread; 0 while that starts.
  [[nodiscard]] int id() const { return id_.load(std::memory_order_acquire); }  // pairs with start()
  [[nodiscard]] std::string take() {
    thread_.join();
    return std::move(answer_);
  }

 private:
  std::atomic<int> id_{0};
  std::atomic<bool> done_{false};
  std::string answer_;
  std::thread thread_;
};

}  // namespace fidelity

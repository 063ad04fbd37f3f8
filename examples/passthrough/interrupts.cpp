// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Signals as news.
#include "interrupts.hpp"

#include <initializer_list>
#include <utility>

namespace passthrough {
namespace {

const char* name_of(int signal) {
  return signal == SIGINT ? "SIGINT" : signal == SIGTERM ? "SIGTERM" : "SIGHUP";
}

}  // namespace

Interrupts::Interrupts() {
  sigemptyset(&signals_);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction now {};
    if (sigaction(signal, nullptr, &now) == 0 && now.sa_handler != SIG_IGN) {  // nohup keeps its meaning
      sigaddset(&signals_, signal);
    }
  }
  sigaddset(&signals_, SIGUSR1);  // ends the thread
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  thread_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
}

Interrupts::~Interrupts() {
  thread_.request_stop();
  pthread_kill(thread_.native_handle(), SIGUSR1);  // its sigwait returns
}

const char* Interrupts::seen() const {
  const std::lock_guard lock(mutex_);
  return name_;
}

void Interrupts::watch(const std::stop_token& stop) {
  int signal = 0;
  while (sigwait(&signals_, &signal) == 0 && !stop.stop_requested()) {
    if (signal == SIGUSR1) {
      continue;
    }
    const std::lock_guard lock(mutex_);
    if (name_ == nullptr) {
      name_ = name_of(signal);
      if (action_) {
        action_(name_);
      }
    }
  }
}

Interrupts::Listener::Listener(Interrupts& interrupts, std::function<void(const char* signal)> action)
    : interrupts_(interrupts) {
  const std::lock_guard lock(interrupts_.mutex_);
  interrupts_.action_ = std::move(action);
  if (interrupts_.name_ != nullptr) {
    interrupts_.action_(interrupts_.name_);
  }
}

Interrupts::Listener::~Listener() {
  const std::lock_guard lock(interrupts_.mutex_);
  interrupts_.action_ = nullptr;
}

}  // namespace passthrough

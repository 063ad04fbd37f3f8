// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// An unbind that may be abandoned. It cannot be cancelled: it waits, with the device_lock held, until the last descriptor of
// the device is closed, and a signal only makes that wait uninterruptible. So it has a thread of its own, which stays behind
// when the handle is dropped and ends by itself once the descriptor is closed.
//
//   auto unbinding = Unbinding<Host>::start(host, address);
//   if (!unbinding->wait_until(context, deadline)) report("somebody has it open");   // and dropped: it goes on
//
// Not checked: that this process closes its own descriptor of the device. It cannot end, not even by a kill, before that: the
// thread keeps the table of descriptors.
// Source: vfio_unregister_group_dev in drivers/vfio/vfio_main.c.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include <pthread.h>
#include <unistd.h>

#include "devlock/backend/concept.hpp"

namespace devlock::linux_host {

/// How far an unbind is. Waiting for descriptors is a part of `asked`: whether it waits now, the kernel says in
/// /proc/self/task/THREAD/wchan.
enum class Progress { starting, asked, done };

template <class Host>
class Unbinding {
 public:
  /// Starts it, in a thread of its own with a copy of the host. EAGAIN, exhausted: no thread can be made. Waits for nothing.
  [[nodiscard]] static Result<Unbinding> start(const Host& host, pci::Address address) {
    auto state = std::make_shared<State>(host, address);
    auto kept = std::make_unique<std::shared_ptr<State>>(state);
    pthread_attr_t detached;
    int error_number = ::pthread_attr_init(&detached);
    if (error_number == 0) {
      (void)::pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
      pthread_t thread{};
      error_number = ::pthread_create(&thread, &detached, &run, kept.get());
      (void)::pthread_attr_destroy(&detached);
    }
    if (error_number != 0) {
      return failure(Error{Operation::unbind, to_string(address), error_number, ErrorClass::exhausted,
                           "no thread can be made for it", "end other threads, or raise the limit (ulimit -u)"});
    }
    (void)kept.release();  // the thread's
    return Unbinding(std::move(state));
  }

  [[nodiscard]] Progress progress() const {
    const std::lock_guard lock(state_->mutex);
    return state_->progress;
  }
  /// The kernel's number of the thread, for /proc; 0 while it starts.
  [[nodiscard]] int thread() const {
    const std::lock_guard lock(state_->mutex);
    return state_->thread;
  }
  /// How it ended; empty while it has not.
  [[nodiscard]] std::optional<Result<void>> answer() const {
    const std::lock_guard lock(state_->mutex);
    return state_->answer;
  }
  /// Waits until it ended or `deadline` passed. True if it ended. A wait as long as the unbind's, so it takes its context.
  template <class Clock, class Duration>
  [[nodiscard]] bool wait_until([[maybe_unused]] vfio::ContextFor<vfio::device_lock> context,
                                std::chrono::time_point<Clock, Duration> deadline) const DEVLOCK_REQUIRES(context) {
    std::unique_lock lock(state_->mutex);
    return state_->ended.wait_until(lock, deadline, [&] { return state_->answer.has_value(); });
  }
  /// Waits until it ended, as Host::unbind would.
  [[nodiscard]] Result<void> wait([[maybe_unused]] vfio::ContextFor<vfio::device_lock> context) const
      DEVLOCK_REQUIRES(context) {
    std::unique_lock lock(state_->mutex);
    state_->ended.wait(lock, [&] { return state_->answer.has_value(); });
    return *state_->answer;
  }

 private:
  struct State {
    State(Host copy, pci::Address of) : host(std::move(copy)), address(of) {}
    Host host;
    pci::Address address;
    mutable std::mutex mutex;
    std::condition_variable ended;
    Progress progress = Progress::starting;
    int thread = 0;
    std::optional<Result<void>> answer;
  };

  explicit Unbinding(std::shared_ptr<State> state) : state_(std::move(state)) {}

  static void* run(void* argument) {
    const std::unique_ptr<std::shared_ptr<State>> kept(static_cast<std::shared_ptr<State>*>(argument));
    State& state = **kept;
    {
      const std::lock_guard lock(state.mutex);
      state.thread = static_cast<int>(::gettid());
      state.progress = Progress::asked;
    }
    vfio::ThreadContext root;
    Result<void> answer = state.host.unbind(root, state.address);
    const std::lock_guard lock(state.mutex);
    state.answer.emplace(std::move(answer));
    state.progress = Progress::done;
    state.ended.notify_all();
    return nullptr;
  }

  std::shared_ptr<State> state_;
};

}  // namespace devlock::linux_host

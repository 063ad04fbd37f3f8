// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// One reset thread. It resets the device until the kernel answers that an unbind has its lock, waits until the owner
// revoked the device, and tries once more: that one no longer reaches the kernel.
#pragma once

#include <string>
#include <thread>

#include "board.hpp"
#include "devlock/order/guard.hpp"
#include "session.hpp"

namespace passthrough {

template <devlock::OpenDevice Device>
class Resetter {
 public:
  Resetter(Session<Device>& session, Board& board, Journal& journal, unsigned number)
      : session_(session), board_(board), actor_(journal, "reset " + std::to_string(number)), odd_(number % 2 == 1) {}

  void run() {
    const devlock::vfio::ThreadContext root;
    while (!board_.facts().stop && !board_.late()) {
      const unsigned attempts = board_.facts().attempts;
      switch (try_once(root)) {
        case Answer::done: std::this_thread::yield(); break;
        case Answer::busy:  // whoever has this process's lock of the device tells when it is done
          board_.wait(root, [&](const Facts& facts) { return facts.attempts != attempts || facts.stop; });
          break;
        case Answer::contended:
          board_.wait(root, [](const Facts& facts) { return facts.revoked || facts.stop; });
          break;
        case Answer::over: return;
      }
    }
  }

 private:
  enum class Answer { done, busy, contended, over };

  Answer try_once(const devlock::vfio::ThreadContext& root) DEVLOCK_REQUIRES(root) {
    const auto user = session_.users.enter();
    if (!user) {
      return Answer::over;
    }
    if (odd_) {
      return reset_under(root);
    }
    // Half of the threads come with the lock of the group's record held, as code that found the device in a list does.
    devlock::Guard record{root, session_.record};
    static_assert(!devlock::MayAcquire<decltype(record), devlock::vfio::device_lock>,
                  "a try is all that is allowed here");
    return reset_under(record);
  }

  template <devlock::LockContext Context>
  Answer reset_under(const Context& context) DEVLOCK_REQUIRES(context) {
    VfioReset<Device> target(session_.device);
    const Clock::time_point first = Clock::now();
    const devlock::Result<void> done = devlock::pci::try_reset(context, target, session_.scope);
    // The waiting form does not compile, not even from the root, because the target goes through an open descriptor:
    //
    //   devlock::pci::reset(context, target, session_.scope);
    //
    //   error: use of deleted function reset(...) [Refusal = lock_order_inversion<device_lock, Held<VfioOrder, open_device>>]
    //
    // The unbind has the kernel's lock of the device and waits for the close, the owner closes only after this thread is done, and
    // this thread would wait for the unbind: nobody would ever go on.
    write_down<Context>(done, first);
    return tell(done);
  }

  template <class Context>
  void write_down(const devlock::Result<void>& done, Clock::time_point first) {
    using Locked = decltype(devlock::HierarchicalTryLock{std::declval<const Context&>(), std::declval<const Scope&>()});
    const bool reached = done || done.error().operation == devlock::Operation::reset_device;
    Step step;
    step.operation = reached ? "VFIO_DEVICE_RESET" : "try_reset";
    step.held = reached ? held_names<typename Locked::held>() : held_names<typename Context::held>();
    step.mark = done ? Mark::ok : as_it_should(done.error()) ? Mark::expected : Mark::failed;
    if (!done) {
      step.error = done.error();
    }
    step.first = first;
    step.last = Clock::now();
    step.repeats = true;
    actor_.add(std::move(step));
  }

  [[nodiscard]] bool as_it_should(const devlock::Error& error) const {
    return error.error_class == devlock::ErrorClass::contended || revoked(error);
  }
  // Refused by this process, not by the kernel: the device is revoking.
  [[nodiscard]] bool revoked(const devlock::Error& error) const {
    return error.operation == devlock::Operation::reset_function && error.error_class == devlock::ErrorClass::gone &&
           session_.lock.life() == devlock::DeviceLife::revoking;
  }

  Answer tell(const devlock::Result<void>& done) {
    if (!done && !as_it_should(done.error())) {
      board_.fail(done.error());
      return Answer::over;
    }
    if (done) {
      board_.tell([](Facts& facts) { ++facts.attempts, ++facts.resets; });
      return Answer::done;
    }
    if (revoked(done.error())) {
      board_.tell([](Facts& facts) { ++facts.attempts, ++facts.refused; });
      return Answer::over;
    }
    if (done.error().operation == devlock::Operation::reset_device) {
      bool by_unplug = false;
      board_.tell([&](Facts& facts) {
        ++facts.attempts;
        by_unplug = facts.unplugging;
        facts.contended += by_unplug ? 1 : 0;
      });
      return by_unplug ? Answer::contended : Answer::done;
    }
    board_.tell([](Facts& facts) { ++facts.busy; });
    return Answer::busy;
  }

  Session<Device>& session_;
  Board& board_;
  Actor actor_;
  bool odd_;
};

}  // namespace passthrough

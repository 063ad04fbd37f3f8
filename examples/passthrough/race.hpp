// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The race: reset threads use the open device, another one unbinds its driver, which waits for the descriptor with the kernel's
// lock of the device held, and the owner, told of the unplug, revokes the device, drains its users and closes it.
//
// Between the unplug request and the close nothing is started that waits for the kernel's lock of the device: a waiting reset
// would sleep in the kernel, unkillable, until a close that it may itself be holding up.
#pragma once

#include <exception>
#include <system_error>
#include <thread>
#include <vector>

#include "options.hpp"
#include "resetter.hpp"

namespace passthrough {

/// The process's own lock of its list of groups.
using GroupListLock = devlock::Ordered<devlock::vfio::group_list_lock, std::mutex>;

template <devlock::Backend Host>
class Race {
 public:
  using Device = typename Host::Group::Device;
  using Root = devlock::vfio::ThreadContext;

  Race(Host& host, Session<Device>& session, Board& board, Journal& journal, const Actor& owner)
      : host_(host), session_(session), board_(board), journal_(journal), owner_(owner) {}

  /// Returns after every thread ended. The device is closed then, and unbound if the unplug began.
  devlock::Result<void> run(const Root& root, GroupListLock& groups, const Options& options) DEVLOCK_REQUIRES(root) {
    auto outcome =
        owner_.step(root, {"VFIO_DEVICE_SET_IRQS"}, [&] { return session_.device.watch_unplug(root.assume()); });
    std::vector<std::jthread> resetters;
    std::jthread unplugger;
    if (outcome) {
      start_resetters(resetters, options.threads);
      outcome = let_them_reset(root, options.resets);
    }
    if (outcome) {
      unplugger = start([this] { unplug(); });
      outcome = see_the_unplug(root, options.threads);
    }
    keep_first(outcome, revoke(root, resetters, outcome.has_value()));
    keep_first(outcome, close(root, groups));
    if (unplugger.joinable()) {
      unplugger.join();  // an unbind cannot be called off; it ends with the last descriptor, which is closed now
      if (const auto failure = board_.facts().failure; failure && outcome) {
        outcome = devlock::failure(*failure);
      }
      session_.lock.mark_gone();
    }
    return outcome;
  }
  /// How long the unbind went on after the device was closed.
  [[nodiscard]] Clock::duration unbound_after_close() const { return unbound_ - closed_; }

 private:
  // Without a thread, or if its body throws, the race is over.
  template <class Body>
  std::jthread start(Body body) {
    const auto over = [this](const std::exception& why) {
      board_.fail(devlock::make_error(devlock::Operation::reset_device, to_string(session_.device.address()), ENOMEM,
                                      why.what(), "use fewer threads: --threads"));
    };
    try {
      return std::jthread([body, over] {
        try {
          body();
        } catch (const std::exception& error) {
          over(error);
        }
      });
    } catch (const std::system_error& error) {
      over(error);
      return {};
    }
  }
  void start_resetters(std::vector<std::jthread>& threads, unsigned count) {
    board_.tell([&](Facts& facts) { facts.running = count; });
    for (unsigned number = 1; number <= count; ++number) {
      threads.push_back(start([this, number] {
        Resetter<Device>(session_, board_, journal_, number).run();
        board_.tell([](Facts& facts) { --facts.running; });
      }));
    }
  }
  void unplug() {
    const Root root;
    const Actor actor(journal_, "unplug");
    const auto address = session_.device.address();
    board_.tell([](Facts& facts) { facts.unplugging = true; });
    const auto unbound = actor.step(root, {"unbind"}, [&] { return host_.unbind(root.assume(), address); });
    unbound_ = Clock::now();
    if (!unbound) {
      board_.fail(unbound.error());
    }
    board_.tell([](Facts& facts) { facts.unbound = true; });
  }

  devlock::Result<void> let_them_reset(const Root& root, unsigned resets) {
    board_.wait(root, [&](const Facts& facts) { return facts.resets >= resets || facts.stop; });
    return judge([&](const Facts& facts) { return facts.resets >= resets; }, "not enough resets succeeded");
  }
  devlock::Result<void> see_the_unplug(const Root& root, unsigned threads) {
    board_.wait(root, [&](const Facts& facts) { return facts.contended >= threads || facts.unbound || facts.stop; });
    if (auto seen = judge([&](const Facts& facts) { return facts.contended >= threads; },
                          "a reset thread was not answered contended while the unbind waits");
        !seen) {
      return seen;
    }
    return owner_.step(root, {"see unplug request"}, [&]() -> devlock::Result<void> {
      for (;;) {
        const auto asked = session_.device.unplug_requested();
        if (!asked || *asked) {
          return asked ? devlock::Result<void>() : devlock::failure(asked.error());
        }
        if (auto in_time =
                judge([&](const Facts& facts) { return !facts.stop && !board_.late(); }, "no unplug was asked for");
            !in_time) {
          return in_time;
        }
        board_.wait_for_news(root, Clock::now() + std::chrono::milliseconds(1));
      }
    });
  }
  devlock::Result<void> revoke(const Root& root, std::vector<std::jthread>& resetters, bool as_planned) {
    auto outcome = owner_.step(root, {"revoke"}, [&]() -> devlock::Result<void> {
      session_.lock.revoke();
      board_.tell([](Facts& facts) { facts.revoked = true; });
      return {};
    });
    if (as_planned) {
      const bool ended = board_.wait(root, [](const Facts& facts) { return facts.running == 0 || facts.stop; });
      outcome = judge([&](const Facts&) { return ended; }, "a reset thread did not see that the device is revoked");
    }
    board_.tell([](Facts& facts) { facts.stop = true; });
    resetters.clear();
    return outcome;
  }
  devlock::Result<void> close(const Root& root, GroupListLock& groups) DEVLOCK_REQUIRES(root) {
    auto outcome = owner_.step(root, {"drain users"}, [&]() -> devlock::Result<void> {
      {
        devlock::Guard record{root.assume(), session_.record};
        session_.users.begin_close();  // nobody finds the device in its group any more
      }
      session_.users.close(root);
      return {};
    });
    devlock::Guard list{root, groups};
    outcome = owner_.step(list, {"close device"}, [&] { return session_.device.close(list.assume()); });
    closed_ = Clock::now();
    return outcome;
  }

  // The first answer that should not have come, or that the deadline passed before `good`.
  template <class Condition>
  devlock::Result<void> judge(Condition good, const char* otherwise) const {
    const Facts facts = board_.facts();
    if (facts.failure) {
      return devlock::failure(*facts.failure);
    }
    if (good(facts)) {
      return {};
    }
    return devlock::failure(devlock::make_error(devlock::Operation::reset_device, to_string(session_.device.address()),
                                                ETIMEDOUT, std::string(otherwise) + " within the deadline",
                                                "give it more time: --deadline"));
  }
  static void keep_first(devlock::Result<void>& outcome, const devlock::Result<void>& step) {
    if (outcome && !step) {
      outcome = step;
    }
  }

  Host& host_;
  Session<Device>& session_;
  Board& board_;
  Journal& journal_;
  const Actor& owner_;
  Clock::time_point closed_{};
  Clock::time_point unbound_{};
};

}  // namespace passthrough

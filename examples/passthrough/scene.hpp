// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What the scenes share: the device's whole group with vfio-pci while the scene is on, a thread that ends the scene if it throws,
// and a repeated operation that is written down as one step.
#pragma once

#include <deque>
#include <exception>
#include <thread>

#include "board.hpp"
#include "devlock/vfio/binding.hpp"
#include "holding.hpp"
#include "options.hpp"
#include "plan.hpp"
#include "summary.hpp"

namespace passthrough {

/// Functions with vfio-pci, and given back to the drivers that they came from.
template <devlock::Backend Host>
class Bindings {
 public:
  using Root = devlock::vfio::ThreadContext;
  using Result = devlock::Result<void>;

  Bindings(Host& host, const Actor& actor) : host_(host), actor_(actor) {}

  /// Every function of the group but for its bridges.
  Result take(const Root& root, int group) DEVLOCK_REQUIRES(root) {
    auto members = host_.group_members(group);
    if (!members) {
      return devlock::failure(members.error());
    }
    for (const devlock::DeviceInfo& member : *members) {
      if (member.is_bridge) {
        continue;
      }
      auto bound = actor_.step(root, {"bind vfio-pci", to_string(member.address)},
                               [&] { return Binding::take(root.assume(), host_, member.address, vfio_driver); });
      if (!bound) {
        return devlock::failure(bound.error());
      }
      bindings_.push_back(std::move(*bound));
    }
    return {};
  }
  [[nodiscard]] devlock::pci::Address address(std::size_t place) const { return bindings_[place].address(); }
  [[nodiscard]] std::size_t size() const { return bindings_.size(); }
  /// The first error; the rest is given back. A function that left has nobody to be given back to, which is none if `may_be_gone`.
  Result give_back(const Root& root, bool may_be_gone = false) DEVLOCK_REQUIRES(root) {
    Result outcome;
    for (; !bindings_.empty(); bindings_.pop_back()) {
      Actor::About about{"give back", to_string(bindings_.back().address())};
      if (may_be_gone) {
        about.expected_too = devlock::ErrorClass::gone;
      }
      const Result step = actor_.step(root, std::move(about), [&] { return bindings_.back().restore(root.assume()); });
      if (may_be_gone && !step && step.error().error_class == devlock::ErrorClass::gone) {
        continue;
      }
      if (outcome && !step) {
        outcome = step;
      }
    }
    return outcome;
  }

 private:
  using Binding = devlock::vfio::DriverBinding<Host>;
  Host& host_;
  const Actor& actor_;
  std::deque<Binding> bindings_;
};

/// A thread of a scene. If its body throws, the scene is over.
template <class Body>
std::jthread scene_thread(Board& board, devlock::pci::Address device, Body body) {
  return std::jthread([&board, device, body] {
    try {
      body();
    } catch (const std::exception& error) {
      board.fail(devlock::make_error(devlock::Operation::reset_device, to_string(device), ENOMEM, error.what(),
                                     "use fewer threads: --threads"));
    }
  });
}

/// One operation of many: an answer other than ok and contended ends the scene. True if it succeeded.
template <class Operation>
bool repeated(const Actor& actor, Board& board, const char* name, const Operation& operation) {
  const Clock::time_point first = Clock::now();
  const devlock::Result<void> done = operation();
  const bool contended = !done && done.error().error_class == devlock::ErrorClass::contended;
  Step step;
  step.operation = name;
  step.mark = done ? Mark::ok : contended ? Mark::expected : Mark::failed;
  if (!done) {
    step.error = done.error();
  }
  step.first = first;
  step.last = Clock::now();
  step.repeats = true;
  actor.add(std::move(step));
  if (!done && !contended) {
    board.fail(done.error());
  }
  return done.has_value();
}

/// What ended a scene before its time: a failure, or the deadline.
inline devlock::Result<void> judged(const Board& board, bool reached, devlock::pci::Address device,
                                    const char* otherwise) {
  if (const auto failure = board.facts().failure) {
    return devlock::failure(*failure);
  }
  if (reached) {
    return {};
  }
  return devlock::failure(devlock::make_error(devlock::Operation::reset_device, to_string(device), ETIMEDOUT,
                                              std::string(otherwise) + " within the deadline",
                                              "give it more time: --deadline"));
}

}  // namespace passthrough

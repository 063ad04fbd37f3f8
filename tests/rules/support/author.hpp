// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Who writes a program: what the thread of the moment holds, and what a program promises besides the rules because the types cannot
// see it. What is taken under a nest lock belongs to it and the owner is really held (the validator checks that); a thread
// takes no lock that it holds; until a condition is set its notifier waits for nothing that a sleeper named.
#pragma once

#include "rules/support/contains.hpp"
#include "rules/support/program.hpp"
#include "rules/support/random_world.hpp"
#include "rules/support/rules.hpp"

namespace rules {

class Author {
 public:
  Author(std::uint64_t seed, std::uint64_t number, Weakening weakened)
      : random_(seed, number), maker_(world, random_, weakened), rules_(world, weakened) {
    program.threads = world.threads;
  }
  virtual ~Author() = default;
  Author(const Author&) = delete;
  Author& operator=(const Author&) = delete;

  World world;
  Program program;
  bool contains[contains_count]{};

 protected:
  struct Holding {
    std::size_t lock;
    Way way;
    bool certain;           // not after a failed try
    bool released = false;  // given back early, on some path
    std::size_t call;       // how many calls deep it was taken
  };

  /// What runs while a lock or a descriptor is held. `always_runs`: on every path.
  virtual void body(const Context& context, unsigned depth, bool always_runs) = 0;

  void note(Contains what, bool it_does = true) {
    contains[static_cast<std::size_t>(what)] = contains[static_cast<std::size_t>(what)] || it_does;
  }
  std::vector<Step>& steps() { return program.steps[thread_]; }
  void emit(Do act, std::size_t what, std::size_t which = 0) {
    steps().push_back({act, static_cast<unsigned char>(what), static_cast<unsigned char>(which), 0});
  }
  [[nodiscard]] bool notifies() const { return thread_ + 1 == world.threads; }
  [[nodiscard]] std::size_t class_of(std::size_t lock) const { return world.lock[lock].of_class; }
  [[nodiscard]] std::size_t random_lock() { return random_.below(world.locks); }
  [[nodiscard]] const Holding* holding(std::size_t lock) const {
    for (const Holding& held : holdings_) {
      if (held.lock == lock) {
        return &held;
      }
    }
    return nullptr;
  }
  // The validator's question: does this thread hold the owner of this lock, and of each lock of its class that it holds?
  [[nodiscard]] bool belongs(std::size_t lock, bool tried) const {
    const std::size_t c = class_of(lock);
    const bool any =
        rules_.weakened(Weakening::nest_any_owner) || (tried && rules_.weakened(Weakening::nest_try_any_owner));
    bool fine = owned(lock, any);
    for (const Holding& held : holdings_) {
      fine = fine && (class_of(held.lock) != c || held.way != Way::nested || any ||
                      rules_.weakened(Weakening::nest_try_any_owner) || owned(held.lock, false));
    }
    return fine;
  }
  [[nodiscard]] bool owned(std::size_t lock, bool by_any) const {
    const std::size_t owner = world.of_class[class_of(lock)].owner;
    if (owner == world.open_class && open_[world.lock[lock].group] != 0) {
      return true;
    }
    for (const Holding& held : holdings_) {
      if (class_of(held.lock) == owner && (by_any || world.lock[held.lock].group == world.lock[lock].group) &&
          (held.way == Way::exclusive || (held.way == Way::shared && rules_.weakened(Weakening::nest_owner_shared))) &&
          ((held.certain && !held.released) || rules_.weakened(Weakening::nest_owner_released))) {
        return true;
      }
    }
    return false;
  }
  // May this thread wait here, with conditions still to be set? Nothing that a sleeper named may stand in its way.
  [[nodiscard]] bool keeps_promise(std::size_t of_class) const {
    for (std::size_t c = 0; c != world.conditions && !rules_.weakened(Weakening::notifier_needs_named); ++c) {
      for (std::size_t a = 0; ((to_set_ >> c) & 1U) != 0 && a != world.classes; ++a) {
        if (((named_[c] >> a) & 1U) != 0 && (a == of_class || world.precedes(of_class, a))) {
          return false;
        }
      }
    }
    return true;
  }

  // Takes the lock in the steps: what follows is the body, and then leave().
  Context enter(const Context& context, std::size_t lock, Way way, bool tried, bool certain, InstanceRecord& record) {
    if (way == Way::shared) {
      program.readers |= 1U << lock;
      note(Contains::reader);
    }
    holdings_.push_back({lock, way, certain, false, call_});
    return rules_.with(context, lock, way, tried, record);
  }
  void leave(std::size_t lock) {
    holdings_.pop_back();
    emit(Do::unlock, lock);
  }

  Random random_;
  WorldMaker maker_;
  Rules rules_;
  std::size_t thread_ = 0;
  std::vector<Holding> holdings_;
  std::size_t call_ = 0;
  std::size_t most_steps_ = 0;
  unsigned open_[max_devices]{};
  bool unbinding_[max_devices]{};
  unsigned slept_ = 0;                // conditions that somebody sleeps on
  unsigned to_set_ = 0;               // conditions that this thread must set
  unsigned named_[max_conditions]{};  // the classes named by sleepers
};

}  // namespace rules

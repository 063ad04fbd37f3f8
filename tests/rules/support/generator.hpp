// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A random program in a random world, of which every step is one that the rules permit. It is written as a C++ program would be: guards
// in nested scopes, contexts handed down, calls that know only their bound.
#pragma once

#include "rules/support/lifetimes.hpp"

namespace rules {

class Generator final : public Lifetimes {
 public:
  Generator(std::uint64_t seed, std::uint64_t number, Weakening weakened) : Lifetimes(seed, number, weakened) {
    note(Contains::three_threads, world.threads == 3);
    for (thread_ = 0; thread_ != world.threads; ++thread_) {
      generate_thread();
    }
  }

 private:
  void generate_thread() {
    rules_.of_thread(thread_);
    holdings_.clear();
    call_ = 0;
    most_steps_ = world.threads == 3 ? 12 : 18;
    to_set_ = 0;
    for (std::size_t c = 0; notifies() && c != world.conditions; ++c) {
      to_set_ |= ((slept_ >> c) & 1U) << c;
    }
    const Context root;
    if (world.with(Feature::parked) && program.parked_by[0] == 0 && random_.percent(60)) {
      if (rules_.weakened(Weakening::adoption_late)) {
        ++open_[0];  // it must not wait for its own descriptor first
        block(root, 0, true);
        --open_[0];
      }
      adopt(root);
    } else {
      block(root, 0, true);
    }
    set_the_rest(root);
  }
  // What is not set yet, in an order in which no lock of one was named by a sleeper of another. Under a weakened rule there may be
  // none; the conditions are then set without their locks, for it is not the notifier that is looked for.
  void set_the_rest(const Context& root) {
    for (std::size_t round = 0; round != world.conditions; ++round) {
      for (std::size_t c = 0; c != world.conditions; ++c) {
        if (((to_set_ >> c) & 1U) != 0) {
          set_condition(root, c);
        }
      }
    }
    for (std::size_t c = 0; c != world.conditions; ++c) {
      if (((to_set_ >> c) & 1U) != 0) {
        emit(Do::set, 0, c);
      }
    }
  }

  void block(const Context& context, unsigned depth, bool always_runs) {
    for (std::size_t items = random_.percent(35) ? 2 : 1; items != 0; --items) {
      for (unsigned attempts = 0; attempts != 8 && !item(context, depth, always_runs); ++attempts) {
      }
    }
  }
  void body(const Context& context, unsigned depth, bool always_runs) override {
    if (depth < 5 && random_.percent(85)) {
      block(context, depth + 1, always_runs);
    }
  }

  // One statement. False if it is not permitted here, or makes no sense.
  bool item(const Context& context, unsigned depth, bool always_runs) {
    if (steps().size() + 4 > most_steps_ || context.count + 3 > Context::room) {
      return false;
    }
    const std::size_t lock = interesting_lock();
    switch (choose_kind()) {
      case Kind::wait:
        return wait(context, lock, random_way(lock), depth, always_runs);
      case Kind::attempt:
        return try_once(context, lock, random_way(lock), depth, always_runs);
      case Kind::retry:
        return retry(context, lock, depth, always_runs);
      case Kind::release:
        return release();
      case Kind::call:
        return call(context, depth, always_runs);
      case Kind::sleep:
        return sleep(context);
      case Kind::open:
        return open(context, depth);
      case Kind::unbind:
        return unbind(context, depth, always_runs);
      case Kind::walk:
        return walk(context, lock, depth, always_runs);
      case Kind::destructor:
        return destructor(context, lock, depth, always_runs);
      case Kind::set:
        return always_runs && set_some_condition(context);
    }
    return false;
  }
  enum class Kind : unsigned char { wait, attempt, retry, release, call, sleep, open, unbind, walk, destructor, set };
  // Of what this world has, waits and tries most often.
  Kind choose_kind() {
    const auto weight = [this](Feature feature, std::size_t value) { return world.with(feature) ? value : 0; };
    const struct {
      Kind kind;
      std::size_t weight;
    } kinds[] = {{Kind::wait, 6},
                 {Kind::attempt, 4},
                 {Kind::retry, weight(Feature::retries, 3)},
                 {Kind::release, weight(Feature::early, 2)},
                 {Kind::call, weight(Feature::erasure, 3)},
                 {Kind::sleep, notifies() ? 0 : weight(Feature::conditions, 4)},
                 {Kind::open, weight(Feature::descriptors, 2)},
                 {Kind::unbind, weight(Feature::descriptors, 2)},
                 {Kind::walk, weight(Feature::scopes, 3)},
                 {Kind::destructor, weight(Feature::destructors, 2)},
                 {Kind::set, to_set_ != 0 ? 3U : 0U}};
    std::size_t sum = 0;
    for (const auto& each : kinds) {
      sum += each.weight;
    }
    std::size_t chosen = random_.below(sum);
    const auto* each = kinds;
    while (chosen >= each->weight) {
      chosen -= each++->weight;
    }
    return each->kind;
  }
  // Any lock; more often one that has something to do with what is held: of the same class, or under the same owner. A thread that holds
  // nothing likes owners, walks and keys.
  std::size_t interesting_lock() {
    std::size_t lock = random_lock();
    for (unsigned attempts = 0; attempts != 3 && !interesting(class_of(lock)); ++attempts) {
      lock = random_lock();
    }
    return lock;
  }
  [[nodiscard]] bool interesting(std::size_t c) const {
    const ClassTraits& traits = world.of_class[c];
    for (const Holding& held : holdings_) {
      if ((class_of(held.lock) == c && (traits.keyed || traits.owner != none)) || class_of(held.lock) == traits.owner) {
        return true;
      }
    }
    bool owner = false;
    for (std::size_t other = 0; other != world.classes; ++other) {
      owner = owner || world.of_class[other].owner == c;
    }
    return holdings_.empty() && (owner || traits.keyed || traits.scope);
  }
  Way random_way(std::size_t lock) {
    const ClassTraits& traits = world.of_class[class_of(lock)];
    if (traits.owner != none && random_.percent(75)) {
      return Way::nested;
    }
    return traits.shared && random_.percent(50) ? Way::shared : Way::exclusive;
  }
};

}  // namespace rules

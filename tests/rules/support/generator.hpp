// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A random program in a random world, of which every step is one that the rules permit. It is written as a C++ program would be: guards
// in nested scopes, contexts handed down, calls that know only their bound.
//
// What a program promises besides the rules, because the types cannot see it: what is taken under a nest lock belongs to it and the
// owner is really held (the validator checks that); a thread takes no lock that it holds; every condition is set, by a thread that
// until then waits for nothing that a sleeper named; a parked descriptor is adopted before its thread waits for anything.
#pragma once

#include "rules/support/program.hpp"
#include "rules/support/random_world.hpp"
#include "rules/support/rules.hpp"

namespace rules {

/// What a program contains, for the report.
enum class Contains : unsigned char {
  wait,
  try_lock,
  failed_try_goes_on,
  early_release,
  second_by_key,
  second_by_nest,
  reader,
  call,
  sleep,
  sleep_with_named,
  open,
  unbind,
  adoption,
  walk,
  walk_of_pairs,
  retry,
  waiting_destructor,
  three_threads,
  count,
};
inline constexpr std::size_t contains_count = static_cast<std::size_t>(Contains::count);
inline constexpr const char* contains_names[contains_count] = {"a wait",
                                                               "a try",
                                                               "a failed try that goes on",
                                                               "an early release",
                                                               "a second instance by key",
                                                               "a second lock under a nest lock",
                                                               "a reader",
                                                               "a call through a ContextFor",
                                                               "a condition wait",
                                                               "a condition wait with named locks",
                                                               "an open descriptor",
                                                               "an unbind",
                                                               "an adoption",
                                                               "a walk over instances",
                                                               "a walk over two classes",
                                                               "a retry",
                                                               "a destructor that waits",
                                                               "three threads"};

class Generator {
 public:
  Generator(std::uint64_t seed, std::uint64_t number, Weakening weakened)
      : random_(seed, number), maker_(world, random_, weakened), rules_(world, weakened) {
    program.threads = world.threads;
    note(Contains::three_threads, world.threads == 3);
    for (thread_ = 0; thread_ != world.threads; ++thread_) {
      generate_thread();
    }
  }

  World world;
  Program program;
  bool contains[contains_count]{};

 private:
  // A lock that this thread may hold at this point of its text.
  struct Holding {
    std::size_t lock;
    Way way;
    bool certain;           // not after a failed try
    bool released = false;  // given back early, on some path
    std::size_t call;       // how many calls deep it was taken
  };

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
  void body(const Context& context, unsigned depth, bool always_runs) {
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

  bool may_ask_again(std::size_t lock, Way way) const {
    const Holding* held = holding(lock);
    return held == nullptr || (way == Way::shared && held->way == Way::shared && held->certain && !held->released);
  }
  bool wait(const Context& context, std::size_t lock, Way way, unsigned depth, bool always_runs) {
    if (!may_ask_again(lock, way) || !keeps_promise(class_of(lock)) || (way == Way::nested && !belongs(lock, false)) ||
        !rules_.may_wait(context, lock, way)) {
      return false;
    }
    note_second(lock, way);
    note(Contains::wait);
    emit(way == Way::shared ? Do::lock_shared : Do::lock, lock);
    InstanceRecord record{};
    body(enter(context, lock, way, false, true, record), depth, always_runs);
    leave(lock);
    return true;
  }
  void note_second(std::size_t lock, Way way) {
    for (const Holding& held : holdings_) {
      const bool second = class_of(held.lock) == class_of(lock);
      note(Contains::second_by_nest, second && way == Way::nested);
      note(Contains::second_by_key, second && way == Way::exclusive);
    }
  }
  bool try_once(const Context& context, std::size_t lock, Way way, unsigned depth, bool always_runs) {
    if (holding(lock) != nullptr || (way == Way::nested && !belongs(lock, true)) ||
        !rules_.may_try(context, lock, way)) {
      return false;
    }
    note(Contains::try_lock);
    const bool goes_on = random_.percent(20);  // the guard of a failed try is still a context
    note(Contains::failed_try_goes_on, goes_on);
    const std::size_t at = steps().size();
    emit(way == Way::shared ? Do::try_shared : Do::try_lock, lock);
    InstanceRecord record{};
    body(enter(context, lock, way, true, !goes_on, record), depth, always_runs && goes_on);
    leave(lock);
    steps()[at].jump = static_cast<unsigned char>(goes_on ? at + 1 : steps().size());
    return true;
  }
  bool retry(const Context& context, std::size_t lock, unsigned depth, bool always_runs) {
    if (holding(lock) != nullptr || !keeps_promise(class_of(lock)) || !rules_.may_retry(context, lock)) {
      return false;
    }
    note(Contains::retry);
    note_second(lock, Way::exclusive);
    emit(Do::spin, lock);
    InstanceRecord record{};
    body(enter(context, lock, Way::exclusive, true, true, record), depth, always_runs);
    leave(lock);
    return true;
  }
  // A guard of the same function gives its lock back. An owner does so only when nothing nests under it.
  bool release() {
    if (holdings_.empty()) {
      return false;
    }
    Holding& chosen = holdings_[random_.below(holdings_.size())];
    if (chosen.call != call_ || chosen.released) {
      return false;
    }
    for (const Holding& held : holdings_) {
      if (held.way == Way::nested && world.of_class[class_of(held.lock)].owner == class_of(chosen.lock) &&
          !rules_.weakened(Weakening::nest_owner_released)) {
        return false;
      }
    }
    chosen.released = true;
    note(Contains::early_release);
    emit(Do::unlock, chosen.lock);
    return true;
  }
  bool call(const Context& context, unsigned depth, bool always_runs) {
    const std::size_t bound = random_.below(world.classes);
    if (!rules_.may_bound(context, bound)) {
      return false;
    }
    note(Contains::call);
    ++call_;
    body(Rules::below(bound), depth, always_runs);
    --call_;
    return true;
  }
  bool sleep(const Context& context) {
    const std::size_t condition = random_.below(world.conditions);
    const std::size_t lock = world.condition_lock[condition];
    const Holding* held = holding(lock);
    if (held == nullptr || held->way == Way::shared || !held->certain || held->released || held->call != call_) {
      return false;
    }
    std::uint64_t named[Context::room]{};
    std::size_t count = 0;
    unsigned named_classes = 0;
    if (random_.percent(60)) {
      for (std::size_t i = 0; i != context.count; ++i) {
        const Element& element = context.elements[i];
        if (element.class_key != class_keys[class_of(lock)] && element.hold != Hold::below) {
          named[count++] = element.class_key;
          for (std::size_t c = 0; c != world.classes; ++c) {
            named_classes |= class_keys[c] == element.class_key ? 1U << c : 0U;
          }
        }
      }
    }
    if (!rules_.may_sleep(context, lock, named, count)) {
      return false;
    }
    note(Contains::sleep);
    note(Contains::sleep_with_named, count != 0);
    slept_ |= 1U << condition;
    named_[condition] |= named_classes;
    emit(Do::sleep, lock, condition);
    emit(Do::wake, lock, condition);
    emit(Do::lock, lock);
    return true;
  }
  bool set_some_condition(const Context& context) {
    const std::size_t condition = random_.below(world.conditions);
    return ((to_set_ >> condition) & 1U) != 0 && set_condition(context, condition);
  }
  // A condition is set under its lock.
  bool set_condition(const Context& context, std::size_t condition) {
    const std::size_t lock = world.condition_lock[condition];
    if (holding(lock) != nullptr || !keeps_promise(class_of(lock)) || !rules_.may_wait(context, lock, Way::exclusive)) {
      return false;
    }
    emit(Do::lock, lock);
    emit(Do::set, lock, condition);
    emit(Do::unlock, lock);
    to_set_ &= ~(1U << condition);
    return true;
  }
  bool open(const Context& context, unsigned depth) {
    const std::size_t device = random_.below(world.devices);
    if (!rules_.may_open(context)) {
      return false;
    }
    note(Contains::open);
    const std::size_t at = steps().size();
    emit(rules_.weakened(Weakening::open_waits) ? Do::open_waits : Do::open, device);
    ++open_[device];
    body(rules_.through(context), depth, false);
    --open_[device];
    emit(Do::close, device);
    steps()[at].jump = static_cast<unsigned char>(steps().size());
    return true;
  }
  bool unbind(const Context& context, unsigned depth, bool always_runs) {
    const std::size_t device = random_.below(world.devices);
    if (open_[device] != 0 || unbinding_[device] || !keeps_promise(world.open_class) ||
        !rules_.may_bound(context, world.open_class)) {
      return false;
    }
    note(Contains::unbind);
    emit(Do::drain, device);
    unbinding_[device] = true;
    if (random_.percent(30)) {
      body(context, depth, always_runs);
    }
    unbinding_[device] = false;
    emit(Do::reopen, device);
    return true;
  }
  // A descriptor that is open from the beginning. This thread reaches it before it waits for anything, and closes it.
  void adopt(const Context& root) {
    const std::size_t lock = random_lock();
    InstanceRecord record{};
    const Context holding_one = rules_.with(root, lock, Way::exclusive, false, record);
    const bool under_a_lock = random_.percent(50) && rules_.may_adopt(holding_one) &&
                              rules_.may_wait(root, lock, Way::exclusive) && keeps_promise(class_of(lock));
    if (!under_a_lock && !rules_.may_adopt(root)) {
      return;
    }
    note(Contains::adoption);
    program.parked_by[0] |= 1U << thread_;
    ++open_[0];
    if (under_a_lock) {
      emit(Do::lock, lock);
      holdings_.push_back({lock, Way::exclusive, true, false, call_});
      body(rules_.through(holding_one), 0, true);
      emit(Do::close, 0);
      leave(lock);
    } else {
      body(rules_.through(root), 0, true);
      emit(Do::close, 0);
    }
    --open_[0];
  }
  bool walk(const Context& context, std::size_t lock, unsigned depth, bool always_runs) {
    const std::size_t c = class_of(lock);
    const bool over_nest = rules_.weakened(Weakening::walk_over_nest) && world.of_class[c].owner != none;
    if (!world.of_class[c].scope && !over_nest) {
      return false;
    }
    const std::size_t partner = random_.percent(60) ? world.of_class[c].partner : none;
    InstanceRecord record{};
    Context next = context;
    std::vector<std::size_t> taken;
    if (!choose_walk(next, c, taken, record)) {
      return false;
    }
    const std::size_t firsts = taken.size();
    if (partner != none && !choose_partners(next, partner, taken, record)) {
      return false;
    }
    if (taken.size() > 3) {
      most_steps_ += 3;
    }
    note(Contains::walk);
    note(Contains::walk_of_pairs, partner != none);
    if (partner != none && rules_.weakened(Weakening::walk_by_instance)) {
      std::vector<std::size_t> by_instance;
      for (std::size_t i = 0; i != firsts; ++i) {
        by_instance.push_back(taken[i]);
        by_instance.push_back(taken[firsts + i]);
      }
      taken = by_instance;
    }
    for (const std::size_t each : taken) {
      emit(Do::lock, each);
      holdings_.push_back({each, Way::exclusive, true, true, call_});  // a walk has no early release
    }
    body(next, depth, always_runs);
    for (std::size_t i = taken.size(); i != 0; --i) {
      leave(taken[i - 1]);
    }
    return true;
  }
  // Two or three instances of a class, in the order of their numbers, which all walks follow.
  bool choose_walk(Context& context, std::size_t c, std::vector<std::size_t>& taken, InstanceRecord& record) {
    for (std::size_t l = 0; l != world.locks; ++l) {
      if (class_of(l) == c) {
        if (holding(l) != nullptr) {
          return false;
        }
        if (taken.size() < 2 || random_.percent(50)) {
          taken.push_back(l);
        }
      }
    }
    if (taken.size() < 2 || !keeps_promise(c) || !rules_.may_walk(context, taken[0])) {
      return false;
    }
    context = rules_.with(context, taken[0], Way::exclusive, false, record);
    return true;
  }
  // The partners of those instances, in the same order: all of the one class before all of the other.
  bool choose_partners(Context& context, std::size_t partner, std::vector<std::size_t>& taken, InstanceRecord& record) {
    const std::size_t firsts = taken.size();
    for (std::size_t i = 0; i != firsts; ++i) {
      const std::size_t l = taken[i] + firsts;
      if (l >= world.locks || class_of(l) != partner || holding(l) != nullptr) {
        return false;
      }
      taken.push_back(l);
    }
    if (!keeps_promise(partner) || !rules_.may_walk(context, taken[firsts])) {
      return false;
    }
    context = rules_.with(context, taken[firsts], Way::exclusive, false, record);
    return true;
  }
  // An object whose destructor waits for a lock. What that may be is asked when it is made.
  bool destructor(const Context& context, std::size_t lock, unsigned depth, bool always_runs) {
    if (holding(lock) != nullptr || !keeps_promise(class_of(lock)) ||
        !(rules_.weakened(Weakening::destructor_unchecked) || rules_.may_bound(context, class_of(lock)))) {
      return false;
    }
    note(Contains::waiting_destructor);
    body(context, depth, always_runs);
    emit(Do::lock, lock);
    emit(Do::unlock, lock);
    return true;
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

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What a program may do next: the functions of order/rule.hpp and order/instance.hpp, asked at run time. There is no second copy of a rule:
// a weakened rule is the shipped function asked about something else than what is the case, or not asked.
//
// What the types cannot see and a validator checks is a condition on the programs instead: a lock under a nest lock belongs to it
// (Generator::belongs), and a thread does not take what it holds.
#pragma once

#include "rules/support/context.hpp"
#include "rules/support/weakening.hpp"

namespace rules {

enum class Way : unsigned char { exclusive, shared, nested };

class Rules {
 public:
  Rules(const World& world, Weakening weakened) : world_(world), weakened_(weakened) {}

  [[nodiscard]] bool weakened(Weakening what) const { return weakened_ == what; }
  /// The thread whose steps are judged from here on.
  void of_thread(std::size_t index) {
    table_ = weakened(Weakening::two_extensions) && index % 2 == 1 ? &world_.other : &world_.table;
  }

  /// Guard, SharedGuard, Guard under a nest lock.
  [[nodiscard]] bool may_wait(const Context& context, std::size_t lock, Way way) const {
    return judge(context, request(lock, way)) == Ruling::permitted && (way == Way::shared || follows(context, lock));
  }
  /// TryGuard, SharedTryGuard.
  [[nodiscard]] bool may_try(const Context& context, std::size_t lock, Way way) const {
    Context held = context;
    owners_as_exclusive(held, request(lock, way));
    return devlock::detail::judge_try(*table_, held.elements, held.count, request(lock, way)) == Ruling::permitted;
  }
  /// retry(): a wait, instance keys included.
  [[nodiscard]] bool may_retry(const Context& context, std::size_t lock) const {
    Context held = context;
    if (weakened(Weakening::retry_as_try)) {
      return may_try(context, lock, Way::exclusive);
    }
    if (weakened(Weakening::retry_under_open)) {
      drop_class(held, world_.open_class);
    }
    return judge(held, request(lock, Way::exclusive)) == Ruling::permitted &&
           (weakened(Weakening::retry_without_key) || follows(held, lock));
  }
  /// HierarchicalLock over instances of one class.
  [[nodiscard]] bool may_walk(const Context& context, std::size_t lock) const {
    return judge(context, request(lock, Way::exclusive)) == Ruling::permitted;
  }
  /// The conversion to ContextFor<X>: calls, the close of a Rundown, what a destructor may wait for.
  [[nodiscard]] bool may_bound(const Context& context, std::size_t bound) const {
    Context held = context;
    weaken_all(held);
    if (weakened(Weakening::bound_passes_keys) && world_.of_class[bound].keyed) {
      held.drop([&](const Element& e) { return e.class_key == class_keys[bound] && e.hold == Hold::exclusive; });
    }
    if (weakened(Weakening::bound_passes_nest)) {
      held.drop([&](const Element& e) { return e.class_key == class_keys[bound] && e.hold == Hold::nested; });
    }
    return accept(devlock::detail::judge_bound(*table_, held.elements, held.count, class_keys[bound]));
  }
  /// A descriptor is opened: a try.
  [[nodiscard]] bool may_open(const Context& context) const {
    return devlock::detail::judge_try(*table_, context.elements, context.count,
                                      Request{class_keys[world_.open_class]}) == Ruling::permitted;
  }
  /// An Adoption is made.
  [[nodiscard]] bool may_adopt(const Context& context) const {
    if (weakened(Weakening::adoption_with_locks)) {
      return true;
    }
    return context.count == 0                        ? adoption::from_a_root
           : context.elements[0].hold == Hold::below ? adoption::below_a_bound
                                                     : adoption::with_a_lock;
  }
  /// A condition wait with `lock`, the classes `named` held as well.
  [[nodiscard]] bool may_sleep(const Context& context, std::size_t lock, const std::uint64_t* named,
                               std::size_t count) const {
    const std::uint64_t waited = class_keys[world_.lock[lock].of_class];
    Context held = context;
    std::uint64_t names[Context::room]{};
    std::copy_n(named, count, names);
    if (weakened(Weakening::sleep_sees_nothing)) {
      held.drop([&](const Element& e) { return e.class_key != waited; });
    }
    if (weakened(Weakening::sleep_under_bound)) {
      held.drop([](const Element& e) { return e.hold == Hold::below; });
    }
    if (weakened(Weakening::sleep_without_names)) {
      count = held.count;
      std::transform(held.elements, held.elements + held.count, names, [](const Element& e) { return e.class_key; });
    }
    if (weakened(Weakening::sleep_named_not_before)) {
      held.drop([&](const Element& e) {
        return e.class_key != waited && std::find(names, names + count, e.class_key) != names + count;
      });
    }
    return devlock::detail::judge_sleep(*table_, held.elements, held.count, waited, names, count) == Ruling::permitted;
  }

  /// The context of a guard that has taken `lock`. `record` lives as long as the guard.
  [[nodiscard]] Context with(const Context& context, std::size_t lock, Way way, bool tried,
                             InstanceRecord& record) const {
    Context next = context;
    const std::size_t c = world_.lock[lock].of_class;
    if (tried && weakened(Weakening::tried_forgotten)) {
      return next;
    }
    if (tried && weakened(Weakening::bound_lost_by_try)) {
      next.drop([](const Element& e) { return e.hold == Hold::below; });
    }
    if (way == Way::nested) {
      next.add(Hold::nested, class_keys[c], class_keys[world_.of_class[c].owner]);
    } else {
      next.add(way == Way::shared ? Hold::shared : Hold::exclusive, class_keys[c]);
    }
    if (way == Way::exclusive && world_.of_class[c].keyed && !(tried && weakened(Weakening::key_of_try_forgotten))) {
      record = {context.newest, class_keys[c], &world_.lock[lock].key};
      next.newest = &record;
    }
    return next;
  }
  /// The context of operations through an open descriptor.
  [[nodiscard]] Context through(const Context& context) const {
    Context next = context;
    if (!weakened(Weakening::open_forgotten)) {
      next.add(Hold::exclusive, class_keys[world_.open_class]);
    }
    return next;
  }
  /// What a function knows that was given a ContextFor<X>.
  [[nodiscard]] static Context below(std::size_t bound) {
    Context next;
    next.add(Hold::below, class_keys[bound]);
    return next;
  }

 private:
  [[nodiscard]] Request request(std::size_t lock, Way way) const {
    const std::size_t c = world_.lock[lock].of_class;
    return {class_keys[c], way == Way::shared, world_.of_class[c].keyed,
            way == Way::nested ? class_keys[world_.of_class[c].owner] : 0};
  }
  static void drop_class(Context& held, std::size_t c) {
    if (c != none) {
      held.drop([c](const Element& e) { return e.class_key == class_keys[c]; });
    }
  }
  void owners_as_exclusive(Context& held, const Request& asked) const {
    for (std::size_t i = 0; weakened(Weakening::nest_owner_shared) && i != held.count; ++i) {
      if (held.elements[i].class_key == asked.owner_key && held.elements[i].hold == Hold::shared) {
        held.elements[i].hold = Hold::exclusive;
      }
    }
  }
  // What weakens every question.
  void weaken_all(Context& held) const {
    if (weakened(Weakening::newest_only) && held.count > 1) {
      held.elements[0] = held.elements[held.count - 1];
      held.count = 1;
    }
    if (weakened(Weakening::bound_forgotten)) {
      held.drop([](const Element& e) { return e.hold == Hold::below; });
    }
  }
  [[nodiscard]] bool accept(Ruling ruling) const {
    return ruling == Ruling::permitted || (ruling == Ruling::unordered && weakened(Weakening::incomparable));
  }

  [[nodiscard]] Ruling judge(const Context& context, const Request& asked) const {
    Context held = context;
    weaken_all(held);
    owners_as_exclusive(held, asked);
    const auto same = [&](const Element& e) { return e.hold != Hold::below && e.class_key == asked.class_key; };
    if (weakened(Weakening::same_class) && !asked.shared) {
      held.drop(same);
    }
    if (weakened(Weakening::readers_unordered) && asked.shared) {
      held.drop([&](const Element& e) { return !same(e); });
    }
    if (weakened(Weakening::shared_after_shared) && asked.shared) {
      held.drop([&](const Element& e) { return same(e) && e.hold == Hold::shared; });
    }
    if (weakened(Weakening::keyed_after_reader) && asked.keyed && !asked.shared) {
      held.drop([&](const Element& e) { return same(e) && e.hold == Hold::shared; });
    }
    for (std::size_t i = 0; weakened(Weakening::nest_over_bare) && asked.owner_key != 0 && i != held.count; ++i) {
      if (same(held.elements[i])) {
        held.elements[i] = {Hold::nested, asked.class_key, asked.owner_key};
      }
    }
    const Ruling ruling = devlock::detail::judge_wait(*table_, held.elements, held.count, asked);
    return accept(ruling) ? Ruling::permitted : ruling;
  }

  // What a Guard asserts of a keyed class.
  [[nodiscard]] bool follows(const Context& context, std::size_t lock) const {
    const std::size_t c = world_.lock[lock].of_class;
    if (!world_.of_class[c].keyed || weakened(Weakening::key_not_compared)) {
      return true;
    }
    if (weakened(Weakening::key_of_innermost)) {
      const InstanceRecord* newest = context.newest;
      while (newest != nullptr && newest->class_key != class_keys[c]) {
        newest = newest->previous;
      }
      if (newest == nullptr) {
        return true;
      }
      const InstanceRecord only{nullptr, newest->class_key, newest->key};
      return follows_of[c](&only, world_.lock[lock].key);
    }
    return follows_of[c](context.newest, world_.lock[lock].key + (weakened(Weakening::key_equal) ? 1U : 0U));
  }

  const World& world_;
  Weakening weakened_;
  const Table* table_ = &world_.table;
};

}  // namespace rules

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The statements of a program that are about conditions and descriptors: sleeping and notifying, opening and unbinding, and the adoption
// of a descriptor that was open before. A parked one is adopted before its thread waits for anything, and closed by it.
#pragma once

#include "rules/support/locking.hpp"

namespace rules {

class Lifetimes : public Locking {
 protected:
  using Locking::Locking;

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
};

}  // namespace rules

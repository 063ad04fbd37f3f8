// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The moments at which the validator looks: a context is used, a root is made, a lock is asked for, a try fails, a condition wait
// begins. Each tells what is wrong and lets execution go on.
#pragma once

#include "devlock/validate/clash.hpp"
#include "devlock/validate/sight.hpp"

namespace devlock::validate {

/// More failed tries than this, of one lock and with an unchanged held set, are a wait in all but name.
inline constexpr std::uint64_t max_failed_tries = 1000;

/// Forgets which order rules the program: for one that has ended all its threads and starts over with another, as tests do.
inline void forget_order() noexcept { detail::Program::order.store(nullptr, std::memory_order_relaxed); }

namespace detail {

/// Which context, of which thread. A thread of 0 is not known, and nothing is said about it.
struct Reference {
  std::uint64_t thread = 0;
  std::uint64_t serial = 0;
  Site site;
};

/// It is not the thread's newest, or the newest was ended by another thread.
[[gnu::cold, gnu::noinline]] inline void check_use_closely(Thread& thread, const Reference& context,
                                                           const Site& where) {
  if (context.thread == 0 || thread.contexts_beyond != 0) {
    return;
  }
  Party used;
  used.site = context.site;
  if (context.thread != thread.number) {
    Party user;
    user.site = where;
    used.thread = context.thread;
    tell(thread, Fault::foreign_context, used, user);
    return;
  }
  const ContextRecord* newest = thread.contexts.newest();
  if (newest == nullptr) {
    tell(thread, Fault::stale_context, used, {});
  } else if (newest->serial.load(std::memory_order_relaxed) != context.serial) {  // written by this thread
    tell(thread, Fault::stale_context, used, party(*newest));
  }
}
/// A context about to be used: is it this thread's newest?
inline void check_use(Thread& thread, const Reference& context, const Site& where) {
  if (context.thread != thread.number || !thread.contexts.newest_is(context.serial)) {
    check_use_closely(thread, context, where);
  }
}

/// A root: the thread has no context yet, and its order goes with the program's.
inline void check_order(Thread& thread, const OrderFacts& order, const Site& where) {
  const OrderFacts* known = Program::order.load(std::memory_order_relaxed);
  while (known == nullptr || order.extends(known)) {
    if (Program::order.compare_exchange_weak(known, &order, std::memory_order_relaxed)) {
      return;
    }
  }
  if (known == &order || known->extends(&order)) {
    return;
  }
  Report report;
  report.fault = Fault::second_order;
  report.subject.site = where;
  report.order = order.name;
  report.other_order = known->name;
  tell(thread, report);
}

inline void check_root(Thread& thread, const OrderFacts& order, const Site& where) {
  if (const ContextRecord* newest = thread.contexts.newest()) {
    tell(thread, Fault::second_root, context_party(where), party(*newest));
  }
  check_order(thread, order, where);
}

/// A wait against what is held.
inline void check_wait(Thread& thread, std::uint64_t context, const LockSight& sight, const OrderFacts* order, How how,
                       const Site& where) {
  const Clash clash = find_clash(thread, context, sight, order, how);
  if (clash.held != nullptr) {
    tell_clash(thread, clash, clash.fault, sight, how, where, clash.count);
  }
}

[[gnu::cold, gnu::noinline]] inline void tell_no_room(Thread& thread, const LockSight& sight, How how,
                                                      const Site& where) {
  tell_too_many(thread, party(sight, how, where));
  thread.named_count = 0;
}

/// A new record of a lock that is not held yet; null if there is no room.
inline HeldRecord* write_down(Thread& thread, std::uint64_t context, const LockSight& sight, const OrderFacts* order,
                              How how, const Site& where) {
  HeldRecord* record = thread.held.push(context);
  if (record == nullptr) {
    tell_no_room(thread, sight, how, where);
    return nullptr;
  }
  record->lock.store(sight.lock, std::memory_order_relaxed);  // read by Slots::bury after the serial
  record->sight = sight;
  thread.span.add(sight);
  record->order = order;
  record->how = how;
  record->held = false;
  record->site = where;
  record->owner_count = is_nested(how) ? thread.named_count : 0;
  for (std::size_t i = 0; i != record->owner_count; ++i) {
    record->owners[i] = thread.named[i];
  }
  thread.named_count = 0;
  return record;
}

/// A lock that is asked for against all that are held.
[[gnu::noinline]] inline void check_held(Thread& thread, std::uint64_t context, const LockSight& sight,
                                         const OrderFacts* order, How how, const Site& where) {
  const HeldRecord* held = thread.held.newest();
  while (held != nullptr && harmless(thread, context, *held, sight, order, how)) {
    held = thread.held.older(*held);
  }
  if (held == nullptr) {
    return;
  }
  if (const HeldRecord* same = find_same(thread, sight)) {
    tell(thread, Fault::already_held, party(sight, how, where), party(*same));
  } else if (waits(how)) {
    check_wait(thread, context, sight, order, how, where);
  }
}
/// A lock of a device that is to go is about to be waited for.
[[gnu::noinline]] inline void check_life(Thread& thread, const LockSight& sight, How how, const Site& where) {
  if (!sight.facts->is_live(sight.lock)) {
    tell(thread, Fault::device_not_live, party(sight, how, where), {});
  }
}

/// A lock is about to be waited for or tried. Answers where it is written down, or null.
inline HeldRecord* ask(Thread& thread, std::uint64_t context, const LockSight& sight, const OrderFacts* order, How how,
                       const Site& where) {
  // A walk that tries upwards in memory need not look each time at all that it took.
  if (thread.held.empty()) {
    thread.span = {};
  } else if (waits(how) || thread.span.touches(sight)) {
    check_held(thread, context, sight, order, how, where);
  }
  // A whole scope is waited for with the lives looked at under the locks, as pci::reset does.
  if (sight.facts->is_live != nullptr && waits(how) && how != How::scope_wait) {
    check_life(thread, sight, how, where);
  }
  return write_down(thread, context, sight, order, how, where);
}

/// A try failed; `version` is that of the held set when it began.
inline void count_failure(Thread& thread, const HeldRecord& record, std::uint64_t version) {
  Retries* entry = &thread.retries[0];
  for (Retries& candidate : thread.retries) {
    if (candidate.place == record.sight.place) {
      entry = &candidate;
      break;
    }
    if (candidate.version != version || (entry->version == version && candidate.failures < entry->failures)) {
      entry = &candidate;
    }
  }
  if (entry->place != record.sight.place || entry->version != version) {
    *entry = {record.sight.place, version, 0};
  }
  if (++entry->failures != max_failed_tries + 1 || thread.bounded_retries != 0) {
    return;
  }
  const How how = is_shared(record.how) ? How::shared_wait : is_nested(record.how) ? How::nested_wait : How::scope_wait;
  const Clash clash = find_clash(thread, record.serial.load(std::memory_order_relaxed),  // written by this thread
                                 record.sight, record.order, how);
  if (clash.held != nullptr) {
    tell_clash(thread, clash, Fault::hold_and_retry, record.sight, record.how, record.site, entry->failures);
  }
}

/// A condition wait gives back `waited` and nothing else: whatever else is held is named and precedes it.
inline void check_sleep(Thread& thread, const LockSight& waited, const OrderFacts* order, const std::uint64_t* named,
                        std::size_t named_count, const Site& where) {
  for (HeldRecord* held = thread.held.newest(); held != nullptr; held = thread.held.older(*held)) {
    if (!held->held || held->sight.lock == waited.lock) {
      continue;
    }
    for (std::size_t h = 0; h != held->sight.facts->count; ++h) {
      const ClassFacts& other = held->sight.facts->classes[h];
      bool fine = false;
      for (std::size_t n = 0; n != named_count; ++n) {
        fine = fine || named[n] == other.key;
      }
      const Request again{waited.facts->classes[0].key};
      fine = fine && judge(order, held->order, element(other, held->how), again).ruling == Ruling::permitted;
      if (!fine) {
        tell(thread, Fault::sleep_with_locks, party(waited, How::wait, where), party(*held, h));
        return;
      }
    }
  }
}

/// A context ends: none that was made from it is left. True if one was and has been told.
inline bool check_children(Thread& thread, const ContextRecord& context, const Party& ends) {
  const std::uint64_t serial = context.serial.load(std::memory_order_relaxed);  // written by this thread
  for (ContextRecord* other = thread.contexts.newest(); other != nullptr && other != &context;
       other = thread.contexts.older(*other)) {
    if (other->parent == serial) {
      tell(thread, Fault::release_under_child, ends, party(*other));
      return true;
    }
  }
  return false;
}

/// What `context` ended on another thread: a lock is given back, or there was none.
inline void tell_elsewhere(Thread& here, const Party& lock, std::uint64_t number, const Site& made) {
  Party owner = context_party(made);
  owner.thread = number;
  if (lock.class_name != nullptr) {
    tell(here, Fault::foreign_unlock, lock, owner);
    return;
  }
  owner.site = {};
  Party context = context_party(made);
  context.thread = number;
  tell(here, Fault::foreign_context, context, owner);
}

/// Picks the record of one lock, and notes whether it was taken by a reader.
struct Buried {
  const void* lock;
  bool& shared;
  bool operator()(const HeldRecord& record) {
    const bool found = record.lock.load(std::memory_order_relaxed) == lock;  // written before its guard came here
    shared = shared || (found && is_shared(record.how));
    return found;
  }
};

inline HeldRecord* find_held(Thread& thread, std::uint64_t context, const void* lock) {
  for (HeldRecord* held = thread.held.newest(); held != nullptr; held = thread.held.older(*held)) {
    if (held->serial.load(std::memory_order_relaxed) == context && held->sight.lock == lock) {  // by this thread
      return held;
    }
  }
  return nullptr;
}
inline HeldRecord* find_joined(Thread& thread, std::uint64_t context) {
  for (HeldRecord* held = thread.held.newest(); held != nullptr; held = thread.held.older(*held)) {
    if (held->serial.load(std::memory_order_relaxed) == context && held->how == How::lifetime) {  // by this thread
      return held;
    }
  }
  return nullptr;
}

/// The nest locks named for the next acquisition: this thread holds every one, and one is the owner if the lock can say.
inline void name_owners(Thread& thread, const NestOwner* owners, std::size_t count, const LockSight& lock,
                        const Site& where) {
  bool asked = false;
  bool owned = false;
  thread.named_count = 0;
  for (std::size_t i = 0; i != count; ++i) {
    if (owners[i].held == nullptr) {
      tell(thread, Fault::nest_owner, party(lock, How::nested_wait, where), {});
    } else if (thread.named_count != HeldRecord::max_owners) {
      thread.named[thread.named_count++] = owners[i].held->sight.place;
    }
    asked = asked || owners[i].asked;
    owned = owned || owners[i].owns;
  }
  if (asked && !owned && owners[0].held != nullptr) {
    tell(thread, Fault::nest_owner, party(lock, How::nested_wait, where), party(*owners[0].held));
  }
}

}  // namespace detail
}  // namespace devlock::validate

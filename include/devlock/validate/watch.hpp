// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The moments at which the validator looks at contexts: one is used, a root is made, a condition wait begins, nest locks are named, one
// ends. Each tells what is wrong and lets execution go on. What is asked of locks stands in validate/ask.hpp.
#pragma once

#include "devlock/validate/clash.hpp"
#include "devlock/validate/sight.hpp"

namespace devlock::validate {

/// Forgets which order rules the program: for one that has ended all its threads and starts over with another, as tests do.
inline void forget_order() noexcept {
  detail::Program::order.store(nullptr, std::memory_order_relaxed);
}

namespace detail {

/// Which context, of which thread. A thread of 0 is not known, and nothing is said about it; nor about what is left of this thread from
/// before its end was told.
struct Reference {
  Record* record = nullptr;  ///< null: of a context that has ended
  std::uint64_t serial = 0;
  std::uint64_t thread = 0;
  Site site;
};

/// A context about to be used: is it this thread's newest?
inline void check_use(Thread& thread, const Reference& used, const Site& where) {
  if (used.thread == 0 || used.thread == Threads::here.ended_as || thread.contexts_beyond != 0) {
    return;
  }
  const Record* const own = used.thread == thread.its_number() ? newest_context(thread) : nullptr;
  if (own != nullptr && own == used.record && own->serial == used.serial) {
    return;
  }
  Party context = context_party(used.site);
  if (used.thread != thread.its_number()) {
    context.thread = used.thread;
    tell(thread, Fault::foreign_context, context, context_party(where));
    return;
  }
  tell(thread, Fault::stale_context, context, own == nullptr ? Party{} : party_of_context(*own));
}

/// Its record, if it still lives: another context may have that since.
inline Record* find_living(Thread& thread, const Reference& context) {
  Record* record = context.thread == thread.its_number() ? newest(thread) : nullptr;
  while (record != nullptr && (record != context.record || record->serial != context.serial)) {
    record = older(thread, *record);
  }
  return record;
}

/// A new context on top. There is one record for all for which there is no room.
inline Record* begin(Thread& thread, Record* parent, const char* reason, const Site& where) {
  Record* const record = thread.records.push(Threads::here.newest, thread);
  if (record == nullptr) {
    ++thread.contexts_beyond;
    thread.beyond.owner = &thread;
    thread.beyond.site.write(where);
    tell_too_many(thread, context_party(where));
    return &thread.beyond;
  }
  record->parent = parent;
  record->reason = reason;
  record->lock.store(nullptr, std::memory_order_relaxed);  // read by its own thread only while it is null
  record->site.write(where);
  record->path = record->older->path;
  record->version = Threads::here.version;
  return record;
}
/// A context made from another one.
[[gnu::noinline]] inline Record* enter(Reference parent, Site where) {
  Thread* const thread = here();
  if (thread == nullptr) {
    return nullptr;
  }
  check_use(*thread, parent, where);
  return begin(*thread, find_living(*thread, parent), nullptr, where);
}

/// A root: the thread has no context yet, and its order goes with the program's.
inline void check_order(Thread& thread, const OrderFacts& order, const Site& where) {
  const OrderFacts* known = Program::order.load(std::memory_order_relaxed);
  while (known == nullptr || order.extends(known)) {
    if (Program::order.compare_exchange_weak(known, &order, std::memory_order_relaxed)) {
      return;
    }
  }
  if (is_same(*known, order) || known->extends(&order)) {
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
  if (const Record* own = newest_context(thread)) {
    tell(thread, Fault::second_root, context_party(where), party_of_context(*own));
  }
  check_order(thread, order, where);
}

/// A condition wait gives back `waited` and nothing else: whatever else is held is named and precedes it.
inline void check_sleep(Thread& thread, const LockSight& waited, const OrderFacts* order, const std::uint64_t* named,
                        std::size_t named_count, const Site& where) {
  for (const Record* held = newest_held(thread); held != nullptr; held = older_held(thread, *held)) {
    if (held->lock_address() == waited.lock) {
      continue;
    }
    for (std::size_t h = 0; h != held->asks().lock->count; ++h) {
      const ClassFacts& other = held->asks().lock->classes[h];
      bool fine = false;
      for (std::size_t n = 0; n != named_count; ++n) {
        fine = fine || named[n] == other.key;
      }
      const Request again{waited.facts->classes[0].key};
      fine = fine && judge(order, held->asks().order, element(other, held->how()), again).ruling == Ruling::permitted;
      if (!fine) {
        tell(thread, Fault::sleep_with_locks, party(waited, How::wait, where), party(*held, h));
        return;
      }
    }
  }
}

/// A context ends: none that was made from it is left.
inline void check_children(Thread& thread, Record& context, const Party& ends) {
  if (context.child_said) {
    return;
  }
  for (const Record* other = newest(thread); other != nullptr && other != &context; other = older(thread, *other)) {
    if (other->is_context() && other->parent == &context) {
      context.child_said = true;
      tell(thread, Fault::release_under_child, ends, party_of_context(*other));
      return;
    }
  }
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

/// The nest locks named for the next acquisition: this thread holds every one, and one is the owner if the lock can say.
inline void name_owners(Thread& thread, const NestOwner* owners, std::size_t count, const LockSight& lock,
                        const Site& where) {
  bool asked = false;
  bool owned = false;
  thread.named_count = 0;
  for (std::size_t i = 0; i != count; ++i) {
    if (owners[i].held == nullptr) {
      tell(thread, Fault::nest_owner, party(lock, How::nested_wait, where), {});
    } else if (thread.named_count != Record::max_owners) {
      thread.named[thread.named_count++] = owners[i].held->place_held();
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

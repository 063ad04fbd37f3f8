// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A lock is asked for, and a try fails: what is written down. A ruling by types alone is remembered in the record of the context, so that
// the next guard there of such a lock, over the same types, has two numbers to compare (see live_mark.hpp).
#pragma once

#include "devlock/validate/check_held.hpp"

namespace devlock::validate {

/// More failed tries than this, of one lock and with an unchanged held set, are a wait in all but name.
inline constexpr std::uint64_t max_failed_tries = 1000;

namespace detail {

/// Writes down in a record on top what is asked for.
inline void write_down(Thread& thread, Record& record, const void* lock, const AskedFacts& asked, bool by_type) {
  const std::uint64_t below = record.path;
  record.lock.store(lock, std::memory_order_relaxed);     // the lock or the guard that leads here brings it along
  record.asked.store(&asked, std::memory_order_relaxed);  // the same
  record.known_below = by_type && !is_nested(asked.how) ? below : Record::never;
  record.known_path = below == 0 ? reinterpret_cast<std::uintptr_t>(&asked) : thread.records.new_path();
  record.path = record.known_path;
  if (record.known_below == below) {
    thread.known_paths.add(below, asked, record.known_path);
  }
  record.owner_count = thread.named_count;
  for (std::size_t i = 0; i != record.owner_count; ++i) {
    record.owners[i] = thread.named[i];
  }
  thread.named_count = 0;
}
/// The first lock of the context on top, which is just made.
[[gnu::noinline]] inline void ask_first(Record& context, LockSight sight, const AskedFacts& asked, Site where) {
  Thread& thread = *context.owner;
  const std::uint64_t below = context.path;
  const std::uint64_t known = thread.known_paths.find(below, asked);
  if (known == 0 || (below != 0 && may_clash(*context.older, sight.place))) {
    write_down(thread, context, sight.lock, asked, check(thread, &context, sight, asked, where));
    return;
  }
  context.lock.store(sight.lock, std::memory_order_relaxed);  // the lock or the guard that leads here brings it along
  context.asked.store(&asked, std::memory_order_relaxed);     // the same
  context.known_below = below;
  context.path = context.known_path = known;
  check_life(thread, sight, asked, where);
}
/// The first lock of the context on top, or of the record for all contexts for which there is no room.
inline void ask_guard(Record& context, LockSight sight, const AskedFacts& asked, Site where) {
  if (Threads::here.newest == &context) {
    ask_first(context, sight, asked, where);
  } else {
    check(*context.owner, &context, sight, asked, where);
    context.owner->named_count = 0;
  }
}
/// A new record of a further lock. `top` is the context's or that of the last lock that it asked for.
inline Record* push_further(Thread& thread, Record& top) {
  Record* const before = newest(thread);
  Record* const record = thread.records.push(Threads::here.newest, thread);
  if (record != nullptr) {
    Record& context = *top.its_context();
    context.several = true;
    record->context.store(&context, std::memory_order_relaxed);  // read by bury(), to which the guard leads
    record->in_run = before == &top;
    record->path = record->older->path;
  }
  return record;
}
/// Whether the lock of a guard that is taken has a record; it may have none, or that of all for which there is no room.
[[gnu::cold, gnu::noinline]] inline bool has_room(const Record* record) {
  if (record == nullptr || record != &record->owner->beyond) {
    return record != nullptr;
  }
  ++Threads::here.version;
  ++record->owner->held_beyond;
  return false;
}
/// The next step of a walk that tries upwards in memory; null if it is not quite that. It looks at what ask() does.
inline Record* try_next(Record& top, const LockSight& sight, const AskedFacts& asked) {
  Thread& thread = *top.owner;
  Record* const record = top.newer;
  if (asked.how != How::try_once || Threads::here.newest != &top || record == nullptr || top.is_context() ||
      thread.span_version != Threads::here.version || thread.span.touches(sight)) {
    return nullptr;
  }
  thread.span.add(sight);
  Threads::here.newest = record;
  ++record->serial;
  record->context.store(top.its_context(), std::memory_order_relaxed);  // read by bury(), to which the guard leads
  record->in_run = true;
  record->lock.store(sight.lock, std::memory_order_relaxed);  // the lock or the guard that leads here brings it along
  record->asked.store(&asked, std::memory_order_relaxed);     // the same
  record->known_below = Record::never;
  record->path = thread.records.new_path();
  return record;
}
/// Any lock of a context. Answers what its `top` is from now on.
[[gnu::noinline]] inline Record* ask(Record& top, const LockSight& sight, const AskedFacts& asked, const Site& where) {
  if (Record* const next = try_next(top, sight, asked)) {
    return next;
  }
  Thread& thread = *top.owner;
  if (newest(thread) == &top && top.lock_address() == nullptr) {  // the newest ended on another thread
    ask_first(top, sight, asked, where);
    return &top;
  }
  check(thread, top.its_context(), sight, asked, where);
  Record* const record = push_further(thread, top);
  if (record == nullptr) {
    tell_too_many(thread, party(sight, asked.how, where));
    thread.named_count = 0;
    return &top;
  }
  write_down(thread, *record, sight.lock, asked, false);
  return record->in_run ? record : &top;
}
/// A context becomes a user of something whose end others wait for. Answers as ask() does.
[[gnu::noinline]] inline Record* join(Record& top, const void* object, const AskedFacts& asked, const Site& where) {
  Thread& thread = *top.owner;
  const bool first = newest(thread) == &top && top.lock_address() == nullptr;
  Record* const record = first ? &top : push_further(thread, top);
  if (record == nullptr) {
    tell_too_many(thread, party({object, object, 1, asked.lock}, asked.how, where));
    return &top;
  }
  write_down(thread, *record, object, asked, false);
  record->place.store(object, std::memory_order_relaxed);  // read by its own thread
  return record == &top || record->in_run ? record : &top;
}

/// The newest record of a lock that the context asked for, or holds.
inline Record* find_lock(Thread& thread, const Record& context, const void* lock, bool held) {
  Record* record = newest(thread);
  while (record != nullptr &&
         (record->its_context() != &context || record->lock_address() != lock || record->held() != held)) {
    record = older(thread, *record);
  }
  return record;
}

/// A try failed; `version` is that of the held set when its context began.
inline void count_failure(Thread& thread, const Record* context, const LockSight& sight, const AskedFacts& asked,
                          std::uint64_t version) {
  Retries* entry = &thread.retries[0];
  for (Retries& candidate : thread.retries) {
    if (candidate.place == sight.place) {
      entry = &candidate;
      break;
    }
    const bool outdated = entry->version != version;  // and the oldest of those is needed least
    if (candidate.version != version ? !outdated || candidate.version < entry->version
                                     : !outdated && candidate.failures < entry->failures) {
      entry = &candidate;
    }
  }
  if (entry->place != sight.place || entry->version != version) {
    *entry = {sight.place, version, 0};
  }
  if (++entry->failures != max_failed_tries + 1 || thread.bounded_retries != 0) {
    return;
  }
  const How how = is_shared(asked.how) ? How::shared_wait : is_nested(asked.how) ? How::nested_wait : How::scope_wait;
  const Clash clash = find_clash(thread, context, sight.lock, asked.as(how));
  if (clash.held != nullptr) {
    tell_clash(thread, clash, Fault::hold_and_retry, sight, asked.how, context->made_at(), entry->failures);
  }
}

}  // namespace detail
}  // namespace devlock::validate

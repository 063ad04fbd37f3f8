// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A lock is given back and a context ends: by its own thread, mostly as the newest, or by another one, to which it was carried.
#pragma once

#include "devlock/validate/ask.hpp"
#include "devlock/validate/watch.hpp"

namespace devlock::validate::detail {

/// Tells a lock that a record is done with it; it may have no mark.
inline void give(const LiveLockMark* mark, How how) {
  if (mark == nullptr) {
    return;
  }
  if (is_shared(how)) {
    mark->gives_shared();
  } else {
    mark->gives();
  }
}

/// By another thread than the context's: a lock is given back, or (without a class name) the context ends. What it held is nobody's now.
[[gnu::cold, gnu::noinline]] inline void end_elsewhere(Record& top, const Party& lock, const LiveLockMark* mark) {
  Record& context = *top.its_context();
  const std::uint64_t number = number_of(context);
  Thread* const self = number == Threads::here.ended_as ? nullptr : here();  // the end of its thread was told
  if (self != nullptr) {
    tell_elsewhere(*self, lock, number, context.made_at());
  }
  bool told = mark == nullptr;
  context.owner->records.bury(context, [&](const Record& record) {
    if (!told && record.held() && record.lock_address() == lock.instance) {
      told = true;
      give(mark, record.how());
    }
  });
  if (!told) {
    mark->gives_either();
  }
}

/// What a thread holds is one lock less.
inline void remove_lock(Thread& thread, Record& context, Record& record, Record*& top) {
  ++Threads::here.version;
  if (&record != &context) {
    top = top == &record ? record.older : top;
    thread.records.remove(record, Threads::here.newest);
    return;
  }
  record.lock.store(nullptr, std::memory_order_relaxed);   // read by this thread, or by one to which the guard leads
  record.place.store(nullptr, std::memory_order_relaxed);  // the same
  if (Threads::here.newest != &record) {
    thread.records.forget_paths(*record.newer, *Threads::here.newest);
  }
  record.path = record.older->path;
}
/// The last of several is given back, as the newest. False if it is not.
inline bool give_back_last(Record*& top, const void* lock, const LiveLockMark* mark) {
  Record& record = *top;
  if (Threads::here.newest != &record || record.lock_address() != lock || !record.held() || record.is_context()) {
    return false;
  }
  ++Threads::here.version;
  give(mark, record.how());
  record.place.store(nullptr, std::memory_order_relaxed);    // read by its own thread
  record.context.store(&record, std::memory_order_relaxed);  // read by bury(), which looks for another context
  top = Threads::here.newest = record.older;
  return true;
}
/// One lock of several is given back; `top` is as for ask().
[[gnu::noinline]] inline void give_back(Record*& top, const LockSight& sight, const LiveLockMark* mark) {
  Record& context = *top->its_context();
  Thread& thread = *context.owner;
  if (Threads::here.newest != top) {
    check_children(thread, context, party(sight, How::wait, context.made_at()));
  }
  Record* const record = find_lock(thread, context, sight.lock, true);
  if (record == nullptr) {
    ++Threads::here.version;
    thread.held_beyond -= thread.held_beyond != 0 ? 1 : 0;
    return;
  }
  give(mark, record->how());
  remove_lock(thread, context, *record, top);
}

/// The context of a lock ends, and the lock is still held.
inline void leave_held(Record& record) {
  ++record.serial;
  record.context.store(nullptr, std::memory_order_relaxed);  // read by bury(), which looks for another context
  record.in_run = record.several = record.failed = record.child_said = false;
}
/// What else a context wrote down: that of a lock that threw an exception, and what it joined, go. A lock that it still holds stays.
inline void drop_others(Thread& thread, Record& context) {
  for (Record* record = newest(thread); record != nullptr && record != &context;) {
    Record* const next = older(thread, *record);
    if (record->its_context() == &context) {
      if (!record->held() || record->how() == How::lifetime) {
        thread.records.remove(*record, Threads::here.newest);
      } else {
        record->site.write(context.site.read());
        leave_held(*record);
      }
    }
    record = next;
  }
}
/// A context of this thread ends.
[[gnu::noinline]] inline void end(Record& top) {
  Record& context = *top.its_context();
  Thread& thread = *context.owner;
  if (&context == &thread.beyond) {
    --thread.contexts_beyond;
    after_the_end(thread);
    return;
  }
  if (Threads::here.newest != &top) {
    check_children(thread, context, context_party(context.made_at()));
  }
  if (context.several) {
    drop_others(thread, context);
  }
  if (context.failed) {
    if (Threads::here.version != context.version) {
      thread.forget_retries(context.version);
    }
    Threads::here.version = context.version;   // what was taken meanwhile was given back: the held set is as it was
    thread.span_version = Thread::no_version;  // what has a version that comes again
  }
  if (context.held() && context.how() != How::lifetime) {
    leave_held(context);
  } else {
    thread.records.remove(context, Threads::here.newest);
  }
  after_the_end(thread);
}

/// A guard of one lock ends.
[[gnu::noinline]] inline void end_guard(Record& context, const LockSight& sight, const LiveLockMark* mark) {
  if (!is_own(context)) {
    end_elsewhere(context, party(sight, How::wait, {}), mark);
    return;
  }
  Record* top = &context;
  give_back(top, sight, mark);
  end(*top);
}

/// Takes note that the newest lock of that address which the context asked for is held; null if there was no room for it.
inline Record* take(Record& top, const LockSight& sight) {
  Thread& thread = *top.owner;
  if (thread.span_version == Threads::here.version++ && thread.span.covers(sight)) {
    ++thread.span_version;
  }
  const bool is_top = Threads::here.newest == &top && top.lock_address() == sight.lock && !top.held();
  Record* const record = is_top ? &top : find_lock(thread, *top.its_context(), sight.lock, false);
  if (record == nullptr) {
    ++thread.held_beyond;
    return nullptr;
  }
  record->place.store(sight.place, std::memory_order_relaxed);  // the lock or the guard that leads here brings it along
  return record;
}
/// A try failed. `top` is as for ask().
[[gnu::noinline]] inline void lose(Record*& top, const LockSight& sight) {
  Record& context = *top->its_context();
  Thread& thread = *context.owner;
  Record* const record = find_lock(thread, context, sight.lock, false);
  if (record == nullptr) {
    return;
  }
  context.failed = true;
  count_failure(thread, &context, sight, record->asks(), context.version);
  if (record == &context) {
    context.lock.store(nullptr, std::memory_order_relaxed);  // read by this thread, or by one to which the guard leads
    context.path = context.older->path;
  } else {
    top = top == record ? record->older : top;
    thread.records.remove(*record, Threads::here.newest);
  }
}

}  // namespace devlock::validate::detail

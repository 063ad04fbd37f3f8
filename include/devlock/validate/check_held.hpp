// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What a lock that is asked for has against what the thread holds: it is held already, its class may not be waited for now, its device is
// to go. And whether its type alone said that it has nothing, so that the next of its type need not be looked at.
#pragma once

#include "devlock/validate/clash.hpp"
#include "devlock/validate/sight.hpp"

namespace devlock::validate::detail {

/// A wait against what is held.
inline void check_wait(Thread& thread, const Record* context, const LockSight& sight, const AskedFacts& asked,
                       const Site& where) {
  const Clash clash = find_clash(thread, context, sight.lock, asked);
  if (clash.held != nullptr) {
    tell_clash(thread, clash, clash.fault, sight, asked.how, where, clash.count);
  }
}

/// What one held lock is to one that is asked for.
enum class Match : unsigned char {
  by_type,    ///< no matter, and neither is any other of these types
  harmless,   ///< no matter
  suspicious  ///< to be looked at
};
inline Match match(Thread& thread, const Record* context, const Record& held, const LockSight& sight,
                   const AskedFacts& asked) {
  if (overlap(sight, held.sight())) {
    return Match::suspicious;
  }
  if (is_own_scope(context, held, asked.how)) {
    return Match::harmless;
  }
  const KnownPairs::Pair pair = pair_of(held, asked);
  if (thread.known.has(pair)) {
    return Match::by_type;
  }
  if (waits(asked.how)) {
    return Match::suspicious;
  }
  if (shares_class(*held.asks().lock, *sight.facts)) {
    return Match::harmless;
  }
  thread.known.add(pair);
  return Match::by_type;
}

/// A lock that is asked for against all that are held. True if their types alone say that there is nothing to tell.
inline bool check_held(Thread& thread, const Record* context, const LockSight& sight, const AskedFacts& asked,
                       const Site& where) {
  const bool tries = !waits(asked.how);
  if (Threads::here.newest->path == 0) {  // nothing is held
    thread.span = {};
    thread.span.add(sight);
    thread.span_version = Threads::here.version;
    return true;
  }
  // A walk that tries upwards in memory need not look each time at all that it took.
  if (tries && thread.span_version == Threads::here.version && !thread.span.touches(sight)) {
    thread.span.add(sight);
    return false;
  }
  bool by_type = true;
  Span span;
  for (const Record* held = newest(thread); held != nullptr; held = older(thread, *held)) {
    if (!held->held()) {
      by_type = by_type && held->path == held->older->path;  // else its number stands for what it has not taken yet
      continue;
    }
    const Match found = match(thread, context, *held, sight, asked);
    if (found == Match::suspicious) {
      if (const Record* same = find_same(thread, sight)) {
        tell(thread, Fault::already_held, party(sight, asked.how, where), party(*same));
      } else if (!tries) {
        check_wait(thread, context, sight, asked, where);
      }
      return false;
    }
    by_type = by_type && found == Match::by_type;
    span.add(held->sight());
  }
  if (tries) {
    span.add(sight);
    thread.span = span;
    thread.span_version = Threads::here.version;
  }
  return by_type;
}

/// A whole scope is waited for with the lives looked at under the locks, as pci::reset does.
constexpr bool minds_life(const AskedFacts& asked) {
  return asked.lock->is_live != nullptr && waits(asked.how) && asked.how != How::scope_wait;
}
[[gnu::cold, gnu::noinline]] inline void tell_not_live(Thread& thread, LockSight sight, How how, Site where) {
  tell(thread, Fault::device_not_live, party(sight, how, where), {});
}

inline void check_life(Thread& thread, const LockSight& sight, const AskedFacts& asked, const Site& where) {
  if (minds_life(asked) && !asked.lock->is_live(sight.lock)) {
    tell_not_live(thread, sight, asked.how, where);
  }
}

/// Everything that a lock which is asked for may have against it. Answers as check_held does.
inline bool check(Thread& thread, const Record* context, const LockSight& sight, const AskedFacts& asked,
                  const Site& where) {
  const OrderFacts* const program = Program::order.load(std::memory_order_relaxed);  // constants, wherever it points
  if (Threads::here.ruled_by != program) {
    thread.forget_rulings();
    Threads::here.ruled_by = program;
  }
  const bool by_type = check_held(thread, context, sight, asked, where);
  check_life(thread, sight, asked, where);
  return by_type;
}

/// Whether a ruling by types has to be made again, for the program's order is another one, or the mutex is held already.
inline bool may_clash(const Record& newest, const void* place) {
  if (Threads::here.ruled_by != Program::order.load(std::memory_order_relaxed)) {  // constants, wherever it points
    return true;
  }
  for (const Record* record = &newest; record->path != 0; record = record->older) {
    if (record->place_held() == place) {
      return true;
    }
  }
  return false;
}

}  // namespace devlock::validate::detail

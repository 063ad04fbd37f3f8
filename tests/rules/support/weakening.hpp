// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The ways in which the rules are weakened on purpose, one at a time. Each is a rule that somebody would write, or a check that somebody
// would leave out; the search must find a program that it accepts and that deadlocks. The last two are no rules but promises of
// the program, which the library states and does not check; here is why they are stated.
#pragma once

#include <cstddef>
#include <cstdint>

namespace rules {

enum class Weakening : unsigned char {
  nothing,
  newest_only,
  tried_forgotten,
  incomparable,
  two_extensions,
  same_class,
  shared_after_shared,
  readers_unordered,
  keyed_after_reader,
  key_not_compared,
  key_of_innermost,
  key_equal,
  key_of_try_forgotten,
  nest_over_bare,
  nest_any_owner,
  nest_try_any_owner,
  nest_owner_shared,
  nest_owner_released,
  nest_and_keys,
  nest_under_open,
  bound_forgotten,
  bound_lost_by_try,
  bound_passes_keys,
  bound_passes_nest,
  sleep_sees_nothing,
  sleep_without_names,
  sleep_under_bound,
  sleep_named_not_before,
  retry_as_try,
  retry_under_open,
  retry_without_key,
  open_forgotten,
  open_waits,
  adoption_with_locks,
  destructor_unchecked,
  walk_over_keys,
  walk_over_nest,
  walk_by_instance,
  adoption_late,
  notifier_needs_named,
  count,
};

inline constexpr const char* weakening_names[] = {
    "nothing",
    "a wait is checked against the newest lock only",
    "a tried lock does not join what is held",
    "incomparable classes nest",
    "two threads follow two extensions of one order",
    "a second lock of a held class is waited for",
    "a reader waits again for a class that it reads",
    "readers wait in any order",
    "a keyed class is waited for by a thread that reads one of its locks",
    "instance keys are not compared",
    "an instance key is compared with that of the innermost instance only",
    "an equal instance key is good enough",
    "a tried instance's key is not compared later",
    "under a nest lock: held ones may have been taken outside it",
    "under a nest lock: any lock of the owner's class will do",
    "under a nest lock: a try may name any lock of the owner's class",
    "under a nest lock: the owner may be held as a reader",
    "under a nest lock: the owner may have been released",
    "one class has instance keys and a nest owner",
    "under a nest lock: the owner may be an open descriptor",
    "the bound of a ContextFor is forgotten",
    "the bound of a ContextFor is forgotten after a try",
    "a ContextFor of a keyed class is made while an instance is held",
    "a ContextFor of a nested class is made while a lock of it is held under its owner",
    "a condition wait sees an empty set",
    "a condition wait needs no names",
    "a condition wait is permitted under a ContextFor",
    "a condition wait: named locks need not precede",
    "a retry is checked as a try",
    "a retry does not see the open descriptor",
    "a retry does not compare instance keys",
    "an open descriptor is not held",
    "opening waits, and is checked as a try",
    "a parked descriptor is adopted under a lock",
    "a destructor waits unchecked",
    "a walk over a keyed class does not compare keys",
    "a walk over a class with a nest owner",
    "a walk takes two classes instance by instance",
    "no promise: a parked descriptor is adopted after waiting for locks",
    "no promise: the notifier waits for a lock that a sleeper named",
};
static_assert(sizeof(weakening_names) / sizeof(*weakening_names) == static_cast<std::size_t>(Weakening::count));

inline constexpr const char* name_of(Weakening weakening) {
  return weakening_names[static_cast<std::size_t>(weakening)];
}

}  // namespace rules

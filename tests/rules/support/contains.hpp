// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What a program contains, counted for the report: a check of rules about things that its programs lack would be none.
#pragma once

#include <cstddef>

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

}  // namespace rules

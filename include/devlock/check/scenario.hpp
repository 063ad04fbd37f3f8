// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A scenario: a small program of two or three threads over real locks, with what must always hold. It is constructed
// afresh for each execution; everything that the threads share is a member of it.
//
//   struct TwoResets {
//     static constexpr unsigned threads = 2;
//     void thread(unsigned index);   // what thread 0 and thread 1 do
//     void after();                  // optional: when both ended
//   };
//
// Optional too: before(), which runs first, invariant(), which runs at every schedule point and must only read, and
// `static constexpr const char* thread_names[]` for reports.
// Locks that the constructor or before() take they give back, for no thread owns them.
// Not checked: that a thread fits into its stack of 64 KiB; that the scenario is deterministic: no clocks, no random numbers,
// no addresses as values, nothing that outlives an execution, such as a static variable that allocates when first met.
#pragma once

#include <concepts>
#include <cstddef>
#include <new>
#include <span>
#include <string_view>
#include <typeinfo>

#include "devlock/sync/relacy/touch.hpp"

namespace devlock::check {

template <class S>
concept Scenario = std::default_initializable<S> && requires(S& scenario, unsigned index) {
  requires S::threads >= 2 && S::threads <= relacy::max_threads;
  scenario.thread(index);
};

namespace detail {

constexpr std::uint64_t number_of(std::string_view text) {
  std::uint64_t sum = 0xcbf29ce484222325U;  // FNV-1a
  for (const char c : text) {
    sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  }
  return sum & 0xffffffffU;
}

/// A scenario without its type, so that Relacy is instantiated for each number of threads and not for each scenario.
struct ScenarioTable {
  std::size_t size;
  std::size_t alignment;
  void (*construct)(void* place);
  void (*destroy)(void* scenario);
  void (*thread)(void* scenario, unsigned index);
  void (*before)(void* scenario);     // these may be null
  void (*after)(void* scenario);
  void (*invariant)(void* scenario);
  std::span<const char* const> thread_names;
  std::uint64_t number;  // of its name
};

template <Scenario S>
constexpr ScenarioTable make_table() {
  ScenarioTable table{sizeof(S), alignof(S), [](void* place) { ::new (place) S(); },
                      [](void* scenario) { static_cast<S*>(scenario)->~S(); },
                      [](void* scenario, unsigned index) { static_cast<S*>(scenario)->thread(index); },
                      nullptr, nullptr, nullptr, {}, 0};
  if constexpr (requires { std::span<const char* const>(S::thread_names); }) {
    table.thread_names = S::thread_names;
  }
  if constexpr (requires(S& scenario) { scenario.before(); }) {
    table.before = [](void* scenario) { static_cast<S*>(scenario)->before(); };
  }
  if constexpr (requires(S& scenario) { scenario.after(); }) {
    table.after = [](void* scenario) { static_cast<S*>(scenario)->after(); };
  }
  if constexpr (requires(S& scenario) { scenario.invariant(); }) {
    table.invariant = [](void* scenario) { static_cast<S*>(scenario)->invariant(); };
  }
  return table;
}

template <Scenario S>
ScenarioTable table_of() {
  ScenarioTable table = make_table<S>();
  table.number = number_of(typeid(S).name());
  return table;
}

}  // namespace detail
}  // namespace devlock::check

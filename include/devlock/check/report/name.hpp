// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Names for the objects of a scenario, so that its reports speak of kvm_lock and not of "mutex 2". Called in the scenario's
// constructor or in before(); costs one comparison while nothing is reported.
//
//   check::name(word, "users");
//   check::name(device.lock, "0000:01:00.0 device_lock");
//   check::name(slots[i], "slot", i);                          // "slot 3"
//
// A lock taken through a guard has the name of its lock class unless it is given another. Two objects of one name are told
// apart by a number. Names are cut after 63 bytes. Not checked: that the object lives until the execution ends.
#pragma once

#include <cstdio>
#include <memory>
#include <string_view>

#include "devlock/check/report/event_log.hpp"

namespace devlock::check {
namespace detail {

// What an operation of `object` will name: the mutex that a wrapper stands for, which may be elsewhere.
template <class T>
void note_name(const T& object, std::string_view text, bool given) {
  if constexpr (requires(T& open) { requires std::is_lvalue_reference_v<decltype(open.native())>; }) {
    auto& native = const_cast<T&>(object).native();
    event_log->name(std::addressof(native), sizeof native, text, given);
  } else {
    event_log->name(std::addressof(object), sizeof object, text, given);
  }
}

/// The names of lock classes, as a guard sees them.
template <class Lock>
void note_lock_class(const Lock& lock) {
  if constexpr (requires { Lock::lock_class::name; }) {
    note_name(lock, Lock::lock_class::name, false);
  } else if constexpr (requires(Lock& open) { open.device(), open.config(); }) {
    note_lock_class(const_cast<Lock&>(lock).device());
    note_lock_class(const_cast<Lock&>(lock).config());
  }
}

}  // namespace detail

/// Reports call `object`, or what lies in it, `text`.
template <class T>
void name(const T& object, std::string_view text) {
  if (detail::event_log != nullptr) {
    detail::note_name(object, text, true);
  }
}
/// The same for one of several: `text`, a space, `number`.
template <class T>
void name(const T& object, const char* text, unsigned number) {
  if (detail::event_log != nullptr) {
    char numbered[64];
    std::snprintf(numbered, sizeof numbered, "%.*s %u", static_cast<int>(detail::bytes_that_fit(text, 48)), text, number);
    detail::note_name(object, numbered, true);
  }
}

}  // namespace devlock::check

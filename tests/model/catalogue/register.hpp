// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// How a scenario becomes an entry of the catalogue. A scenario family is one text of an algorithm and the types that make it
// right or wrong: SYSTEM/NAME.hpp. Its entries stand in SYSTEM/entries.cpp:
//
//   fix<Release<UnderRefLock>>("open against release: kvm_ref_lock", 500, {"opened with the VM"}),
//   fault<Release<UnderGroupLock>>("open against release: group_lock", "open against release: kvm_ref_lock",
//                                  Outcome::deadlock, 100),
//
// Not checked here: that the names are unique and that the second one exists; catalogue_test.cpp does.
#pragma once

#include "devlock/check/check.hpp"
#include "model/catalogue/entry.hpp"

namespace catalogue {

/// `S` is right: every schedule passes, after at most `executions`, and the marks were reached.
template <class S>
Entry fix(const char* name, std::uint64_t executions, std::vector<const char*> must_reach = {}) {
  return {"", name, S::threads, Outcome::passed, "", executions, "", std::move(must_reach), {}, &devlock::check::check<S>};
}

/// `S` is right as far as `executions` reach, which is not far enough for a proof.
template <class S>
Entry larger(const char* name, std::uint64_t executions) {
  Entry entry = fix<S>(name, executions);
  entry.larger = true;
  return entry;
}

/// `S` is wrong, and `expected` is found after at most `executions`.
template <class S>
Entry fault(const char* name, const char* without_fault, Outcome expected, std::uint64_t executions,
            const char* message = "", std::vector<Search> missed_by = {}) {
  return {"", name,          S::threads, expected, message, executions, without_fault, {}, std::move(missed_by),
          &devlock::check::check<S>};
}

inline std::vector<Entry> of_system(const char* system, std::vector<Entry> entries) {
  for (Entry& entry : entries) {
    entry.system = system;
  }
  return entries;
}

}  // namespace catalogue

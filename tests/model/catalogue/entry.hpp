// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The catalogue of model-checked scenarios: what each is, what its check must answer, and within how many executions.
//
//   for (const catalogue::Entry& entry : catalogue::all()) std::puts(to_string(entry.check({})).c_str());
//
// A wrong variant names the entry that is the same scenario with the fault switched off; that one must be complete.
// Not here: the scenarios, which need the model checker; see SYSTEM/*.hpp and, for how to add one, register.hpp.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "devlock/check/plan.hpp"
#include "devlock/check/result.hpp"

namespace catalogue {

using devlock::check::Outcome;
using devlock::check::Plan;
using devlock::check::Result;
using devlock::check::Search;

struct Entry {
  const char* system;
  const char* name;
  unsigned threads;
  Outcome expected;             ///< Outcome::passed: complete, nothing found
  const char* message;          ///< part of what the finding says; empty for any
  std::uint64_t executions;     ///< the budget: found, or complete, after at most so many in the reduced search
  const char* without_fault;    ///< of a wrong variant: the entry with the fault off; else empty
  std::vector<const char*> must_reach;
  std::vector<Search> missed_by;  ///< searches that do not find it within 20,000 executions
  Result (*check)(const Plan& plan);
  bool larger = false;  ///< more threads or operations than can be completed: passes until the budget ends

  [[nodiscard]] bool is_fault() const { return expected != Outcome::passed; }
  [[nodiscard]] Plan plan() const {
    Plan plan;
    plan.executions = executions;
    plan.time = std::chrono::seconds(150);
    plan.must_reach = must_reach;
    return plan;
  }
  /// True if `result` is what a complete search of this entry must answer.
  [[nodiscard]] bool answers(const Result& result) const {
    if (is_fault()) {
      return result.outcome == expected && result.message.find(message) != std::string::npos;
    }
    return larger ? result.outcome == Outcome::passed && result.extent == devlock::check::Extent::budget_hit
                  : result.verified();
  }
};

std::vector<Entry> pci_entries();
std::vector<Entry> iommu_entries();
std::vector<Entry> mdev_entries();
std::vector<Entry> kvm_vfio_entries();
std::vector<Entry> ap_entries();

/// Every entry, system by system.
std::vector<Entry> all();

}  // namespace catalogue

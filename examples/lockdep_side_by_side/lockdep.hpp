// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What a report of Linux's lockdep says, as far as it is needed here: the lock that a task asks for, the one that it holds, and the chain
// between them, outermost first, each with the function that asked for it.
// Not read: contexts of interrupts, other reports than "possible circular locking dependency".
#pragma once

#include <optional>
#include <string>
#include <vector>

struct Link {
  std::string lock;      ///< as lockdep writes it: &kvm->lock
  std::string function;  ///< the first one above the locking functions: kvm_device_release
};

struct LockdepReport {
  Link asks;
  Link holds;
  std::vector<Link> chain;  ///< from the lock asked for to the one held
};

/// None if `text` is no such report.
std::optional<LockdepReport> read_lockdep(const std::string& text);

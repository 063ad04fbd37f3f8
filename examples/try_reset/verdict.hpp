// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Why a reset is not to be tried, each reason with what to do about it. The kernel itself looks at none of the users: sysfs
// resets a device under a running virtual machine.
#pragma once

#include <string>
#include <vector>

#include "holders.hpp"
#include "plan.hpp"

namespace try_reset {

struct Verdict {
  Holders holders;
  std::vector<devlock::Error> refusals;   ///< each is enough; the first one decides the exit status
  std::vector<devlock::Error> overruled;  ///< refusals that --force took back
  std::vector<std::string> notes;
};

/// Which VFIO files stand for the functions of the plan. While an unbind waits, sysfs shows its function without a driver.
[[nodiscard]] Wanted wanted_by(const Plan& plan, const std::string& sysfs, bool unbind_waits);

/// `may_write` is the errno of a look whether the attribute may be written, or 0.
[[nodiscard]] Verdict judge(const Plan& plan, Holders holders, const std::vector<Waiter>& waiters, int may_write,
                            bool force);

/// 0, or why this process may not write the file.
[[nodiscard]] int may_write(const std::string& path);

/// "0000:01:00.0 and 0000:01:00.1"
[[nodiscard]] std::string list_of(const std::vector<Address>& addresses);

}  // namespace try_reset

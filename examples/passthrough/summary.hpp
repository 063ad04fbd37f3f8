// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What a life comes to, for the last lines.
#pragma once

#include <string>

#include "board.hpp"

namespace passthrough {

struct Summary {
  std::string closing{};             ///< of another scene than the life: its last line
  Facts facts{};
  int group = -1;                    ///< the IOMMU group
  bool kvm = false;                  ///< the group was attached to a VM
  double unbind_after_close_ms = 0;  ///< how long the unbind went on after the device was closed
  std::string driver;                ///< that the device had, and is given back to; empty for none
  std::string override;              ///< the same of its driver_override
};

}  // namespace passthrough

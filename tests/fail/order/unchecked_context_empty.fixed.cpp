// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A reason.
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;

void on_purpose() {
  const devlock::UncheckedContext<VfioOrder> context("the launcher took the locks before");
  devlock::Guard guard{context, group};
}

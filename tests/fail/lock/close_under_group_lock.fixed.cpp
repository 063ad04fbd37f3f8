// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Closing begins without a wait.
#include <mutex>

#include "devlock/devlock.hpp"
#include "devlock/sync/std.hpp"

using namespace devlock::vfio;

devlock::Rundown<devlock::StdSync, VfioOrder, open_device> handles;
devlock::Ordered<group_lock, std::mutex> group;

void drain() {
  ThreadContext root;
  devlock::Guard outer{root, group};
  handles.begin_close();
}

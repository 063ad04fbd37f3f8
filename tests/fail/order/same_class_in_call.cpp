// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A callback that may wait for group_lock is run with one held.
// EXPECT: same_class_held_already<
// EXPECT: group_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_lock, std::mutex> kvm;

struct Callback {
  virtual ~Callback() = default;
  virtual void run(devlock::vfio::ContextFor<group_lock> context) = 0;
};

void notify(Callback& callback) {
  ThreadContext root;
  devlock::Guard outer{root, group};
  callback.run(outer);
}

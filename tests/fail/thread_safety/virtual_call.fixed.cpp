// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// It is called before the lock is taken.
// ONLY: clang
// FLAGS-clang: -Wthread-safety -Werror
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_lock, std::mutex> kvm;

class Plugin {
 public:
  virtual ~Plugin() = default;
  virtual void unplug(ContextFor<group_lock> context) DEVLOCK_REQUIRES(context) = 0;
};

void reset_all(Plugin& plugin) {
  ThreadContext root;
  plugin.unplug(root);
  devlock::Guard vm{root, kvm};
}

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A virtual function asks for a context as its declaration in the base class does.
// ONLY: clang
// FLAGS-clang: -Wthread-safety -Werror
// EXPECT: calling function 'unplug' requires holding
// EXPECT: 'root.entered'
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
  devlock::Guard vm{root, kvm};
  plugin.unplug(root);
}

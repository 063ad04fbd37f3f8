// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The paths whose instructions are counted: `paths NAME TIMES` runs one so often, `paths` lists them. Each is a function that is not
// inlined, taken and given back with nobody else about.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "devlock/lock/device_lock.hpp"
#include "devlock/lock/hierarchical_try_lock.hpp"
#include "devlock/lock/intention_lock.hpp"
#include "devlock/lock/ordered.hpp"
#include "devlock/lock/rundown.hpp"
#include "devlock/lock/word_mutex.hpp"
#include "devlock/order/guard.hpp"
#include "devlock/order/try_guard.hpp"
#include "devlock/pci/topology.hpp"
#include "devlock/sync/std.hpp"
#include "devlock/vfio/order.hpp"

namespace {

using namespace devlock;

struct Context {
  vfio::ThreadContext root;
};
Context* context;

[[gnu::noinline]] void nothing() {
  asm volatile("" ::: "memory");
}

Ordered<vfio::device_lock, TryWord<StdSync>> try_word;
[[gnu::noinline]] void try_word_pair() {
  context->root.assume();
  TryGuard guard{context->root, try_word};
  asm volatile("" : : "r"(guard.owns_lock()) : "memory");
}
Ordered<vfio::device_lock, WordMutex<StdSync>> word;
[[gnu::noinline]] void word_guard() {
  context->root.assume();
  Guard guard{context->root, word};
  asm volatile("" ::: "memory");
}
DeviceLock<StdSync> device;
[[gnu::noinline]] void device_try() {
  context->root.assume();
  TryGuard guard{context->root, device};
  asm volatile("" : : "r"(guard.owns_lock()) : "memory");
}

[[gnu::noinline]] void device_part_try() {
  context->root.assume();
  TryGuard guard{context->root, device.device()};
  asm volatile("" : : "r"(guard.owns_lock()) : "memory");
}
[[gnu::noinline]] void device_guard() {
  context->root.assume();
  Guard guard{context->root, device};
  asm volatile("" ::: "memory");
}
// Three guards, each under the one before.
Ordered<vfio::group_lock, WordMutex<StdSync>> group;
Ordered<vfio::dev_set_lock, WordMutex<StdSync>> dev_set;
Ordered<vfio::kvm_lock, WordMutex<StdSync>> vm;
[[gnu::noinline]] void three_guards() {
  context->root.assume();
  Guard first{context->root, group};
  Guard second{first, dev_set};
  Guard third{second, vm};
  asm volatile("" ::: "memory");
}

// Two of different types in turn, under a third.
[[gnu::noinline]] void two_in_turn() {
  context->root.assume();
  Guard first{context->root, group};
  {
    Guard second{first, dev_set};
    asm volatile("" ::: "memory");
  }
  Guard third{first, vm};
  asm volatile("" ::: "memory");
}

struct Walk {
  using lock_type = Ordered<vfio::device_lock, TryWord<StdSync>>;
  Walk() {
    for (int i = 0; i != 256; ++i) {
      store.push_back(std::make_unique<lock_type>());
      pointers.push_back(store.back().get());
    }
  }
  [[nodiscard]] std::span<lock_type* const> locks() const { return pointers; }
  std::vector<std::unique_ptr<lock_type>> store;
  std::vector<lock_type*> pointers;
};
Walk* scope;
[[gnu::noinline]] void walk_256() {
  context->root.assume();
  HierarchicalTryLock locked{context->root, *scope};
  asm volatile("" : : "r"(locked.owns_lock()) : "memory");
}
[[gnu::noinline]] void walk_256_refused_at_first() {
  context->root.assume();
  HierarchicalTryLock locked{context->root, *scope};
  asm volatile("" : : "r"(locked.contended_at()) : "memory");
}

// Root, bridge, device.
IntentionLock<StdSync> tree[3];
[[gnu::noinline]] void intention_device() {
  context->root.assume();
  TryGuard guard{context->root, tree[2].alone()};
  asm volatile("" : : "r"(guard.owns_lock()) : "memory");
}
[[gnu::noinline]] void intention_subtree() {
  context->root.assume();
  TryGuard guard{context->root, tree[1].subtree()};
  asm volatile("" : : "r"(guard.owns_lock()) : "memory");
}
Rundown<StdSync, vfio::VfioOrder, vfio::open_device> rundown;
[[gnu::noinline]] void rundown_user() {
  auto user = rundown.enter();
  asm volatile("" : : "r"(static_cast<bool>(user)) : "memory");
}

struct Path {
  const char* name;
  void (*run)();
};
constexpr Path paths[] = {
    {"nothing", nothing},
    {"try_word", try_word_pair},
    {"word", word_guard},
    {"device", device_try},
    {"device_part", device_part_try},
    {"device_guard", device_guard},
    {"three_guards", three_guards},
    {"two_in_turn", two_in_turn},
    {"walk_256", walk_256},
    {"walk_256_refused", walk_256_refused_at_first},
    {"intention_device", intention_device},
    {"intention_subtree", intention_subtree},
    {"rundown_user", rundown_user},
};

}  // namespace

int main(int argc, char** argv) {
  Context own;
  context = &own;
  Walk own_scope;
  scope = &own_scope;
  tree[1].set_parent(&tree[0]);
  tree[2].set_parent(&tree[1]);
  for (const Path& path : paths) {
    if (argc == 1) {
      std::puts(path.name);
    } else if (argc == 3 && std::strcmp(path.name, argv[1]) == 0) {
      const bool refused = path.run == walk_256_refused_at_first;
      Ordered<vfio::device_lock, TryWord<StdSync>>& first = *scope->pointers[0];
      if (refused && !first.native().try_lock()) {
        return 1;
      }
      for (long times = std::strtol(argv[2], nullptr, 10); times > 0; --times) {
        path.run();
      }
      if (refused) {
        first.native().unlock();
      }
      return 0;
    }
  }
  return argc == 1 ? 0 : 2;
}

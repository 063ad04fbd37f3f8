// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The hierarchy has an edge with the class.
#include <mutex>

#include "devlock/devlock.hpp"

struct big_lock {
  static constexpr char name[] = "big_lock";
};

struct MyOrder : devlock::Hierarchy<devlock::Before<big_lock, devlock::vfio::kvm_lock>> {};

devlock::Ordered<big_lock, std::mutex> big;

void take() {
  devlock::ThreadContext<MyOrder> root;
  devlock::TryGuard guard{root, big};
}

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Instances that the driver of a parent counts by itself, in its probe; types share them. mtty: 24 ports, of which a device of type mtty-1
// uses one and one of mtty-2 two.
// Not checked: that what is given back was taken.
// Source: mtty_init_dev, mtty_get_available in samples/vfio-mdev/mtty.c.
#pragma once

#include <memory>
#include <string>

#include "devlock/backend/sim/leaf.hpp"

namespace devlock::sim {

/// A kind of device that a parent offers, and how many of the parent's instances one of them uses.
struct MdevTypeSpec {
  std::string id;
  unsigned uses = 1;
};

template <Sync S>
class MdevInstances {
 public:
  explicit MdevInstances(unsigned count) : left_(count) {}

  [[nodiscard]] bool take(unsigned count) {
    return leaf_.with([&] {
      const bool enough = left_ >= count;
      left_ -= enough ? count : 0U;
      return enough;
    });
  }
  void give_back(unsigned count) {
    leaf_.with([&] { left_ += count; });
  }
  [[nodiscard]] unsigned left() const {
    return leaf_.with([&] { return left_; });
  }

 private:
  Leaf<S> leaf_;
  unsigned left_;  // guarded by leaf_
};

/// What a device uses of them.
template <Sync S>
struct MdevUse {
  std::shared_ptr<MdevInstances<S>> instances;
  unsigned count = 0;
};

}  // namespace devlock::sim

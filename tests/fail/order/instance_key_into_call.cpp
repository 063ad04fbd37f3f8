// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A device is held; the permission to take another one by its key does not pass through a call.
// EXPECT: same_class_held_already<
// EXPECT: device
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <cstdint>
#include <mutex>

#include "devlock/devlock.hpp"

struct bus {
  static constexpr char name[] = "bus";
};
struct device {
  static constexpr char name[] = "device";
  using instance_key = std::uint32_t;
};
struct Order : devlock::Hierarchy<devlock::Before<bus, device>> {};

class Device : public devlock::Ordered<device, std::mutex> {
 public:
  explicit Device(std::uint32_t key) : key_(key) {}
  std::uint32_t instance_key() const { return key_; }

 private:
  std::uint32_t key_;
};
Device one(1);
Device two(2);

void take(devlock::ContextFor<Order, device> context) { devlock::Guard guard{context, two}; }

void both() {
  devlock::ThreadContext<Order> root;
  devlock::Guard first{root, one};
  take(first);
}

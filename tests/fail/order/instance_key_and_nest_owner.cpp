// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A thread that follows the keys and one that owns the nest would take the two in opposite order.
// EXPECT: instance_key_and_nest_owner<device>
// EXPECT: instance_key or nest_owner, not both
// MAX-LINES: 10
// EXPECT-NOT: Hierarchy<devlock
// EXPECT-NOT: Before<bus
#include <cstdint>
#include <mutex>

#include "devlock/devlock.hpp"

struct bus {
  static constexpr char name[] = "bus";
};
struct device {
  static constexpr char name[] = "device";
  using instance_key = std::uint32_t;
  using nest_owner = bus;
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

void take() {
  devlock::ThreadContext<Order> root;
  devlock::Guard guard{root, one};
}

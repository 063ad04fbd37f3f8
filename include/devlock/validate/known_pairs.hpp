// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What a thread has had ruled before: a lock of this type and order may be waited for while one of that type is held. A ruling that hangs
// on types alone is always the same, so the hierarchies are asked once and not at every guard. Forgets what was there before in
// the same place; then they are asked again.
// Not for locks with a class in common: there the instances and the nest locks matter.
#pragma once

#include <cstddef>
#include <cstdint>

#include "devlock/validate/asked_facts.hpp"

namespace devlock::validate {

class KnownPairs {
 public:
  struct Pair {
    const AskedFacts* held = nullptr;
    const AskedFacts* asked = nullptr;
    const OrderFacts* program = nullptr;  ///< the program's order at the time
    bool operator==(const Pair&) const = default;
  };

  [[nodiscard]] bool has(const Pair& pair) const { return pairs_[place_of(pair)] == pair; }
  void add(const Pair& pair) { pairs_[place_of(pair)] = pair; }

 private:
  static constexpr std::size_t places = 64;
  // Facts lie next to each other, four words apart.
  static std::size_t place_of(const Pair& pair) {
    const auto held = reinterpret_cast<std::uintptr_t>(pair.held) >> 5U;
    const auto asked = reinterpret_cast<std::uintptr_t>(pair.asked) >> 5U;
    return (held + asked * 5U) % places;
  }

  Pair pairs_[places];
};

}  // namespace devlock::validate

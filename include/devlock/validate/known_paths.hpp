// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Which types may be asked for over what is held, as numbers: the number of what is held, and an acquisition that was permitted by types
// alone over that, have a number together. So a thread that takes locks in turn is not asked about them again. Forgets what was
// there before in the same place; then they are asked again, and get a new number.
#pragma once

#include <cstddef>
#include <cstdint>

#include "devlock/validate/asked_facts.hpp"

namespace devlock::validate {

class KnownPaths {
 public:
  /// The number of both, or 0.
  [[nodiscard]] std::uint64_t find(std::uint64_t below, const AskedFacts& asked) const {
    const Entry& entry = entries_[place_of(below, asked)];
    return entry.below == below && entry.asked == &asked ? entry.path : 0;
  }
  void add(std::uint64_t below, const AskedFacts& asked, std::uint64_t path) {
    entries_[place_of(below, asked)] = {below, &asked, path};
  }
  void forget_all() {
    for (Entry& entry : entries_) {
      entry = {};
    }
  }

 private:
  struct Entry {
    std::uint64_t below = 0;
    const AskedFacts* asked = nullptr;
    std::uint64_t path = 0;
  };

  static constexpr std::size_t places = 64;
  // Facts lie next to each other, four words apart; a number is a count of twos, or the address of facts.
  static std::size_t place_of(std::uint64_t below, const AskedFacts& asked) {
    return static_cast<std::size_t>(
        ((below >> 1U) + (below >> 5U) * 3U + (reinterpret_cast<std::uintptr_t>(&asked) >> 5U) * 5U) % places);
  }

  Entry entries_[places];
};

}  // namespace devlock::validate

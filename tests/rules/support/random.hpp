// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A random source that draws the same numbers on every machine: SplitMix64. The standard's distributions do not promise that.
#pragma once

#include <cstddef>
#include <cstdint>

namespace rules {

class Random {
 public:
  /// Draws for program `number` of the campaign `seed`: a program does not depend on the ones before it.
  Random(std::uint64_t seed, std::uint64_t number) : state_(seed * 0x9e3779b97f4a7c15ULL + number) { state_ = next(); }
  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ULL;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebULL;
    return mixed ^ (mixed >> 31);
  }
  /// 0 ... limit - 1.
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>((next() >> 32) % limit); }
  bool percent(unsigned chance) { return below(100) < chance; }

 private:
  std::uint64_t state_;
};

}  // namespace rules

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Known bad: a mask whose ranges are not compared with its size.
#include <bitset>
#include <stdexcept>

#include "devlock/vfio/ap/mask.hpp"
#include "fuzz/support/feed.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  unsigned first = 0;
  unsigned last = 0;
  if (std::sscanf(text.c_str(), "+%3u-%3u", &first, &last) == 2) {
    std::bitset<devlock::vfio::ap::Mask::size> mask;
    try {
      for (unsigned number = first; number <= last; ++number) {
        mask.set(number);
      }
    } catch (const std::out_of_range&) {
      fuzz::fail("a number that is not in it");
    }
  }
  return 0;
}

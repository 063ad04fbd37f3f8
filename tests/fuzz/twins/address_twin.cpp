// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Known bad: an address read by sscanf, which takes numbers out of range and whatever follows.
#include "devlock/backend/linux/text.hpp"
#include "fuzz/support/feed.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  unsigned domain = 0;
  unsigned bus = 0;
  unsigned device = 0;
  unsigned function = 0;
  if (std::sscanf(text.c_str(), "%x:%x:%x.%x", &domain, &bus, &device, &function) == 4) {
    fuzz::require(device < 32 && function < 8, "an address out of range");
  }
  return 0;
}

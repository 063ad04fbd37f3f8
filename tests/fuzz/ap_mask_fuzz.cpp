// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// AP masks from text: what is taken prints and reads the same, and a change changes no more than it names.
#include "devlock/vfio/ap/mask.hpp"
#include "fuzz/support/feed.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using devlock::vfio::ap::Mask;
  fuzz::Feed feed(data, size);
  Mask before;
  for (unsigned left = feed.byte() % 8U; left != 0; --left) {
    before.set(feed.byte());
  }
  const std::size_t taken = size < 9 ? size : 9;  // at most what was taken above
  const std::string_view text(reinterpret_cast<const char*>(data) + taken, size - taken);
  const auto after = Mask::parse(text, before);
  if (!after) {
    return 0;
  }
  fuzz::require(after->count() <= Mask::size, "more bits than there are");
  fuzz::require(Mask::parse(after->to_string(), before) == after, "a mask that does not read the same");
  unsigned visited = 0;
  after->each([&](unsigned number) {
    fuzz::require(number < Mask::size && after->test(number), "a number that is not in it");
    ++visited;
    return true;
  });
  fuzz::require(visited == after->count(), "not every number is visited");
  const bool relative = !text.empty() && (text.front() == '+' || text.front() == '-');
  if (!relative) {
    fuzz::require(Mask::parse(text, Mask::all()) == after, "an absolute mask that depends on what was there");
  } else {
    // Twice the same change is the same as once.
    fuzz::require(Mask::parse(text, *after) == after, "a change that changes again");
  }
  return 0;
}

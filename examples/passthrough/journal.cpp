// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The journal.
#include "journal.hpp"

#include <algorithm>

namespace passthrough {

bool Step::same_as(const Step& other) const {
  const auto said = [](const Step& step) {
    return step.error ? std::pair(step.error->error_number, std::string_view(step.error->reason))
                      : std::pair(0, std::string_view());
  };
  return thread == other.thread && operation == other.operation && object == other.object && held == other.held &&
         mark == other.mark && said(*this) == said(other);
}

void Journal::add(Step step) {
  const std::lock_guard lock(mutex_);
  const auto same = std::find_if(steps_.rbegin(), steps_.rend(),
                                 [&](const Step& earlier) { return step.repeats && earlier.same_as(step); });
  if (same == steps_.rend()) {
    const auto after = std::upper_bound(steps_.begin(), steps_.end(), step,
                                        [](const Step& a, const Step& b) { return a.first < b.first; });
    steps_.insert(after, std::move(step));
  } else {
    same->last = step.last;
    same->count += step.count;
  }
}

std::vector<Step> Journal::steps() const {
  const std::lock_guard lock(mutex_);
  return steps_;
}

Mark Actor::judge(const About& about, const std::optional<devlock::Error>& error) {
  if (about.expected) {
    return error && error->error_class == *about.expected ? Mark::expected : Mark::failed;
  }
  if (!error) {
    return Mark::ok;
  }
  if (about.expected_too && error->error_class == *about.expected_too) {
    return Mark::expected;
  }
  const auto& skip = about.skippable;
  return std::find(skip.begin(), skip.end(), error->error_class) != skip.end() ? Mark::skipped : Mark::failed;
}

}  // namespace passthrough

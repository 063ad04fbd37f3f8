// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A loop of tries whose policy is finite, as retry_bounded runs it: many failures there are no wait without end.
#pragma once

#include "devlock/validate/finding.hpp"

namespace devlock::validate::detail {

/// Alive during a loop of tries that is known to end.
class LiveBoundedRetry {
 public:
  LiveBoundedRetry() noexcept : thread_(here()) { add(1U); }
  LiveBoundedRetry(const LiveBoundedRetry&) = delete;
  LiveBoundedRetry& operator=(const LiveBoundedRetry&) = delete;
  ~LiveBoundedRetry() { add(~0U); }

 private:
  void add(unsigned difference) {
    if (thread_ != nullptr) {
      thread_->bounded_retries += difference;
    }
  }
  Thread* thread_;
};

}  // namespace devlock::validate::detail

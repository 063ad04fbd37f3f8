// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Plain shared data of any type. A var of a Sync policy holds a scalar; Tracked puts one beside a struct, so that the model checker
// sees the races of the whole. With sync/std it is the struct and one word.
//
//   Tracked<S, Matrix> assigned;                     // guarded by mdevs_lock
//   assigned.write().adapters.set(4);
//
// Not checked: a reference that is kept. Read and write through it at once.
#pragma once

#include <utility>

#include "devlock/sync/concept.hpp"

namespace devlock {

template <Sync S, class T>
class Tracked {
 public:
  Tracked() = default;
  explicit Tracked(T value) : value_(std::move(value)) {}
  Tracked(const Tracked&) = delete;
  Tracked& operator=(const Tracked&) = delete;

  [[nodiscard]] const T& read() const {
    static_cast<void>(seen_.get());
    return value_;
  }
  [[nodiscard]] T& write() {
    seen_.set(seen_.get() + 1U);
    return value_;
  }

 private:
  typename S::template var<unsigned> seen_{0U};  // first: the checker names the whole by its address
  T value_{};
};

}  // namespace devlock

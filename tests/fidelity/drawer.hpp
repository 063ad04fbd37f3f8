// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Draws steps from a seed: what every generator of scripts does. A generator says what is drawn how often, and how a script starts.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <random>
#include <span>

#include "script.hpp"

namespace fidelity {

class Drawer {
 public:
  Drawer(std::uint64_t seed, std::span<const Op> left_out) : random_(seed), left_out_(left_out) {}

 protected:
  struct Weight {
    Op op;
    unsigned weight;
  };
  using Weights = std::array<unsigned, op_count>;

  unsigned below(unsigned count) { return static_cast<unsigned>(random_() % count); }
  /// The weights of these from here on.
  void more(std::initializer_list<Weight> list) {
    for (const Weight& one : list) {
      weights_[static_cast<std::size_t>(one.op)] = one.weight;
    }
  }
  void push(const Step& step) {
    if (std::find(left_out_.begin(), left_out_.end(), step.op) == left_out_.end()) {
      script_.push_back(step);
    }
  }
  /// One of 2 or 3 actors, at the handle and the function of the script.
  void step(Op op, unsigned choice = 0) { push({op, below(actors_), function_, handle_, choice}); }
  /// By weight.
  Op any_op() {
    unsigned all = 0;
    for (const unsigned weight : weights_) {
      all += weight;
    }
    unsigned drawn = below(all);
    std::size_t place = 0;
    while (drawn >= weights_[place]) {
      drawn -= weights_[place++];
    }
    return static_cast<Op>(place);
  }
  /// Each of `steps` in a row up to `last`, left out now and then, with `another()` between.
  template <class Another>
  void in_a_row(std::span<const Op> steps, Op last, const Another& another) {
    for (const Op op : steps) {
      if (below(20) != 0) {
        if (below(12) == 0) {
          push(another());
        }
        step(op);
      }
      if (op == last) {
        return;
      }
    }
  }
  /// Until it has `length` steps. What follows an open device is most telling about that device.
  template <class Another>
  void fill(std::size_t length, const Another& another) {
    while (script_.size() < length) {
      Step drawn = another();
      if (below(3) != 0) {
        drawn.function = function_;
        drawn.handle = handle_;
      }
      push(drawn);
    }
  }

  std::mt19937_64 random_;
  std::span<const Op> left_out_;
  Weights weights_{};
  Script script_;
  unsigned actors_ = 2;
  unsigned function_ = 0;
  unsigned handle_ = 0;
};

}  // namespace fidelity

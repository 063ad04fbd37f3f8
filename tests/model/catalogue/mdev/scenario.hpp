// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Scenarios of a parent and its mdevs: what exists at the beginning, and what each thread does.
//
//   Life<Parent<RundownGate>, 2, 1, Remove<0>, Create<1, 7>, Unregister>   // 2 instances, 1 mdev made, 3 threads
#pragma once

#include "model/catalogue/mdev/life.hpp"

namespace catalogue::mdev {

// What a thread does.
template <unsigned I, int Uuid>
struct Create {};
template <unsigned I>
struct Remove {};
template <unsigned I, int Uuid>
struct CreateWithoutMemory {};
struct Unregister {};

/// `Made` mdevs exist of `Instances`; each thread does one of `Actions`.
template <class P, unsigned Instances, unsigned Made, class... Actions>
struct Life : P {
  static constexpr unsigned threads = sizeof...(Actions);
  Life() : P(Instances) {
    for (unsigned i = 0; i != Made; ++i) {
      this->make(i);
    }
  }
  void thread(unsigned index) {
    unsigned place = 0;
    ((place++ == index ? run(Actions{}) : void()), ...);
  }
  void after() { this->expect_end(); }

 private:
  template <unsigned I, int Uuid>
  void run(Create<I, Uuid>) {
    this->create(I, Uuid);
  }
  template <unsigned I, int Uuid>
  void run(CreateWithoutMemory<I, Uuid>) {
    this->create(I, Uuid, false);
  }
  template <unsigned I>
  void run(Remove<I>) {
    this->remove(I);
  }
  void run(Unregister) { this->unregister(); }
};

}  // namespace catalogue::mdev

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Scenarios of a parent and its mdevs: what exists at the beginning, and what each thread does.
//
//   Life<Parent<RundownGate>, 2, 1, Remove<0>, Create<1, 7>, Unregister>   // 2 instances, 1 mdev made, 3 threads
#pragma once

#include "model/catalogue/mdev/life.hpp"

namespace catalogue::mdev {

// What a thread does. Slot I has uuid I + 1 unless an action names another one.
template <unsigned I, int Uuid = static_cast<int>(I) + 1, Fails Where = Fails::nowhere>
struct Create {};
template <unsigned I>
struct Remove {};
template <unsigned I>
struct RemoveEarly {};
template <unsigned I>
struct Hold {};
struct Unregister {};

/// `Made` mdevs exist of `Instances`; each thread does one of `Actions`.
template <class P, unsigned Instances, unsigned Made, class... Actions>
struct Life : P {
  static constexpr unsigned threads = sizeof...(Actions);
  Life() : P(Instances, uuids.of_slot) {
    for (unsigned i = 0; i != Made; ++i) {
      this->make(i, (writers_of(Actions{}, i) + ...));
    }
  }
  void thread(unsigned index) {
    unsigned place = 0;
    ((place++ == index ? run(Actions{}) : void()), ...);
  }
  void after() { this->expect_end(); }

 private:
  struct Uuids {
    int of_slot[most] = {1, 2, 3};
    template <unsigned I, int Uuid, Fails Where>
    constexpr void note(Create<I, Uuid, Where>) {
      of_slot[I] = Uuid;
    }
    template <class Other>
    constexpr void note(Other) {}
  };
  static constexpr Uuids uuids = [] {
    Uuids all;
    (all.note(Actions{}), ...);
    return all;
  }();
  template <class Action>
  static constexpr unsigned writers_of(Action, unsigned) {
    return 0;
  }
  template <unsigned I>
  static constexpr unsigned writers_of(Remove<I>, unsigned slot) {
    return I == slot ? 1 : 0;
  }

  template <unsigned I, int Uuid, Fails Where>
  void run(Create<I, Uuid, Where>) {
    this->create(I, Where);
  }
  template <unsigned I>
  void run(Remove<I>) {
    this->remove(I);
  }
  template <unsigned I>
  void run(RemoveEarly<I>) {
    this->remove_early(I);
  }
  template <unsigned I>
  void run(Hold<I>) {
    this->hold(I);
  }
  void run(Unregister) { this->unregister(); }
};

}  // namespace catalogue::mdev

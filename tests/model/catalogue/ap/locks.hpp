// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The AP matrix with one queue and two mdevs, and the ways in which assignment, the mask store and the driver core have
// locked it: before the seed, in the seed, and as it landed.
//
//   Locks::assign(matrix, mdev, act)          false if it gave up
//   Locks::in_use(matrix, perms, ask)         of the mask store, under ap_perms
//   Locks::with_queue(matrix, device, act)    of probe and remove, under the queue's device_lock
// Source: drivers/s390/crypto/ap_bus.c, vfio_ap_ops.c.
#pragma once

#include "model/catalogue/order.hpp"

#include "devlock/check/check.hpp"

namespace catalogue::ap {

enum Driver : int { no_driver, vfio_ap_driver, default_driver };
enum class InUse { no, yes, unknown };

struct Matrix {
  Mutex<device_lock> queue;
  Mutex<ap_perms_lock> perms;
  Mutex<guests_lock> guests;
  Mutex<kvm_lock> kvm[2];
  Mutex<mdevs_lock> mdevs;
  Var<bool> default_owns{false};         // the mask, under ap_perms
  Var<Driver> driver{vfio_ap_driver};   // of the queue, under its device_lock
  Var<bool> linked{true};                // vfio_ap knows the queue; this and what follows under the matrix lock
  Var<bool> assigned[2];                 // to an mdev
  Var<bool> shadow[2];                   // of the mdev's guest
  Var<bool> used_by_guest{false};        // since its last reset

  Matrix() {
    devlock::check::name(queue, "device_lock of the queue");
    devlock::check::name(default_owns, "apmask");
    for (unsigned i = 0; i != 2; ++i) {
      devlock::check::name(kvm[i], "kvm->lock", i);
      devlock::check::name(assigned[i], "matrix of mdev", i);
      devlock::check::name(shadow[i], "shadow of mdev", i);
    }
  }
  [[nodiscard]] bool any_assigned() const { return assigned[0].get() || assigned[1].get(); }
};

/// Before the seed: one lock of the matrix, and ap_perms under it.
struct MatrixThenPerms {
  static constexpr bool asks_the_mask = true;
  template <class Act>
  static bool assign(Matrix& m, unsigned, Act act) {
    ThreadContext root;
    devlock::Guard matrix{root, m.mdevs};
    const Unchecked unchecked("ap_perms under the matrix lock, as before the seed");
    devlock::Guard perms{unchecked, m.perms};
    act();
    return true;
  }
  template <class Context, class Ask>
  static InUse in_use(Matrix& m, const Context& perms, Ask ask) DEVLOCK_REQUIRES(perms) {
    devlock::Guard matrix{perms, m.mdevs};
    return ask() ? InUse::yes : InUse::no;
  }
  template <class Context, class Act>
  static void with_queue(Matrix& m, const Context& queue, Act act) DEVLOCK_REQUIRES(queue) {
    devlock::Guard matrix{queue, m.mdevs};
    act();
  }
};
/// The seed: both try the lock of the matrix. Assignment looks whether the queue is bound, not at the mask.
struct TriesTheMatrix : MatrixThenPerms {
  static constexpr bool asks_the_mask = false;
  template <class Act>
  static bool assign(Matrix& m, unsigned, Act act) {
    ThreadContext root;
    devlock::TryGuard matrix{root, m.mdevs};
    if (matrix) {
      act();
    }
    return matrix.owns_lock();
  }
  template <class Context, class Ask>
  static InUse in_use(Matrix& m, const Context& perms, Ask ask) DEVLOCK_REQUIRES(perms) {
    devlock::TryGuard matrix{perms, m.mdevs};
    return !matrix ? InUse::unknown : ask() ? InUse::yes : InUse::no;
  }
};
/// As it landed.
struct PermsFirst {
  static constexpr bool asks_the_mask = true;
  template <class Context, class Act>
  static void update(Matrix& m, const Context& context, unsigned mdev, Act act) DEVLOCK_REQUIRES(context) {
    devlock::Guard guest{context, m.guests};
    devlock::Guard vm{guest, m.kvm[mdev]};
    devlock::Guard data{vm, m.mdevs};
    act();
  }
  template <class Act>
  static bool assign(Matrix& m, unsigned mdev, Act act) {
    ThreadContext root;
    devlock::Guard perms{root, m.perms};
    update(m, perms, mdev, act);
    return true;
  }
  template <class Context, class Ask>
  static InUse in_use(Matrix& m, const Context& perms, Ask ask) DEVLOCK_REQUIRES(perms) {
    devlock::Guard guest{perms, m.guests};
    devlock::Guard data{guest, m.mdevs};
    return ask() ? InUse::yes : InUse::no;
  }
  template <class Context, class Act>
  static void with_queue(Matrix& m, const Context& queue, Act act) DEVLOCK_REQUIRES(queue) {
    devlock::Guard guest{queue, m.guests};
    const unsigned mdev = m.assigned[1].get() ? 1 : 0;  // changes only under guests_lock
    devlock::Guard vm{guest, m.kvm[mdev]};
    devlock::Guard data{vm, m.mdevs};
    act();
  }
};

}  // namespace catalogue::ap

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The driver of the mdev scenarios, and what watches over them: what the driver core knows of each device, whether the parent is
// there, and what must always hold where the library asks the driver to do something.
// Always: nobody is in create or remove after unregister; files are added to a device that is there; a device is attached, detached
// and released once, in this order; a uuid is its device's own until the release.
#pragma once

#include "model/catalogue/order.hpp"

#include "devlock/check/check.hpp"
#include "devlock/vfio/mdev_parent.hpp"

namespace catalogue::mdev {

using devlock::check::mark;
using devlock::check::require;

/// What a scenario looks for: a wrong variant for its own symptom, the right ones for all.
enum class Symptom { all, orphan, dying_device, freed_parent, stale_file, second_release };

/// Where a creation finds no memory.
enum class Fails { nowhere, allocate, name, attach, files };

/// A var whose accesses are seen in the order that the schedule makes: for variants whose symptom comes after a race.
template <class T>
class Seen {
 public:
  explicit Seen(T value) : value_(static_cast<int>(value)) {}
  [[nodiscard]] T get() const { return static_cast<T>(value_.load(std::memory_order_acquire)); }  // pairs with set()
  void set(T value) { value_.store(static_cast<int>(value), std::memory_order_release); }         // pairs with get()

 private:
  Sync::atomic<int> value_;
};

inline constexpr unsigned most = 3;
inline const devlock::vfio::Uuid& uuid_of(int number) {
  static constexpr devlock::vfio::Uuid all[] = {{{0}}, {{1}}, {{2}}, {{3}}, {{4}}, {{5}}, {{6}}, {{7}}, {{8}}};
  return all[number];
}

template <Symptom Looks>
class Driver {
 public:
  template <class T>
  using Watched = std::conditional_t<Looks == Symptom::all, Var<T>, Seen<T>>;
  enum Known : int { unknown, attached, detached };

  struct Device : devlock::vfio::Mdev<Sync, KernelOrder> {
    explicit Device(int number) : devlock::vfio::Mdev<Sync, KernelOrder>(uuid_of(number)) {}
    Watched<Known> known{unknown};  // to the driver core
    Var<bool> exists{false};        // from allocation to release
    Watched<bool> file_taken{false};
    unsigned times_released = 0;
    bool made = false;  // under mdev_list_lock
  };
  static constexpr bool looks_for(Symptom symptom) { return Looks == Symptom::all || Looks == symptom; }

  // The slot of the scenario that this thread creates in.
  void use(Device* slot, Fails fails) {
    Making& mine = making();
    mine.slot = slot;
    mine.fails = fails;
  }
  Device* allocate(const devlock::vfio::Uuid&) {
    expect_parent();
    if (fails(Fails::allocate)) {
      return nullptr;
    }
    Device* slot = making().slot;
    for (Device* other : slots) {
      if (Looks == Symptom::all && other->uuid == slot->uuid && other->made) {
        require(other->references.users() == 0U, "a uuid is its device's own until the release");
      }
    }
    slot->made = true;
    slot->exists.set(true);
    mark("reserved");
    return slot;
  }
  int name(Device&) {
    expect_parent();
    return fails(Fails::name) ? ENOMEM : 0;
  }
  int attach(ContextFor<device_lock>, Device& device) {
    expect_parent();
    if (fails(Fails::attach)) {
      return ENOMEM;
    }
    if (Looks == Symptom::all) {
      require(device.known.get() == unknown, "a device is attached once");
    }
    device.known.set(attached);
    return 0;
  }
  int add_files(Device& device) {
    expect_parent();
    if (looks_for(Symptom::dying_device)) {
      require(device.known.get() == attached, "files are added to a device that is there");
    }
    return fails(Fails::files) ? ENOMEM : 0;
  }
  void detach(ContextFor<device_lock>, Device& device) {
    expect_parent();
    if (looks_for(Symptom::second_release)) {
      require(device.known.get() == attached, "a device is detached once, after it was attached");
    }
    device.known.set(detached);
  }
  void release(Device& device) {
    if (looks_for(Symptom::second_release)) {
      require(device.known.get() != attached, "a device is released after its removal");
      require(++device.times_released == 1U, "a device is released once");
    }
    device.exists.set(false);
  }
  void expect_parent() const {
    if (looks_for(Symptom::freed_parent)) {
      require(parent_is_there.get(), "the parent is there");
    }
  }

  [[nodiscard]] bool fails(Fails where) { return making().fails == where; }

  Device* slots[most] = {};
  Watched<bool> parent_is_there{true};

 private:
  struct Making {
    Device* slot = nullptr;
    Fails fails = Fails::nowhere;
  };
  // Constructor and after() run on a thread of their own, whose number follows the others.
  Making& making() { return making_[rl::ctx().current_thread()]; }

  Making making_[devlock::relacy::max_threads + 1];
};

}  // namespace catalogue::mdev

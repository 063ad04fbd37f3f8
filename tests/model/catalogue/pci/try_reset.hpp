// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Resets of overlapping scopes of one switch, from two threads: the library's pci::try_reset. Its wrong variants are in reset_faults.hpp.
// Always: only locked devices are touched, a reset goes through a locked bridge, whatever it really hits is locked, restore if and
// only if save, a try never waits, a failure leaves device state and locks as they were, what is given back was taken.
// Source: pci_try_reset_function, pci_slot_trylock, pci_bus_trylock in drivers/pci/pci.c.
#pragma once

#include "model/catalogue/order.hpp"

#include "devlock/pci/reset.hpp"
#include "model/support/switch.hpp"

namespace catalogue::pci {

using devlock::ErrorClass;
using devlock::Result;
using devlock::check::mark;
using model::Address;
using model::mutex_of;
using model::Request;
using model::require;
using model::ResetScope;
using model::ScopeKind;
using Lock = devlock::DeviceLock<model::WatchedSync>;

constexpr int running = 0;
constexpr int quiet = 1;
constexpr int erased = 2;

/// What is reset. The state of a function is the data of its lock's mutex, so that touching it without the lock is a race;
/// and the host looks itself whether the toucher holds the lock.
class Host {
 public:
  explicit Host(model::Switch<Lock>& host) : Host(host.tree) {}
  explicit Host(const devlock::pci::Topology<Lock>& tree) : tree_(&tree) {}

  Result<void> check(const ResetScope<Lock>&) { return {}; }
  Result<void> save(Address address) {
    change(address, running, quiet);
    return {};
  }
  /// Hits what is there below the bridge or in the slot, as hardware does, whatever the scope lists.
  Result<void> reset(const ResetScope<Lock>& scope) {
    strike(*tree_->scope(scope.kind(), scope.target()));
    return {};
  }
  Result<void> restore(Address address) {
    auto& state = locked(address).data();
    require(state.get() != running, "restore only after save");
    state.set(running);
    return {};
  }

 protected:
  [[nodiscard]] bool holds(Address address) const { return mutex_of(lock_of(address)).holder() == model::self(); }
  [[nodiscard]] Lock& lock_of(Address address) const {
    auto* const node = tree_->find(address);
    require(node != nullptr, "a device that left is not touched");
    return node->lock;
  }
  /// The reset itself, of all that is really there.
  void strike(const ResetScope<Lock>& really) {
    if (const auto* bridge = tree_->find(really.affected().front())->bridge; bridge != nullptr) {
      require(holds(bridge->address), "a reset goes through a locked bridge");
    }
    for (const Address address : really.affected()) {
      require(holds(address), "every function that a reset hits is locked");
      change(address, quiet, erased);
    }
  }

 private:
  model::WatchedSync::mutex& locked(Address address) {
    Lock& lock = lock_of(address);
    require(holds(address), "only locked devices are touched");
    require(lock.life() != devlock::DeviceLife::gone, "a device that left is not touched");
    return mutex_of(lock);
  }
  void change(Address address, int from, int to) {
    auto& state = locked(address).data();
    require(state.get() == from, "each step follows the one before");
    state.set(to);
  }
  const devlock::pci::Topology<Lock>* tree_;
};

inline Result<void> contended() {
  return devlock::failure(devlock::make_error(devlock::Operation::reset_function, "", EAGAIN, ""));
}

/// As shipped by the library.
struct TryReset {
  template <class Context>
  static Result<void> run(const Context& context, Host& host, const ResetScope<Lock>& scope) DEVLOCK_REQUIRES(context) {
    return devlock::pci::try_reset(context, host, scope);
  }
};

struct ParentAndChild {
  static constexpr Request of_threads[] = {{ScopeKind::function, model::down0}, {ScopeKind::function, model::end0}};
};
struct BusAndEnd {
  static constexpr Request of_threads[] = {{ScopeKind::bus, model::down0}, {ScopeKind::function, model::end0}};
};
struct SlotAndEnd {
  static constexpr Request of_threads[] = {{ScopeKind::slot, model::down0}, {ScopeKind::function, model::end0}};
};
struct BusSlotAndEnd {
  static constexpr Request of_threads[] = {
      {ScopeKind::bus, model::down0}, {ScopeKind::slot, model::down0}, {ScopeKind::function, model::end0}};
};
struct FourScopes {
  static constexpr Request of_threads[] = {{ScopeKind::bus, model::down0},
                                           {ScopeKind::slot, model::down0},
                                           {ScopeKind::function, model::end0},
                                           {ScopeKind::function, model::end1}};
};

/// Each thread resets its scope with `How`, so many times.
template <class How, class Requests, unsigned Times = 1>
struct Resets {
  static constexpr unsigned threads = std::size(Requests::of_threads);

  Resets() {
    model::forget_held_locks();
    for (auto* node : switch_->tree.walk()) {
      devlock::check::name(node->lock.device(), to_string(node->address) + " device_lock");
      devlock::check::name(node->lock.config(), to_string(node->address) + " config_access");
    }
  }

  void reset(unsigned index) {
    ThreadContext root;
    Host host(*switch_);
    const Result<void> done = How::run(root, host, switch_->touched[index]);
    require(devlock::check::times_blocked() == 0, "a try never waits");
    require(model::held_locks[index].size == 0, "what was taken is given back");
    if (done) {
      mark("reset");
    } else if (done.error().error_class == ErrorClass::contended) {
      mark("contended, rolled back");
      require(done.error().error_number == EAGAIN, "contended is EAGAIN");
      if (done.error().object != to_string(switch_->touched[index].address_of(0))) {
        mark("contended further down, rolled back");
      }
    } else {
      mark("gone");
      require(done.error().error_class == ErrorClass::gone && done.error().error_number == ENODEV, "gone is ENODEV");
    }
  }
  void thread(unsigned index) {
    for (unsigned time = 0; time != Times; ++time) {
      reset(index);
    }
  }
  void after() {
    for (auto* node : switch_->tree.walk()) {
      require(mutex_of(node->lock).holder() == model::nobody, "every lock is free");
      require(mutex_of(node->lock).data().get() == running, "device state is as it was");
    }
  }

  devlock::check::Untracked<model::SwitchWithScopes<Lock, Requests>> switch_;
};

}  // namespace catalogue::pci

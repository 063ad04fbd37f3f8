// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Resets of overlapping scopes of one switch, from two or three threads: the library's pci::try_reset and pci::reset. Their wrong variants
// are in reset_faults.hpp.
// Always: no deadlock, only locked devices are touched, a reset goes through a locked bridge, whatever it really hits is locked, restore if and
// only if save, a try never waits, a failure leaves device state and locks as they were, what is given back was taken.
// Source: pci_try_reset_function, pci_slot_trylock, pci_bus_trylock in drivers/pci/pci.c.
#pragma once

#include "model/catalogue/order.hpp"

#include "devlock/pci/reset.hpp"
#include "model/catalogue/pci/failure.hpp"
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

inline Result<void> refused(int error_number, std::string object = {}) {
  return devlock::failure(
      devlock::make_error(devlock::Operation::reset_function, std::move(object), error_number, "as the scenario says"));
}
inline Result<void> contended() {
  return refused(EAGAIN);
}

/// What is reset. The state of a function is the data of its lock's mutex, so that touching it without the lock is a race;
/// and the host looks itself whether the toucher holds the lock.
class Host {
 public:
  explicit Host(model::Switch<Lock>& host, Failure fails = {}) : Host(host.tree, fails) {}
  explicit Host(const devlock::pci::Topology<Lock>& tree, Failure fails = {}) : tree_(&tree), fails_(fails) {}

  Result<void> check(const ResetScope<Lock>&) { return {}; }
  Result<void> save(Address address) {
    if (fails_.step == Step::save && fails_.place == saved_) {
      return refused(EIO, to_string(address));
    }
    change(address, running, quiet);
    ++saved_;
    return {};
  }
  /// Hits what is there below the bridge or in the slot, as hardware does, whatever the scope lists.
  Result<void> reset(const ResetScope<Lock>& scope) {
    const auto really = *tree_->scope(scope.kind(), scope.target());
    if (fails_.step == Step::reset) {
      strike(really, fails_.place);
      return refused(EIO, to_string(really.affected()[fails_.place]));
    }
    strike(really);
    return {};
  }
  Result<void> restore(Address address) {
    auto& state = locked(address).data();
    require(state.get() != running, "restore only after save");
    state.set(running);
    --saved_;
    return {};
  }
  [[nodiscard]] std::size_t saved() const { return saved_; }

 protected:
  [[nodiscard]] bool holds(Address address) const { return mutex_of(lock_of(address)).holder() == model::self(); }
  [[nodiscard]] Lock& lock_of(Address address) const {
    auto* const node = tree_->find(address);
    require(node != nullptr, "a device that left is not touched");
    return node->lock;
  }
  /// The reset itself, of all that is really there, or of the first `count`.
  void strike(const ResetScope<Lock>& really, std::size_t count = std::dynamic_extent) {
    if (const auto* bridge = tree_->find(really.affected().front())->bridge; bridge != nullptr) {
      require(holds(bridge->address), "a reset goes through a locked bridge");
    }
    for (const Address address : really.affected().first(std::min(count, really.affected().size()))) {
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
  Failure fails_;
  std::size_t saved_ = 0;  // functions that were saved and not restored since
};

/// As shipped by the library.
struct TryReset {
  template <class Context>
  static Result<void> run(const Context& context, Host& host, const ResetScope<Lock>& scope) DEVLOCK_REQUIRES(context) {
    return devlock::pci::try_reset(context, host, scope);
  }
};

/// The same; `waits`: for a lock of the scope.
struct WaitingReset {
  static constexpr bool waits = true;
  template <class Context>
  static Result<void> run(const Context& context, Host& host, const ResetScope<Lock>& scope) DEVLOCK_REQUIRES(context) {
    return devlock::pci::reset(context, host, scope);
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

  void reset(unsigned index, Failure fails = {}) {
    ThreadContext root;
    Host host(*switch_, fails);
    const Result<void> done = How::run(root, host, switch_->touched[index]);
    if constexpr (requires { requires How::waits; }) {
      mark(devlock::check::times_blocked() == 0 ? "found all free" : "waited");
    } else {
      require(devlock::check::times_blocked() == 0, "a try never waits");
    }
    require(model::held_locks[index].size == 0, "what was taken is given back");
    if (done) {
      mark("reset");
      require(fails.step == Step::none, "a step that fails is reported");
    } else if (done.error().error_number == EIO) {
      expect_failed(fails, host, done.error(), switch_->touched[index].affected()[fails.place]);
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
  static void expect_failed(Failure fails, const Host& host, const devlock::Error& error, Address where) {
    mark(mark_of(fails));
    require(fails.step != Step::none && error.object == to_string(where), "the step that failed is what is reported");
    require(host.saved() == 0, "what was saved is restored");
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

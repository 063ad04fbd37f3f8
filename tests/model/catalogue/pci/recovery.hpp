// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The library's error recovery of what is below a bridge, while one of the functions is reset, unbound or removed, or one is added.
// Two drivers: the first can go on after the error, the second needs a reset.
// Always: no deadlock; a driver is asked under its device_lock; what left is not asked and keeps nobody from recovering; what the
// reset hits is locked, and its driver was told before; a driver is resumed only once all have recovered, and then every one is.
// Source: pcie_do_recovery in drivers/pci/pcie/err.c; pci_walk_bus in drivers/pci/bus.c.
#pragma once

#include "model/catalogue/pci/bus_hotplug.hpp"

#include <map>
#include <set>

#include "devlock/order/lifetime.hpp"

namespace catalogue::pci {

using devlock::pci::Channel;
using devlock::pci::RecoveryVote;

/// What a driver is asked on one way through a recovery, and whether it had to be.
class RecoveryHost : public BusHost {
 public:
  using BusHost::BusHost;

  RecoveryVote error_detected(Address address, Channel) {
    return ask(address, address == plugged ? RecoveryVote::need_reset : RecoveryVote::can_recover,
               RecoveryVote::no_driver);
  }
  RecoveryVote mmio_enabled(Address address) { return ask(address, RecoveryVote::recovered, RecoveryVote::none); }
  RecoveryVote slot_reset(Address address) { return ask(address, RecoveryVote::recovered, RecoveryVote::none); }
  void resume(Address address) {
    (void)ask(address, votes_.at(address), RecoveryVote::none);
    for (const auto& [one, vote] : votes_) {
      require(vote == RecoveryVote::recovered || vote == RecoveryVote::none || left(one),
              "a driver is resumed only once all have recovered");
    }
    resumed_.insert(address);
  }
  Result<void> reset(const ResetScope<Lock>& scope) {
    for (const Address address : scope.affected()) {
      require(votes_.contains(address), "a driver is told before its function is reset");
    }
    return BusHost::reset(scope);
  }
  /// What left the bus before it left the list does not count.
  Result<void> unchanged(const ResetScope<Lock>& scope) {
    if (devlock::pci::detail::still_there(listed()).lists_the_same(scope)) {
      return {};
    }
    mark("the list had changed");
    return contended();
  }
  /// What the answer must come to.
  void expect(RecoveryVote outcome) const {
    if (outcome == RecoveryVote::no_driver) {
      require(unbound_ && resumed_.empty(), "only an unbound driver stands in the way, and then nobody is resumed");
      return;
    }
    require(outcome == RecoveryVote::recovered, "every driver can recover");
    for (const auto& [one, vote] : votes_) {
      require(resumed_.contains(one) || left(one), "every driver is resumed in the end");
    }
  }

 private:
  [[nodiscard]] bool left(Address address) const {
    const auto* node = bus().tree().find(address);
    return node == nullptr || node->lock.life() == devlock::DeviceLife::gone;
  }
  RecoveryVote ask(Address address, RecoveryVote vote, RecoveryVote without_driver) {
    require(!left(address), "what left is not asked");
    require(holds(address), "a driver is asked under its device_lock");
    if (!bus().bound(address).get()) {
      unbound_ = true;
      vote = without_driver;
    }
    votes_.insert_or_assign(address, vote);
    return vote;
  }
  std::map<Address, RecoveryVote> votes_;
  std::set<Address> resumed_;
  bool unbound_ = false;
};

struct Recovers {
  static Result<RecoveryVote> run(RecoveryHost& host, const ResetScope<Lock>& scope) {
    ThreadContext root;
    return devlock::pci::recover(root, host, scope, Channel::frozen);
  }
};

template <class How>
struct Recovery {
  static constexpr const char* name = "recovery";
  static void run(ChangingBus& bus) {
    ThreadContext root;
    for (bool again = false;; again = true) {
      RecoveryHost host(bus);
      const Result<RecoveryVote> done = How::run(host, bus.list(root));
      if (done) {
        host.expect(*done);
        mark(*done == RecoveryVote::no_driver ? "a driver was unbound"
             : again                          ? "recovered what came too"
                                              : "recovered");
        return;
      }
      require(done.error().error_class == ErrorClass::contended, "what left keeps nobody from recovering");
      require(!again, "one function comes once");
    }
  }
};

/// device_driver_detach of the first one, which waits for its open descriptor.
struct Unbind {
  static constexpr const char* name = "unbind";
  static void run(ChangingBus& bus) {
    ThreadContext root;
    const devlock::Guard device{root, bus.lock_of(model::end0).device()};
    bus.descriptors().close(device);
    bus.bound(model::end0).set(false);
    mark("unbound");
  }
};
/// VFIO_DEVICE_RESET of the first one. As V0 it waits, which does not compile through a descriptor.
template <bool Waits>
struct ResetThroughDescriptor {
  static constexpr const char* name = "VFIO_DEVICE_RESET";
  struct Session {
    using lifetime_class = open_device;
  };
  static void run(ChangingBus& bus) {
    ThreadContext root;
    const auto descriptor = bus.descriptors().enter();
    if (!descriptor) {
      mark("opened too late");
      return;
    }
    Session session;
    const devlock::Through through{root, session};
    BusHost host(bus);
    const ResetScope<Lock> scope = *bus.tree().scope(ScopeKind::function, model::end0);
    if constexpr (Waits) {
      const Unchecked unchecked("V0: a reset through a descriptor that waits");
      mark(devlock::pci::reset(unchecked, host, scope) ? "reset" : "refused");
    } else {
      mark(devlock::pci::try_reset(through, host, scope) ? "reset" : "contended, rolled back");
    }
  }
};

template <class How>
using RecoveryAgainstReset = OnTheBus<true, Recovery<How>, BusReset<RecordsWhatItTook>>;
template <class How, bool Waits = false>
using RecoveryAgainstUnbind = OnTheBus<true, Recovery<How>, Unbind, ResetThroughDescriptor<Waits>>;
/// pci_parent_bus_reset of the first one: looks under its device_lock whether it is alone on the bus.
struct LooksAtTheBus {
  static constexpr const char* name = "function reset";
  static void run(ChangingBus& bus) {
    ThreadContext root;
    const devlock::Guard device{root, bus.lock_of(model::end0).device()};
    mark(bus.list(device).affected().size() == 1 ? "alone on the bus" : "not alone on the bus");
  }
};
template <class How>
using RecoveryAgainstLookAndHotAdd = OnTheBus<false, Recovery<How>, LooksAtTheBus, HotAdd<TriesTheBridgeAbove>>;
template <class How>
using RecoveryAgainstHotRemove = OnTheBus<true, Recovery<How>, HotRemove<true>>;
template <class How, class Add = WaitsForTheBridgeAbove>
using RecoveryAgainstHotAdd = OnTheBus<false, Recovery<How>, HotAdd<Add>>;

}  // namespace catalogue::pci

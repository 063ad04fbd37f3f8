// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The hot reset of two functions through their descriptors, while one of them is reset on its own and unbound: dev_set is waited
// for, memory locks are tried first (EBUSY), then the device locks (EAGAIN), and what was taken is given back: the prefix.
// Always: no deadlock; only locked devices are touched; every unlock matches a lock; a failure leaves device state and locks as
// they were; EBUSY and EAGAIN name different locks.
// Source: vfio_pci_dev_set_hot_reset, vfio_pci_ioctl_reset in drivers/vfio/pci/vfio_pci_core.c; vfio_unregister_group_dev.
#pragma once

#include "model/catalogue/pci/changing_bus.hpp"

#include <optional>

#include "devlock/lock/rundown.hpp"
#include "devlock/order/lifetime.hpp"
#include "devlock/vfio/hot_reset.hpp"

namespace catalogue::pci {

/// What a device set is made of: the two functions below down0, both open and both the caller's.
struct SetOfTwo {
  using MemoryLock = devlock::Ordered<memory_lock, model::WatchedSync::mutex>;
  static constexpr Address functions[] = {model::end0, plugged};

  Mutex<dev_set_lock> dev_set;
  MemoryLock memory_of[2];
};
class SetView {
 public:
  using MemoryLock = SetOfTwo::MemoryLock;
  explicit SetView(SetOfTwo& set) : set_(set) {}
  auto& lock() { return set_.dev_set; }
  Result<void> list() { return {}; }
  Result<void> wake(devlock::vfio::ContextFor<memory_lock>) { return {}; }  // both are open
  [[nodiscard]] std::size_t size() const { return 2; }
  [[nodiscard]] Address address(std::size_t place) const { return SetOfTwo::functions[place]; }
  [[nodiscard]] bool owned(std::size_t) const { return true; }
  MemoryLock& memory(std::size_t place) { return set_.memory_of[place]; }

 private:
  SetOfTwo& set_;
};

/// As shipped.
struct HotReset {
  template <class Context>
  static Result<void> run(const Context& context, SetView& set, Host& host, const ResetScope<Lock>& scope)
      DEVLOCK_REQUIRES(context) {
    return devlock::vfio::hot_reset(context, set, host, scope);
  }
};
/// Its text with another way to give the memory locks back, or to take the device locks.
template <class Rollback, class Reset>
struct HotResetWith {
  template <class Context>
  static Result<void> run(const Context& context, SetView& set, Host& host, const ResetScope<Lock>& scope)
      DEVLOCK_REQUIRES(context) {
    devlock::Guard together{context, set.lock()};
    const devlock::vfio::detail::MemoryScope<SetView::MemoryLock> memory(set);
    devlock::HierarchicalTryLock<typename decltype(together)::held, SetView::MemoryLock, Rollback> tried{together,
                                                                                                         memory};
    if (!tried) {
      return devlock::failure(devlock::make_error(devlock::Operation::hot_reset, "", EBUSY, ""));
    }
    return Reset::run(tried, host, scope);
  }
};
struct UnlocksTheWholeSet {
  template <class L>
  static void undo(std::span<L* const> locks, std::size_t) {
    devlock::ReverseRollback::undo(locks, locks.size());
  }
};
struct WaitsForDevices {
  template <class Context>
  static Result<void> run(const Context&, Host& host, const ResetScope<Lock>& scope) {
    const Unchecked waits("device locks waited for under memory_lock and an open descriptor");
    return devlock::pci::reset(waits, host, scope);
  }
};

/// A hot reset through a descriptor, VFIO_DEVICE_RESET of the second function through another one, and its unbind.
template <class How, unsigned Times = 1>
struct HotResetAgainst {
  static constexpr unsigned threads = 3;
  static constexpr const char* thread_names[] = {"hot reset", "VFIO_DEVICE_RESET", "unbind"};
  struct Session {
    using lifetime_class = open_device;
  };

  HotResetAgainst() {
    model::forget_held_locks();
    devlock::check::name(descriptors, "open descriptors");
    devlock::check::name(set.memory_of[0], "memory_lock", 0);
    devlock::check::name(set.memory_of[1], "memory_lock", 1);
  }
  void thread(unsigned index) {
    if (index == 2) {
      unbind();
      return;
    }
    ThreadContext root;
    auto descriptor = descriptors.enter();
    if (!descriptor) {
      mark("opened too late");
      return;
    }
    Session session;
    const devlock::Through through{root, session};
    Host host(*port_);
    for (unsigned time = 0; time != Times; ++time) {
      index == 0 ? hot_reset(through, host) : device_reset(through, host);
      require(model::held_locks[index].size == 0, "what was taken is given back");
    }
  }
  template <class Context>
  void hot_reset(const Context& through, Host& host) DEVLOCK_REQUIRES(through) {
    SetView view(set);
    const Result<void> done = How::run(through, view, host, *port_->with);
    if (done) {
      mark("hot reset");
    } else {
      require(done.error().error_class == ErrorClass::contended, "only contention stands in its way");
      mark(done.error().error_number == EBUSY ? "hot reset: EBUSY, a memory_lock" : "hot reset: EAGAIN, a device_lock");
    }
  }
  template <class Context>
  void device_reset(const Context& through, Host& host) DEVLOCK_REQUIRES(through) {
    devlock::Guard memory{through, set.memory_of[1]};
    mark(devlock::pci::try_reset(memory, host, alone()).has_value() ? "device reset" : "device reset: EAGAIN");
  }
  void unbind() {
    ThreadContext root;
    devlock::Guard lock{root, port_->tree.find(plugged)->lock.device()};
    descriptors.close(lock);
    mark("unbound");
  }
  void after() {
    for (auto* node : port_->tree.walk()) {
      require(mutex_of(node->lock).holder() == model::nobody, "every lock is free");
      require(mutex_of(node->lock).data().get() == running, "device state is as it was");
    }
    require(descriptors.users() == 0, "unbind ends");
  }

 private:
  const ResetScope<Lock>& alone() { return *alone_; }

  struct PortAndFunction : model::Switch<Lock> {
    PortAndFunction() {
      tree.add(plugged, model::down0);
      with.emplace(*tree.scope(ScopeKind::subordinate, model::down0));
      function.emplace(*tree.scope(ScopeKind::function, plugged));
    }
    std::optional<ResetScope<Lock>> with;
    std::optional<ResetScope<Lock>> function;
  };
  devlock::check::Untracked<PortAndFunction> port_;
  const ResetScope<Lock>* alone_ = &*port_->function;
  SetOfTwo set;
  devlock::Rundown<Sync, KernelOrder, open_device> descriptors;
};

}  // namespace catalogue::pci

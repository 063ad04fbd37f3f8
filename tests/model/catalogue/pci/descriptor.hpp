// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// V0, the seed: a reset through an open descriptor against the unbind of its device. Unbind holds device_lock and waits
// for the last descriptor; whoever holds one and waits for device_lock closes the cycle.
// Always: no deadlock; an open descriptor keeps its device bound; unbind ends.
// Source: vfio_pci_ioctl and vfio_pci_release before "pci: Add try reset interfaces"; vfio_unregister_group_dev.
#pragma once

#include "model/catalogue/pci/try_reset.hpp"

#include "devlock/lock/rundown.hpp"
#include "devlock/order/lifetime.hpp"

namespace catalogue::pci {

/// VFIO_DEVICE_RESET, V0: the library's waiting reset. `pci::reset(through, ...)` does not compile.
struct IoctlWaits {
  template <class Context>
  static bool act(const Context&, Host& host, const ResetScope<Lock>& scope) {
    const Unchecked unchecked("V0: what vfio-pci did until it got try-reset");
    return devlock::pci::reset(unchecked, host, scope).has_value();
  }
};
struct IoctlTries {
  template <class Context>
  static bool act(const Context& through, Host& host, const ResetScope<Lock>& scope) DEVLOCK_REQUIRES(through) {
    return devlock::pci::try_reset(through, host, scope).has_value();
  }
};

/// The last close resets too, under dev_set->lock.
template <class How>
struct AtRelease {
  static inline Mutex<dev_set_lock>* dev_set = nullptr;
  template <class Context>
  static bool act(const Context& through, Host& host, const ResetScope<Lock>& scope) DEVLOCK_REQUIRES(through) {
    devlock::Guard closing{through, *dev_set};
    return How::act(closing, host, scope);
  }
};

/// VFIO_DEVICE_SET_IRQS: device_lock around the error trigger, later none.
struct SetIrqsWaits {
  template <class Context>
  static bool act(const Context&, Host&, const ResetScope<Lock>& scope) {
    const Unchecked unchecked("V0: what SET_IRQS did");
    devlock::Guard device{unchecked, scope.locks().back()->device()};
    return true;
  }
};
struct SetIrqsNeedsNoDeviceLock {
  template <class Context>
  static bool act(const Context&, Host&, const ResetScope<Lock>&) {
    devlock::check::step();
    return true;
  }
};

template <class Path>
struct DescriptorAgainstUnbind {
  static constexpr unsigned threads = 2;
  static constexpr const char* thread_names[] = {"user of the descriptor", "unbind"};
  struct Session {
    using lifetime_class = open_device;
  };
  struct End {
    static constexpr Request of_threads[] = {{ScopeKind::function, model::end0}};
  };

  DescriptorAgainstUnbind() {
    model::forget_held_locks();
    devlock::check::name(descriptors, "open descriptors");
    devlock::check::name(device().device(), "device_lock");
    devlock::check::name(device().config(), "config_access");
    if constexpr (requires { Path::dev_set; }) {
      Path::dev_set = &dev_set;
    }
  }
  Lock& device() { return switch_->tree.find(model::end0)->lock; }

  void thread(unsigned index) { index == 0 ? use() : unbind(); }
  void use() {
    ThreadContext root;
    auto descriptor = descriptors.enter();
    if (!descriptor) {
      mark("opened too late");
      return;
    }
    require(bound, "an open descriptor keeps its device bound");
    {
      Session session;
      const devlock::Through through{root, session};
      Host host(*switch_);
      mark(Path::act(through, host, switch_->touched[0]) ? "acted" : "contended, rolled back");
    }
    require(bound, "an open descriptor keeps its device bound");
  }
  void unbind() {
    ThreadContext root;
    devlock::Guard lock{root, device().device()};  // device_driver_detach
    descriptors.close(lock);                       // .remove: vfio_unregister_group_dev
    mark("unbound");
    bound = false;
  }
  void after() { require(!bound && descriptors.users() == 0, "unbind ends"); }

  devlock::Rundown<Sync, KernelOrder, open_device> descriptors;
  Mutex<dev_set_lock> dev_set;
  devlock::check::Untracked<model::SwitchWithScopes<Lock, End>> switch_;
  bool bound = true;
};

}  // namespace catalogue::pci

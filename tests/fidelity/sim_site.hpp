// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The simulator as a place where scripts run. It runs over TurnSync, so a thread that waits is one that cannot go on.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <utility>

#include "answer.hpp"
#include "devlock/backend/sim/hotplug.hpp"
#include "devlock/backend/sim/reset_methods.hpp"
#include "devlock/order/lock_access.hpp"
#include "script.hpp"
#include "turn_threads.hpp"

namespace fidelity {

class SimSite : public TurnThreads {
 public:
  using Host = devlock::sim::BasicHost<TurnSync>;

  /// A lock that somebody who is no part of the script has: taken past the guards, as no operation of the library is.
  class Hold {
   public:
    using Vfio = std::shared_ptr<devlock::sim::VfioDevice<TurnSync>>;
    Hold(char lock, devlock::sim::Machine<TurnSync>& machine, devlock::sim::Function<TurnSync>* function, Vfio vfio)
        : lock_(lock), machine_(machine), function_(function), vfio_(std::move(vfio)) {
      with([](auto& one) { devlock::LockAccess::lock(one); });
    }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
    ~Hold() {
      with([](auto& one) { devlock::LockAccess::unlock(one); });
    }

   private:
    template <class Act>
    void with(const Act& act) {
      switch (lock_) {
        case 'D':
          return act(function_->lock().device());
        case 'C':
          return act(function_->lock().config());
        case 'M':
          return act(vfio_->memory_lock);
        case 'S':
          return act(function_->device_set->lock);
        default:
          return act(machine_.rescan_lock);
      }
    }
    char lock_;
    devlock::sim::Machine<TurnSync>& machine_;
    devlock::sim::Function<TurnSync>* function_;
    Vfio vfio_;
  };

  explicit SimSite(Host& host) : host_(host) {}
  Host& host() { return host_; }

  std::string remove(Context& context, Address address) {
    return text(devlock::sim::Hotplug<TurnSync>(host_).remove(context.assume(), address));
  }
  std::string rescan(Context& context) {
    const auto came = devlock::sim::Hotplug<TurnSync>(host_).rescan(context.assume());
    return came ? "ok" : text(came.error());
  }
  std::string reset_methods(Address address) { return text(devlock::sim::ResetMethods<TurnSync>(host_).read(address)); }
  std::string set_reset_methods(Address address, std::string_view choice,
                                std::span<const devlock::pci::ResetMethod> methods) {
    devlock::sim::ResetMethods<TurnSync> all(host_);
    return text(choice == "default" ? all.write_default(address) : all.write(address, methods));
  }
  int hold(char lock, Address address, std::unique_ptr<Hold>& slot) {
    auto& machine = host_.machine();
    auto* function = lock == 'R' ? nullptr : machine.find(address);
    if (lock != 'R' && function == nullptr) {
      return ENODEV;
    }
    Hold::Vfio vfio;
    if (lock == 'M' || lock == 'S') {  // the module looks at the driver under the device lock
      const Hold look('D', machine, function, nullptr);
      vfio = function->vfio;
      if (vfio == nullptr) {
        return ENXIO;
      }
    }
    slot = std::make_unique<Hold>(lock, machine, function, std::move(vfio));
    return 0;
  }

 private:
  Host& host_;
};

}  // namespace fidelity

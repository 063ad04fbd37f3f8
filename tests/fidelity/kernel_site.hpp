// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The kernel as a place where scripts run: its host, the module that holds locks, and how it is seen that a thread waits: by what the kernel
// says about it, never by the time that passed. A thread that was woken does not count as waiting from that moment on, even if it
// has not run yet, so if two looks find all threads waiting or done and the same ones, nothing is under way.
//
// Not checked: that nobody else uses the functions meanwhile.
#pragma once

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <span>
#include <string_view>

#include "actor.hpp"
#include "answer.hpp"
#include "devlock/backend/linux/host.hpp"
#include "kernel/held.hpp"
#include "script.hpp"

namespace fidelity {

/// The kernel function in which a thread of this process sleeps; "0" if it does not, or was woken. The number of its system call, in
/// the file next to it, would not tell the last.
inline std::string sleeps_in(const std::string& task) {
  std::string word = "0";
  std::ifstream("/proc/" + task + "/wchan") >> word;
  return word;
}

class KernelSite {
 public:
  using Host = devlock::linux_host::Host;

  /// A lock that the module holds until the end of this.
  using Hold = guest::Hold;

  Host& host() { return host_; }
  static bool can_hold() { return ::access("/dev/devlock_hold", W_OK) == 0; }

  std::string remove(Context& context, Address address) { return text(host_.remove(context.assume(), address)); }
  std::string rescan(Context& context) { return text(host_.rescan(context.assume())); }
  std::string reset_methods(Address address) { return text(host_.reset_methods().read(address)); }
  std::string set_reset_methods(Address address, std::string_view choice,
                                std::span<const devlock::pci::ResetMethod> methods) {
    return text(choice == "default" ? host_.reset_methods().write_default(address)
                                    : host_.reset_methods().write(address, methods));
  }
  /// 0, or the errno of the module.
  int hold(char lock, Address address, std::unique_ptr<Hold>& slot) {
    if (lock == 'M') {
      await_sleep(address);
    }
    auto held = std::make_unique<Hold>();
    const int error_number = held->take(static_cast<guest::HeldLock>(lock), address);
    if (error_number == 0) {
      slot = std::move(held);
    }
    return error_number;
  }

  void start(Actor& actor, Actor::Ask ask) {
    actor.start(
        std::move(ask), [] {}, [] {});
  }
  /// Returns once each actor is done or waits, seen twice; between two looks it sleeps, since other lanes have work to do. What is not
  /// known to wait anywhere is told after 30 s: `why`.
  template <class Why>
  void settle(std::span<Actor> actors, const Why& why) const {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    auto pause = std::chrono::microseconds(100);
    for (auto before = look(actors); true;) {
      if (before.find('r') != std::string::npos) {
        std::this_thread::sleep_for(pause);
        pause = std::min(2 * pause, std::chrono::microseconds(1600));
      }
      const auto seen = look(actors);
      if (seen == before && seen.find('r') == std::string::npos) {
        return;
      }
      before = seen;
      if (std::chrono::steady_clock::now() > limit) {
        why();
        for (const Actor& actor : actors) {
          if (actor.busy() && !actor.done()) {
            std::fprintf(stderr, "a thread is neither done nor where an operation is known to wait, but in %s\n",
                         sleeps_in("self/task/" + std::to_string(actor.id())).c_str());
          }
        }
        ::close_range(3, ~0U, 0);  // what an unbind waits for: a process with a thread in one does not end
        std::_Exit(3);
      }
    }
  }

 private:
  [[nodiscard]] static std::string look(std::span<Actor> actors) {
    std::vector<std::string> where;
    for (const Actor& actor : actors) {
      const bool asleep = actor.busy() && !actor.done() && actor.id() != 0;
      where.push_back(asleep ? sleeps_in("self/task/" + std::to_string(actor.id())) : "0");
    }
    // Who finds somebody else waking the device waits for that one.
    const bool waking = std::find(where.begin(), where.end(), "vfio_pci_core_runtime_resume") != where.end();
    std::string all;
    for (std::size_t place = 0; place != where.size(); ++place) {
      all += !actors[place].busy()                                                       ? '-'
             : actors[place].done()                                                      ? 'd'
             : waits(where[place]) || (waking && where[place].starts_with("rpm_resume")) ? 'w'
                                                                                         : 'r';
    }
    return all;
  }
  [[nodiscard]] static bool waits(const std::string& where) {
    // Locks of the function's, of its device set's and of its group's, and the one of the topology, which one lane at a time may have.
    // None of vfio.group_lock, pci_bus_sem and the like: other lanes make a thread wait there for a moment.
    static constexpr std::array<std::string_view, 47> places{
        // Descriptors, or device_lock: drivers/vfio, drivers/base, drivers/pci.
        "vfio_unregister_group_dev", "pci_reset_function", "device_release_driver_internal", "__device_driver_lock",
        "device_driver_attach", "__device_attach", "driver_set_override", "driver_override_show", "pci_dev_lock",
        "pci_slot_lock", "pci_bus_lock", "device_driver_detach", "device_release_driver", "device_del", "reset_store",
        // The config-access block and pci_rescan_remove_lock.
        "pci_cfg_access_lock", "pci_wait_cfg", "pci_lock_rescan_remove", "rescan_store", "remove_store",
        "pci_stop_and_remove_bus_device_locked",
        // memory_lock.
        "vfio_pci_core_disable", "vfio_pci_runtime_pm_exit", "vfio_pci_core_runtime_resume", "vfio_pci_ioctl_reset",
        "vfio_pci_set_power_state", "vfio_lock_and_set_power_state", "vfio_pci_core_enable",
        // dev_set_lock.
        "vfio_pci_core_ioctl", "vfio_pci_dev_set_hot_reset", "vfio_pci_ioctl_pci_hot_reset",
        "vfio_pci_ioctl_get_pci_hot_reset_info", "vfio_pci_ioctl_pci_hot_reset_groups", "vfio_df_open", "vfio_df_close",
        "vfio_device_open", "vfio_device_close", "vfio_device_release", "vfio_device_fops_release",
        "vfio_assign_device_set", "vfio_release_device_set", "vfio_df_group_close", "vfio_df_group_open",
        // group_lock, of whoever waits for one of those.
        "vfio_group_fops_unl_ioctl", "vfio_group_fops_open", "vfio_group_fops_release", "vfio_file_set_kvm"};
    if (where == "hold_write" || where == "start") {
      return holders_wait();
    }
    // A compiler's part of a function has its name and a suffix.
    return std::find(places.begin(), places.end(), std::string_view(where).substr(0, where.find('.'))) != places.end();
  }
  // A VFIO device that nobody has open is put to sleep by a thread of the kernel's, which needs memory_lock for it.
  static void await_sleep(Address address) {
    const std::string power = "/sys/bus/pci/devices/" + to_string(address) + "/power/";
    for (std::string status = "active", usage = "0"; status != "suspended" && usage == "0"; std::this_thread::yield()) {
      status = usage = {};
      std::ifstream(power + "runtime_status") >> status;
      std::ifstream(power + "runtime_usage") >> usage;
    }
  }
  // Whoever asks for a hold waits for a thread of the module's.
  [[nodiscard]] static bool holders_wait() {
    const std::unique_ptr<DIR, int (*)(DIR*)> all(::opendir("/proc"), &::closedir);
    while (const dirent* entry = ::readdir(all.get())) {
      const std::string task = entry->d_name;
      std::string name;
      if (task[0] >= '1' && task[0] <= '9' && std::getline(std::ifstream("/proc/" + task + "/comm"), name) &&
          name.starts_with("devlock_hold") && sleeps_in(task) == "0") {
        return false;
      }
    }
    return true;
  }

  Host host_;
};

}  // namespace fidelity

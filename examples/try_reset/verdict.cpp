// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Permission, then processes, then host drivers.
#include "verdict.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include <fmt/core.h>

namespace try_reset {
namespace {

// A VFIO driver has it, so that a process may.
bool on_vfio(const DeviceInfo& info) {
  return info.driver.find("vfio") != std::string::npos;
}
// A driver whose users would notice.
bool has_users(const DeviceInfo& info) {
  return !info.is_bridge && !info.driver.empty() && info.driver != "pci-stub" && info.driver != "pcieport" &&
         !on_vfio(info);
}

devlock::Error refusal(const Plan& plan, std::string object, int error_number, std::string reason, std::string remedy) {
  return devlock::make_error(operation_of(plan.scope), std::move(object), error_number, std::move(reason),
                             std::move(remedy));
}

devlock::Error no_permission(const Plan& plan, int error_number) {
  if (error_number == EROFS) {
    devlock::Error error = refusal(plan, to_string(plan.written), error_number,
                                   fmt::format("{} is on a read-only file system", plan.attribute),
                                   "run it outside of the container, or mount sysfs writable");
    error.error_class = devlock::ErrorClass::permission;
    return error;
  }
  return refusal(plan, to_string(plan.written), error_number,
                 fmt::format("this process may not write {}", plan.attribute),
                 geteuid() == 0 ? "run it outside of the container or the user namespace" : "run it as root (sudo)");
}

devlock::Error held_by(const Plan& plan, const Holder& holder) {
  const std::string who = fmt::format("process {} ({}) has {} open as descriptor {}", holder.pid, holder.process,
                                      holder.object, holder.descriptor);
  return refusal(plan, list_of(holder.functions), EBUSY,
                 holder.certain ? who : who + ", which may be one of these (this kernel does not say which it is)",
                 "shut down the virtual machine or end the program, or reset it anyway with --force");
}

devlock::Error driven_by(const Plan& plan, const DeviceInfo& info) {
  const std::string address = to_string(info.address);
  return refusal(plan, address, EBUSY, "it is bound to " + info.driver + ", whose users would lose it",
                 fmt::format("unbind it (echo {} > /sys/bus/pci/drivers/{}/unbind), or reset it anyway with --force",
                             address, info.driver));
}

}  // namespace

std::string list_of(const std::vector<Address>& addresses) {
  std::string text;
  for (std::size_t i = 0; i != addresses.size(); ++i) {
    text += (i == 0 ? "" : i + 1 == addresses.size() ? " and " : ", ") + to_string(addresses[i]);
  }
  return text;
}

Wanted wanted_by(const Plan& plan, const std::string& sysfs, bool unbind_waits) {
  using devlock::linux_host::PosixSys;
  Wanted wanted;
  const devlock::linux_host::Sysfs<PosixSys> files(PosixSys(), sysfs);
  for (const DeviceInfo& info : plan.affected) {
    if (info.iommu_group >= 0) {
      wanted.groups[info.iommu_group].push_back(info.address);
    }
    if (on_vfio(info) || (unbind_waits && info.driver.empty() && info.iommu_group >= 0)) {
      wanted.on_vfio.push_back(info.address);
    }
    std::vector<std::string> names;
    const std::string folder = files.device(info.address) + "/vfio-dev";
    (void)PosixSys().list(folder.c_str(), names);  // older kernels and other drivers have none
    for (std::string& name : names) {
      wanted.nodes.emplace(std::move(name), info.address);
    }
  }
  return wanted;
}

int may_write(const std::string& path) {
  return faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0 ? 0 : errno;
}

Verdict judge(const Plan& plan, Holders holders, const std::vector<Waiter>& waiters, int may_write, bool force) {
  Verdict verdict;
  // What is gone or broken otherwise shows itself when it is tried.
  if (may_write == EACCES || may_write == EPERM || may_write == EROFS) {
    verdict.refusals.push_back(no_permission(plan, may_write));
  }
  auto& users = force ? verdict.overruled : verdict.refusals;
  for (const Holder& holder : holders.all) {
    users.push_back(held_by(plan, holder));
  }
  for (const DeviceInfo& info : plan.affected) {
    if (has_users(info)) {
      users.push_back(driven_by(plan, info));
    }
  }
  if (holders.no_proc) {
    verdict.notes.emplace_back("procfs is not there: whether a process uses it cannot be told; name it with --proc");
  }
  if (holders.unseen != 0) {
    verdict.notes.push_back(
        fmt::format("{} processes could not be looked at, and may use it; run as root to see them", holders.unseen));
  }
  for (const Waiter& waiter : waiters) {
    verdict.notes.push_back(
        fmt::format("process {} ({}) waits in an unbind or a removal until a VFIO device is closed: if it is one of "
                    "these, its lock is "
                    "taken until then",
                    waiter.pid, waiter.process));
  }
  if (plan.target.iommu_group < 0) {
    verdict.notes.push_back(
        fmt::format("{} is in no IOMMU group: a reset does not need one, but the device cannot be passed through, and "
                    "nothing keeps its "
                    "DMA in bounds; switch the IOMMU on (intel_iommu=on on the kernel command line, AMD-Vi or VT-d in "
                    "the firmware)",
                    to_string(plan.target.address)));
  }
  verdict.holders = std::move(holders);
  return verdict;
}

}  // namespace try_reset

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Why the conformance run cannot see a declared edge. What is seen all the same makes the run fail, so that no reason
// outlives its truth.
#pragma once

#include <string_view>

#include "devlock/vfio/lock_classes.hpp"

namespace conformance {

/// For every edge to or from a class, or, with both names, for one.
struct Reason {
  std::string_view outer;  ///< empty: any
  std::string_view inner;  ///< empty: any
  std::string_view text;
};

namespace names {
using namespace devlock::vfio;
}

inline constexpr std::string_view no_lock_of_lockdep =
    "config_access is a flag with a wait queue, of which lockdep knows nothing";
inline constexpr std::string_view no_lock_but_a_count =
    "open_device is a count of descriptors and a completion, of which lockdep knows nothing; kernel/contended and "
    "kernel/blocks see the wait";
inline constexpr std::string_view s390_only = "vfio-ap is of s390; this kernel is of amd64";

inline constexpr Reason reasons[] = {
    {names::config_access::name, "", no_lock_of_lockdep},
    {"", names::config_access::name, no_lock_of_lockdep},
    {names::open_device::name, "", no_lock_but_a_count},
    {"", names::open_device::name, no_lock_but_a_count},
    {names::ap_perms_lock::name, "", s390_only},
    {"", names::ap_perms_lock::name, s390_only},
    {names::guests_lock::name, "", s390_only},
    {"", names::guests_lock::name, s390_only},
    {names::pqap_hook_lock::name, "", s390_only},
    {"", names::pqap_hook_lock::name, s390_only},
    {names::bus_list_lock::name, names::pci_lock::name,
     "amd64 accesses configuration space without pci_lock (CONFIG_PCI_LOCKLESS_CONFIG)"},
    {names::dev_set_lock::name, names::kvm_vfio_lock::name,
     "in 6.12 the kvm-vfio device ends with its descriptor, before its VM, and kvm_vfio_release takes no kv->lock; "
     "what the end of a VM may wait for is checked as this class"},
    {names::kvm_lock::name, names::group_device_lock::name,
     "kvm_vfio_release runs under kvm->lock and empties its list first, so no group's device_lock is left to wait for"},
};

/// Empty if the edge can be seen.
[[nodiscard]] constexpr std::string_view reason(std::string_view outer, std::string_view inner) {
  for (const Reason& one : reasons) {
    if ((one.outer.empty() || one.outer == outer) && (one.inner.empty() || one.inner == inner)) {
      return one.text;
    }
  }
  return {};
}

}  // namespace conformance

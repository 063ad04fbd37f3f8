// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The shipped order: the edges that Linux has, the paths that follow, what stays incomparable, and what the three seeds need.
#include <mutex>

#include "devlock/devlock.hpp"
#include "devlock/sync/std.hpp"
#include "devlock/vfio/refused_edges.hpp"

namespace {

using namespace devlock;
using namespace devlock::vfio;

template <class A, class B>
inline constexpr bool before = precedes<VfioOrder, A, B> && !precedes<VfioOrder, B, A>;
template <class A, class B>
inline constexpr bool apart = !precedes<VfioOrder, A, B> && !precedes<VfioOrder, B, A>;

// Edges, as declared.
static_assert(before<rescan_remove_lock, attribute> && before<attribute, device_lock>);
static_assert(before<slot_list_lock, device_lock> && before<rescan_remove_lock, slot_list_lock>);
static_assert(before<config_access, reset_lock> && before<reset_lock, bus_list_lock> &&
              before<config_access, bus_list_lock>);
static_assert(before<config_access, pci_lock> && before<bus_list_lock, pci_lock>);
static_assert(before<unreg_sem, attribute> && before<unreg_sem, device_lock> && before<unreg_sem, mdev_list_lock>);
static_assert(before<attribute, mdev_list_lock>);
static_assert(before<device_lock, ap_perms_lock> && before<ap_perms_lock, guests_lock>);
static_assert(before<dev_set_lock, bus_list_lock>);
static_assert(before<kvm_lock, vcpu_lock> && before<vcpu_lock, pqap_hook_lock> && before<pqap_hook_lock, mdevs_lock>);
static_assert(before<rescan_remove_lock, device_lock>);
static_assert(before<device_lock, config_access>);
static_assert(before<device_lock, iommu_group_lock>);
static_assert(before<device_lock, open_device>);
static_assert(before<open_device, group_list_lock>);
static_assert(before<group_list_lock, group_device_lock>);
static_assert(before<group_list_lock, group_lock>);
static_assert(before<group_lock, container_lock>);
static_assert(before<container_lock, iommu_group_lock>);
static_assert(before<group_lock, dev_set_lock>);
static_assert(before<dev_set_lock, igate>);
static_assert(before<dev_set_lock, guests_lock>);
static_assert(before<dev_set_lock, iommu_group_lock>);
static_assert(before<dev_set_lock, kvm_vfio_lock>);
static_assert(before<igate, memory_lock>);
static_assert(before<memory_lock, config_access>);
static_assert(before<guests_lock, kvm_lock>);
static_assert(before<kvm_lock, kvm_ref_lock>);
static_assert(before<kvm_lock, group_device_lock>);
static_assert(before<kvm_vfio_lock, kvm_ref_lock>);
static_assert(before<kvm_vfio_lock, group_device_lock>);
static_assert(before<dev_set_lock, kvm_ref_lock>);

// Paths.
static_assert(before<group_lock, kvm_lock>);  // the third seed's second bug was the reverse
static_assert(before<device_lock, group_lock>);
static_assert(before<device_lock, memory_lock>);
static_assert(before<rescan_remove_lock, config_access>);
static_assert(before<open_device, kvm_ref_lock>);
static_assert(before<device_lock, mdevs_lock> && before<dev_set_lock, mdevs_lock> &&
              before<guests_lock, pqap_hook_lock>);
static_assert(before<device_lock, bus_list_lock> && before<memory_lock, bus_list_lock> && before<igate, reset_lock>);

// Incomparable, so that neither is waited for under the other.
static_assert(apart<container_lock, dev_set_lock>);
static_assert(apart<igate, guests_lock>);
static_assert(apart<kvm_lock, kvm_vfio_lock>);
static_assert(apart<kvm_lock, memory_lock>);
static_assert(apart<kvm_lock, iommu_group_lock>);
static_assert(apart<config_access, iommu_group_lock>);
static_assert(apart<kvm_ref_lock, group_device_lock>);
static_assert(apart<memory_lock, iommu_group_lock>);
static_assert(apart<ap_perms_lock, group_lock> && apart<ap_perms_lock, dev_set_lock> &&
              apart<ap_perms_lock, open_device>);
static_assert(apart<unreg_sem, rescan_remove_lock> && apart<unreg_sem, slot_list_lock>);
static_assert(apart<mdev_list_lock, device_lock> && apart<reset_lock, iommu_group_lock> &&
              apart<mdevs_lock, kvm_ref_lock>);

// Leaves: nothing is waited for under them.
template <class Leaf, class... Others>
inline constexpr bool leaf = (!precedes<VfioOrder, Leaf, Others> && ...);
template <class Leaf>
inline constexpr bool is_leaf =
    leaf<Leaf, rescan_remove_lock, slot_list_lock, attribute, device_lock, config_access, reset_lock, bus_list_lock,
         pci_lock, open_device, group_list_lock, group_lock, group_device_lock, container_lock, dev_set_lock, igate,
         memory_lock, unreg_sem, mdev_list_lock, ap_perms_lock, guests_lock, mdevs_lock, kvm_lock, vcpu_lock,
         pqap_hook_lock, kvm_vfio_lock, kvm_ref_lock, iommu_group_lock>;
static_assert(is_leaf<pci_lock> && is_leaf<group_device_lock> && is_leaf<kvm_ref_lock> && is_leaf<iommu_group_lock>);
static_assert(is_leaf<mdev_list_lock> && is_leaf<mdevs_lock>);
static_assert(!is_leaf<memory_lock> && !is_leaf<kvm_lock> && !is_leaf<container_lock> && !is_leaf<config_access>);

// What Linux has besides, and what would close a cycle here.
static_assert(closes_cycle<VfioOrder, device_lock, rescan_remove_lock>);
static_assert(closes_cycle<VfioOrder, device_lock, device_lock>);
static_assert(!closes_cycle<VfioOrder, rescan_remove_lock, device_lock>);
static_assert(!closes_cycle<VfioOrder, container_lock, dev_set_lock>);
consteval bool all_point_back() {
  const auto& table = VfioOrder::table;
  for (const RefusedEdgeText& edge : refused_edges) {
    const auto outer = table.row_of(devlock::detail::hash_name(edge.outer));
    const auto inner = table.row_of(devlock::detail::hash_name(edge.inner));
    if (outer == table.nowhere || inner == table.nowhere || !table.row_precedes(inner, outer)) {
      return false;
    }
  }
  return true;
}
static_assert(refused_edges.size() == 7 && all_point_back());

template <class C, class L>
concept CanWait = requires(const C& context, L& lock) {
  Guard{context, lock};
};
template <class C, class L>
concept CanTry = requires(const C& context, L& lock) {
  TryGuard{context, lock};
};
template <class... Elements>
using Context = HeldContext<Held<VfioOrder, Elements...>>;
template <class Class>
using Lock = Ordered<Class, std::mutex>;

// First seed: whoever has a descriptor open, or is inside one of its operations, may try the device's lock and not wait for it.
using Device = DeviceLock<StdSync>;
static_assert(CanWait<Context<>, Device>);
static_assert(!CanWait<Context<open_device>, Device> && CanTry<Context<open_device>, Device>);
static_assert(!CanWait<Context<group_lock>, Device> && CanTry<Context<group_lock>, Device>);
static_assert(!CanWait<Context<memory_lock>, Device> && CanTry<Context<memory_lock>, Device>);
static_assert(!CanWait<Context<config_access>, Device> && !CanWait<Context<device_lock>, Device>);
static_assert(CanWait<Context<rescan_remove_lock>, Device>);
// The parts stay two classes: a device's config access alone is waited for under memory_lock.
static_assert(CanWait<Context<memory_lock>, Device::ConfigPart>);
static_assert(!CanWait<Context<memory_lock>, Device::DevicePart>);

// Third seed: group_lock is not waited for under kvm_lock, trying it is fine, and both together only lead on from both.
static_assert(!CanWait<Context<kvm_lock>, Lock<group_lock>>);
static_assert(CanTry<Context<kvm_lock>, Lock<group_lock>>);
static_assert(CanWait<Context<group_lock>, Lock<kvm_lock>>);
using TriedGroup = TryGuard<Held<VfioOrder, kvm_lock>, Lock<group_lock>>;
static_assert(CanWait<TriedGroup, Lock<kvm_ref_lock>>);
static_assert(!CanWait<TriedGroup, Lock<dev_set_lock>>);

// The names are those of the kernel, and belong to the classes of this order only.
static_assert(contains_class<VfioOrder, kvm_vfio_lock>);
struct other {
  static constexpr char name[] = "other";
};
static_assert(!contains_class<VfioOrder, other>);

}  // namespace

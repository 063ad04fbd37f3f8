// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The shipped order as a whole: all classes against all, and the guards of the seeds' threads on it.
#include "devlock/vfio/order.hpp"

#include <array>
#include <mutex>
#include <string>

#include "devlock/lock/ordered.hpp"
#include "devlock/order/guard.hpp"
#include "devlock/order/try_guard.hpp"
#include "devlock/vfio/refused_edges.hpp"
#include "support/catch.hpp"

namespace {

using namespace devlock;
using namespace devlock::vfio;

template <class... Classes>
struct List {
  static constexpr std::size_t size = sizeof...(Classes);
  static constexpr std::array<const char*, size> names{Classes::name...};
  template <class Outer>
  static constexpr std::array<bool, size> row{precedes<VfioOrder, Outer, Classes>...};
  static constexpr std::array<std::array<bool, size>, size> matrix{row<Classes>...};
};
using All = List<rescan_remove_lock, slot_list_lock, attribute, device_lock, config_access, reset_lock, bus_list_lock,
                 pci_lock, open_device, group_list_lock, group_lock, group_device_lock, container_lock, dev_set_lock,
                 igate, memory_lock, unreg_sem, mdev_list_lock, ap_perms_lock, guests_lock, mdevs_lock, kvm_lock,
                 vcpu_lock, pqap_hook_lock, kvm_vfio_lock, kvm_ref_lock, iommu_group_lock>;

TEST_CASE("The shipped order knows each of its classes once and is strict") {
  REQUIRE(VfioOrder::table.count == All::size);
  for (std::size_t a = 0; a != All::size; ++a) {
    REQUIRE_FALSE(All::matrix[a][a]);
    for (std::size_t b = 0; b != All::size; ++b) {
      INFO(All::names[a] << " and " << All::names[b]);
      REQUIRE_FALSE((All::matrix[a][b] && All::matrix[b][a]));
      for (std::size_t c = 0; c != All::size; ++c) {
        REQUIRE((!All::matrix[a][b] || !All::matrix[b][c] || All::matrix[a][c]));
      }
    }
  }
}

// Ranks as the facts about the kernel give them: whoever stands further left is outer.
TEST_CASE("The chains of the kernel's order are chains here") {
  const auto chain = [](auto... name) {
    const std::array<std::string, sizeof...(name)> wanted{name...};
    std::array<std::size_t, sizeof...(name)> place{};
    for (std::size_t i = 0; i != wanted.size(); ++i) {
      place[i] = All::size;
      for (std::size_t c = 0; c != All::size; ++c) {
        place[i] = wanted[i] == All::names[c] ? c : place[i];
      }
      INFO(wanted[i]);
      REQUIRE(place[i] != All::size);
    }
    for (std::size_t i = 0; i != wanted.size(); ++i) {
      for (std::size_t later = i + 1; later != wanted.size(); ++later) {
        INFO(wanted[i] << " before " << wanted[later]);
        REQUIRE(All::matrix[place[i]][place[later]]);
      }
    }
  };
  chain("pci_rescan_remove_lock", "device_lock", "vfio.group_lock", "vfio_group.group_lock", "vfio_device_set.lock",
        "vfio_pci_core_device.igate", "vfio_pci_core_device.memory_lock", "config_access");
  chain("vfio_group.group_lock", "vfio_container.group_lock", "iommu_group.mutex");
  chain("vfio_group.group_lock", "vfio_device_set.lock", "matrix_dev.guests_lock", "kvm.lock",
        "vfio_group.kvm_ref_lock");
  chain("kvm.lock", "vfio_group.device_lock");
  chain("vfio_device_set.lock", "kvm_vfio.lock", "vfio_group.kvm_ref_lock");
  chain("device_lock", "open_device", "vfio_group.group_lock");
  chain("pci_rescan_remove_lock", "sysfs attribute", "device_lock");
  chain("mdev_parent.unreg_sem", "sysfs attribute", "device_lock");
  chain("pci_slot_mutex", "device_lock", "config_access", "pciehp.reset_lock", "pci_bus_sem", "pci_lock");
  chain("device_lock", "ap_perms_mutex", "matrix_dev.guests_lock", "kvm.lock", "kvm_vcpu.mutex",
        "kvm.pqap_hook_rwsem", "matrix_dev.mdevs_lock");
  chain("vfio_device_set.lock", "matrix_dev.guests_lock", "matrix_dev.mdevs_lock");
}

TEST_CASE("Each edge that is refused has two classes of the order, a place, and a way back") {
  for (const RefusedEdgeText& edge : refused_edges) {
    std::size_t outer = All::size;
    std::size_t inner = All::size;
    for (std::size_t c = 0; c != All::size; ++c) {
      outer = std::string(edge.outer) == All::names[c] ? c : outer;
      inner = std::string(edge.inner) == All::names[c] ? c : inner;
    }
    INFO(edge.outer << " before " << edge.inner << ", " << to_string(edge.evidence));
    REQUIRE(outer != All::size);
    REQUIRE(inner != All::size);
    REQUIRE(All::matrix[inner][outer]);
    REQUIRE_FALSE(All::matrix[outer][inner]);
    REQUIRE(std::string(edge.place).find(':') != std::string::npos);
    REQUIRE_FALSE(std::string(edge.other_half).empty());
  }
  REQUIRE(refused_edges.front().evidence == Evidence::hangs);
}

TEST_CASE("The thread that opens a device under its group takes its locks in order") {
  Ordered<group_lock, std::mutex> group;
  Ordered<dev_set_lock, std::mutex> dev_set;
  Ordered<kvm_ref_lock, std::mutex> kvm_ref;
  vfio::ThreadContext root;
  Guard outer{root, group};
  Guard middle{outer, dev_set};
  Guard inner{middle, kvm_ref};
  REQUIRE(inner.owns_lock());
}

TEST_CASE("A thread under kvm_lock may try group_lock, and fails while another holds it") {
  Ordered<group_lock, std::mutex> group;
  Ordered<kvm_lock, std::mutex> kvm;
  vfio::ThreadContext root;
  Guard vm{root, kvm};
  {
    TryGuard attempt{vm, group};
    REQUIRE(attempt);
    REQUIRE_FALSE(MayAcquire<decltype(attempt), dev_set_lock>);  // kvm_lock is still held
    REQUIRE(MayAcquire<decltype(attempt), kvm_ref_lock>);
  }
  REQUIRE(group.native().try_lock());
  group.native().unlock();
}

}  // namespace

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
using All = List<rescan_remove_lock, device_lock, config_access, open_device, group_list_lock, group_lock,
                 group_device_lock, container_lock, dev_set_lock, igate, memory_lock, guests_lock, kvm_lock,
                 kvm_vfio_lock, kvm_ref_lock, iommu_group_lock>;

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

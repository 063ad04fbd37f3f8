// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The few requests and structures of iommufd and of VFIO's cdevs that this backend uses. They are younger than the kernel
// headers of supported systems (Linux 6.6; Debian 12 has 6.1), so they are written down here, with the numbers and sizes of the
// kernel's ABI.
// Not here: mappings, page tables and faults, which are the VMM's; it brings headers of its own for them.
// Source: include/uapi/linux/iommufd.h, include/uapi/linux/vfio.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include <sys/ioctl.h>

namespace devlock::linux_host::abi {

/// IOMMU_DESTROY: any object of an iommufd.
struct DestroyObject {
  std::uint32_t size;
  std::uint32_t id;
};
inline constexpr unsigned long destroy_object = _IO(';', 0x80);

/// IOMMU_IOAS_ALLOC: an address space.
struct AllocateIoas {
  std::uint32_t size;
  std::uint32_t flags;
  std::uint32_t out_ioas_id;
};
inline constexpr unsigned long allocate_ioas = _IO(';', 0x81);

/// VFIO_DEVICE_BIND_IOMMUFD
struct BindIommufd {
  std::uint32_t argsz;
  std::uint32_t flags;
  std::int32_t iommufd;
  std::uint32_t out_devid;
};
inline constexpr unsigned long bind_iommufd = _IO(';', 100 + 18);

/// VFIO_DEVICE_ATTACH_IOMMUFD_PT
struct AttachPageTable {
  std::uint32_t argsz;
  std::uint32_t flags;
  std::uint32_t pt_id;  // of an address space; then that of the page table that the kernel chose
};
inline constexpr unsigned long attach_page_table = _IO(';', 100 + 19);

/// VFIO_DEVICE_DETACH_IOMMUFD_PT
struct DetachPageTable {
  std::uint32_t argsz;
  std::uint32_t flags;
};
inline constexpr unsigned long detach_page_table = _IO(';', 100 + 20);

/// Of a function in the list of a hot reset: it is not the caller's. VFIO_PCI_DEVID_NOT_OWNED
inline constexpr std::int32_t not_owned = -1;

static_assert(sizeof(DestroyObject) == 8 && offsetof(DestroyObject, id) == 4);
static_assert(sizeof(AllocateIoas) == 12 && offsetof(AllocateIoas, out_ioas_id) == 8);
static_assert(sizeof(BindIommufd) == 16 && offsetof(BindIommufd, out_devid) == 12);
static_assert(sizeof(AttachPageTable) == 12 && offsetof(AttachPageTable, pt_id) == 8);
static_assert(sizeof(DetachPageTable) == 8);

}  // namespace devlock::linux_host::abi

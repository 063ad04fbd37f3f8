// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The fault matrix: which system call of which operation may answer which errno, and what is then true. Each cell, an operation, a
// call and an errno, is run with the first, the second, ... such call of the operation failing.
// A later row that matches rules over an earlier one. EINTR, from whatever call but close, is not an error: the call is repeated.
// Not in it: that the first reading of a driver link answers ENOENT during take and restore. That is no fault but an answer, a
// driverless function, and the host is given back as it was found.
// Sources: open(2), read(2), write(2), close(2), readlink(2), access(2), opendir(3), getdents(2), eventfd(2), poll(2); fs/kernfs;
// drivers/vfio, drivers/pci/pci-sysfs.c, drivers/base/bus.c, virt/kvm/vfio.c and Documentation/virt/kvm/api.rst of Linux 6.12.
#pragma once

#include <cerrno>
#include <span>
#include <string_view>

#include "unit/backend/linux/fake_sys.hpp"

namespace fake {

/// What comes of it.
enum class Then {
  error,   ///< an Error: operation, object, errno, the class that belongs to them, reason
  same,    ///< a success with the same value: repeated, dropped, or asked for the rest
  answer,  ///< that errno is an answer, no such link or file: a success with another value, or an Error
  words,   ///< only the words of an error were looked for: the same error, perhaps with fewer words
  either,  ///< an Error if the descriptor was closed by name, nothing if it went with the last handle that shared it
};
/// What an error leaves of the host. No descriptors in any case, no locks, no claims.
enum class Left {
  kept,    ///< what was done before the step that failed stays, and nothing after it is done
  before,  ///< all is put back
  done,    ///< it is done nevertheless
};

/// Not an errno: a read or write that transfers one byte, or none.
inline constexpr int short_transfer = 1000;
inline constexpr int no_transfer = 1001;

struct Row {
  std::string_view operation;  ///< as in operations.hpp; a star at its end stands for anything
  Call call;
  unsigned long request;  ///< of an ioctl
  std::span<const int> answers;
  Then then;
  Left left = Left::kept;
};

inline constexpr int open_answers[] = {EACCES, EAGAIN, EBUSY,  EINTR,  EINVAL, EIO,   ELOOP,   EMFILE,   ENAMETOOLONG,
                                       ENFILE, ENODEV, ENOENT, ENOMEM, ENXIO,  EPERM, ENOTDIR, EOVERFLOW};
inline constexpr int open_to_write_answers[] = {EROFS, EISDIR, ETXTBSY};
inline constexpr int read_answers[] = {EAGAIN, EBADF,  EFAULT, EINTR,     EINVAL, EIO,
                                       EISDIR, ENODEV, ENOMEM, EOVERFLOW, EPERM};
inline constexpr int write_answers[] = {EACCES, EAGAIN, EBADF,  EBUSY,  EEXIST, EFAULT,     EFBIG,  EINTR, EINVAL,
                                        EIO,    ENODEV, ENOENT, ENOMEM, ENOSPC, EOPNOTSUPP, ENOTTY, EPERM, ETIMEDOUT};
inline constexpr int close_answers[] = {EDQUOT, EINTR, EIO, ENOSPC};
inline constexpr int readlink_answers[] = {EACCES, EINTR, EINVAL, EIO, ELOOP, ENAMETOOLONG, ENODEV, ENOMEM, ENOTDIR};
inline constexpr int exists_answers[] = {EACCES, EINTR, EINVAL, EIO, ELOOP, ENAMETOOLONG, ENOMEM, ENOTDIR};
inline constexpr int list_answers[] = {EACCES, EBADF, EINTR, EIO, EMFILE, ENFILE, ENODEV, ENOENT, ENOMEM, ENOTDIR};
inline constexpr int eventfd_answers[] = {EINVAL, EMFILE, ENFILE, ENODEV, ENOMEM};
inline constexpr int poll_answers[] = {EFAULT, EINTR, EINVAL, ENOMEM};
inline constexpr int not_there[] = {ENOENT};
inline constexpr int too_many[] = {ERANGE};
inline constexpr int mdev_answers[] = {EUSERS};
inline constexpr int ap_answers[] = {EADDRINUSE, EADDRNOTAVAIL};
inline constexpr int device_left[] = {ENODEV, ENOENT, ENXIO};
inline constexpr int cut_short[] = {short_transfer};
inline constexpr int ended_at_once[] = {no_transfer};
inline constexpr int cut[] = {short_transfer, no_transfer};

// What any ioctl may answer, and then each one's own.
inline constexpr int ioctl_answers[] = {EACCES, EBADF, EFAULT, EINTR, EINVAL, EIO, ENOMEM, ENOTTY, EPERM};
inline constexpr int container_answers[] = {EAGAIN, EBUSY, ENODEV};
inline constexpr int set_iommu_answers[] = {EBUSY, EEXIST, ENODEV, ENOENT, ENOSPC, EOPNOTSUPP};
inline constexpr int set_container_answers[] = {EBUSY, ENODEV, EEXIST, ENOSPC};
inline constexpr int unset_container_answers[] = {EBUSY, ENODEV};
inline constexpr int status_answers[] = {ENODEV};
inline constexpr int device_fd_answers[] = {EAGAIN, EBUSY, EMFILE, ENFILE, ENODEV, ENOENT, EOPNOTSUPP, ETIMEDOUT};
inline constexpr int device_info_answers[] = {ENODEV};
inline constexpr int set_irqs_answers[] = {EAGAIN, EMFILE, ENODEV, ENOSPC};
inline constexpr int reset_answers[] = {EAGAIN, EBUSY, ENODEV, EOPNOTSUPP, ETIMEDOUT};
inline constexpr int hot_reset_info_answers[] = {EAGAIN, ENODEV, ENOSPC};
inline constexpr int hot_reset_answers[] = {EAGAIN, EBUSY, E2BIG, ENODEV, ENOSPC, ETIMEDOUT};
inline constexpr int create_vm_answers[] = {EBUSY, EEXIST, EMFILE, ENFILE, ENODEV, EOPNOTSUPP};
inline constexpr int create_device_answers[] = {EBUSY, EEXIST, EMFILE, ENFILE, ENODEV, ENOSPC};
inline constexpr int attribute_answers[] = {EBUSY, EEXIST, ENODEV, ENOENT, ENXIO};

inline constexpr int has_attribute_answers[] = {ENXIO};
inline constexpr int allocate_answers[] = {EOPNOTSUPP};
inline constexpr int destroy_answers[] = {EBUSY, ENOENT};
inline constexpr int bind_iommufd_answers[] = {EBUSY, ENODEV, ENOENT, EOPNOTSUPP};
inline constexpr int attach_ioas_answers[] = {EBUSY, ENODEV, ENOENT, ENOSPC};
inline constexpr int close_on_exec_answers[] = {EBADF, EINTR, ENOMEM};

inline constexpr Row fault_table[] = {
    // Whatever the operation.
    {"*", Call::open, 0, open_answers, Then::error},
    {"*", Call::read, 0, read_answers, Then::error},
    {"*", Call::read, 0, cut_short, Then::same},
    {"*", Call::read, 0, ended_at_once, Then::error},
    {"*", Call::write, 0, write_answers, Then::error},
    {"*", Call::write, 0, cut, Then::error},
    {"*", Call::close, 0, close_answers, Then::same},
    {"*", Call::readlink, 0, readlink_answers, Then::error},
    {"*", Call::exists, 0, exists_answers, Then::error},
    {"*", Call::exists, 0, not_there, Then::answer},
    {"*", Call::list, 0, list_answers, Then::error},
    {"*", Call::eventfd, 0, eventfd_answers, Then::error},
    {"*", Call::poll, 0, poll_answers, Then::error},
    {"*", Call::ioctl, VFIO_GET_API_VERSION, ioctl_answers, Then::error},
    {"*", Call::ioctl, VFIO_GET_API_VERSION, container_answers, Then::error},
    {"*", Call::ioctl, VFIO_CHECK_EXTENSION, ioctl_answers, Then::error},
    {"*", Call::ioctl, VFIO_CHECK_EXTENSION, container_answers, Then::error},
    {"*", Call::ioctl, VFIO_SET_IOMMU, ioctl_answers, Then::error},
    {"*", Call::ioctl, VFIO_SET_IOMMU, set_iommu_answers, Then::error},
    {"*", Call::ioctl, VFIO_GROUP_SET_CONTAINER, ioctl_answers, Then::error},
    {"*", Call::ioctl, VFIO_GROUP_SET_CONTAINER, set_container_answers, Then::error},
    {"*", Call::ioctl, VFIO_GROUP_UNSET_CONTAINER, ioctl_answers, Then::error},
    {"*", Call::ioctl, VFIO_GROUP_UNSET_CONTAINER, unset_container_answers, Then::error},
    {"*", Call::ioctl, VFIO_GROUP_GET_STATUS, ioctl_answers, Then::error},
    {"*", Call::ioctl, VFIO_GROUP_GET_STATUS, status_answers, Then::error},
    {"*", Call::ioctl, VFIO_GROUP_GET_DEVICE_FD, ioctl_answers, Then::error},
    {"*", Call::ioctl, VFIO_GROUP_GET_DEVICE_FD, device_fd_answers, Then::error},
    {"*", Call::ioctl, VFIO_DEVICE_GET_INFO, ioctl_answers, Then::error},
    {"*", Call::ioctl, VFIO_DEVICE_GET_INFO, device_info_answers, Then::error},
    {"*", Call::ioctl, VFIO_DEVICE_SET_IRQS, ioctl_answers, Then::error},
    {"*", Call::ioctl, VFIO_DEVICE_SET_IRQS, set_irqs_answers, Then::error},
    {"*", Call::ioctl, VFIO_DEVICE_RESET, ioctl_answers, Then::error},
    {"*", Call::ioctl, VFIO_DEVICE_RESET, reset_answers, Then::error},
    {"*", Call::ioctl, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, ioctl_answers, Then::error},
    {"*", Call::ioctl, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, hot_reset_info_answers, Then::error},
    {"*", Call::ioctl, VFIO_DEVICE_PCI_HOT_RESET, ioctl_answers, Then::error},
    {"*", Call::ioctl, VFIO_DEVICE_PCI_HOT_RESET, hot_reset_answers, Then::error},
    {"*", Call::ioctl, KVM_GET_API_VERSION, ioctl_answers, Then::error},
    {"*", Call::ioctl, KVM_CREATE_VM, ioctl_answers, Then::error},
    {"*", Call::ioctl, KVM_CREATE_VM, create_vm_answers, Then::error},
    {"*", Call::ioctl, KVM_CREATE_DEVICE, ioctl_answers, Then::error},
    {"*", Call::ioctl, KVM_CREATE_DEVICE, create_device_answers, Then::error},
    {"*", Call::ioctl, KVM_SET_DEVICE_ATTR, ioctl_answers, Then::error},
    {"*", Call::ioctl, KVM_SET_DEVICE_ATTR, attribute_answers, Then::error},
    {"*", Call::ioctl, KVM_CHECK_EXTENSION, ioctl_answers, Then::error},
    {"*", Call::ioctl, KVM_HAS_DEVICE_ATTR, ioctl_answers, Then::error},
    {"*", Call::ioctl, KVM_HAS_DEVICE_ATTR, has_attribute_answers, Then::error},
    {"*", Call::ioctl, abi::allocate_ioas, ioctl_answers, Then::error},
    {"*", Call::ioctl, abi::allocate_ioas, allocate_answers, Then::error},
    {"*", Call::ioctl, abi::destroy_object, ioctl_answers, Then::error},
    {"*", Call::ioctl, abi::destroy_object, destroy_answers, Then::error},
    {"*", Call::ioctl, abi::bind_iommufd, ioctl_answers, Then::error},
    {"*", Call::ioctl, abi::bind_iommufd, bind_iommufd_answers, Then::error},
    {"*", Call::ioctl, abi::attach_page_table, ioctl_answers, Then::error},
    {"*", Call::ioctl, abi::attach_page_table, attach_ioas_answers, Then::error},
    {"*", Call::ioctl, abi::detach_page_table, ioctl_answers, Then::error},
    {"*", Call::ioctl, abi::detach_page_table, status_answers, Then::error},
    {"*", Call::ioctl, FIOCLEX, close_on_exec_answers, Then::error},

    // A function that leaves while a list is made is not on it; a link that is not there is a driver or group that is not.
    {"devices", Call::open, 0, device_left, Then::answer},
    {"devices", Call::read, 0, device_left, Then::answer},
    {"devices", Call::readlink, 0, device_left, Then::answer},
    {"devices", Call::exists, 0, device_left, Then::answer},
    {"group_members", Call::open, 0, device_left, Then::answer},
    {"group_members", Call::read, 0, device_left, Then::answer},
    {"group_members", Call::readlink, 0, device_left, Then::answer},
    {"group_members", Call::exists, 0, device_left, Then::answer},
    {"device", Call::readlink, 0, not_there, Then::answer},
    {"probe", Call::readlink, 0, not_there, Then::answer},

    {"slots", Call::open, 0, device_left, Then::answer},
    {"slots", Call::read, 0, device_left, Then::answer},
    {"slots", Call::list, 0, not_there, Then::answer},
    {"virtual_functions", Call::readlink, 0, not_there, Then::answer},
    {"physical_of", Call::readlink, 0, not_there, Then::answer},
    {"reset_methods", Call::read, 0, ended_at_once, Then::answer},

    {"mdev parents", Call::list, 0, not_there, Then::answer},
    {"mdev devices", Call::list, 0, not_there, Then::answer},
    {"mdev group_of", Call::readlink, 0, not_there, Then::answer},
    {"mdev types", Call::open, 0, open_answers, Then::answer},
    {"mdev types", Call::read, 0, read_answers, Then::answer},
    {"mdev types", Call::read, 0, ended_at_once, Then::answer},
    {"ap matrix", Call::read, 0, ended_at_once, Then::answer},
    {"create_mdev", Call::write, 0, mdev_answers, Then::error},
    {"ap assign", Call::write, 0, ap_answers, Then::error},
    {"ap store", Call::open, 0, open_to_write_answers, Then::error},
    {"create_mdev", Call::open, 0, open_to_write_answers, Then::error},

    // What a VM is not it need not refuse in so many words; which functions a device resets with is not always told.
    {"adopt vm*", Call::ioctl, KVM_GET_API_VERSION, ioctl_answers, Then::same},
    {"adopt device*", Call::ioctl, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, ioctl_answers, Then::answer},
    {"adopt device*", Call::ioctl, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, hot_reset_info_answers, Then::answer},

    // Older kernels have no driver_override to read; an empty one is none.
    {"driver_override", Call::open, 0, not_there, Then::answer},
    {"driver_override", Call::read, 0, ended_at_once, Then::answer},
    {"clear_driver_override", Call::open, 0, not_there, Then::answer},
    {"clear_driver_override", Call::read, 0, ended_at_once, Then::answer},

    // A function that could not be taken is given back.
    {"take*", Call::open, 0, open_answers, Then::error, Left::before},
    {"take*", Call::open, 0, open_to_write_answers, Then::error, Left::before},
    {"take*", Call::open, 0, not_there, Then::answer, Left::before},
    {"take*", Call::read, 0, read_answers, Then::error, Left::before},
    {"take*", Call::read, 0, ended_at_once, Then::answer, Left::before},
    {"take*", Call::write, 0, write_answers, Then::error, Left::before},
    {"take*", Call::write, 0, cut, Then::error, Left::before},
    {"take*", Call::readlink, 0, readlink_answers, Then::error, Left::before},
    {"take*", Call::exists, 0, exists_answers, Then::error, Left::before},

    // What one attempt to give back left undone, the next one does. The table's run makes it.
    {"restore", Call::open, 0, open_answers, Then::error, Left::done},
    {"restore", Call::open, 0, open_to_write_answers, Then::error, Left::done},
    {"restore", Call::open, 0, not_there, Then::answer, Left::done},
    {"restore", Call::read, 0, read_answers, Then::error, Left::done},
    {"restore", Call::read, 0, ended_at_once, Then::answer, Left::done},
    {"restore", Call::write, 0, write_answers, Then::error, Left::done},
    {"restore", Call::write, 0, cut, Then::error, Left::done},
    {"restore", Call::readlink, 0, readlink_answers, Then::error, Left::done},
    {"restore", Call::exists, 0, exists_answers, Then::error, Left::done},

    // Only a write opens these.
    {"bind", Call::open, 0, open_to_write_answers, Then::error},
    {"unbind", Call::open, 0, open_to_write_answers, Then::error},
    {"reset_function", Call::open, 0, open_to_write_answers, Then::error},
    {"try_reset_bus", Call::open, 0, open_to_write_answers, Then::error},
    {"remove", Call::open, 0, open_to_write_answers, Then::error},
    {"rescan", Call::open, 0, open_to_write_answers, Then::error},
    {"set_reset_methods", Call::open, 0, open_to_write_answers, Then::error},
    {"enable virtual functions", Call::open, 0, open_to_write_answers, Then::error},
    {"enable virtual functions", Call::write, 0, too_many, Then::error},

    // Who is in the way of a group is told if it can be.
    {"set_container, not viable", Call::list, 0, list_answers, Then::words},
    {"set_container, not viable", Call::open, 0, open_answers, Then::words},
    {"set_container, not viable", Call::read, 0, read_answers, Then::words},
    {"set_container, not viable", Call::read, 0, ended_at_once, Then::words},
    {"set_container, not viable", Call::readlink, 0, readlink_answers, Then::words},
    {"set_container, not viable", Call::readlink, 0, not_there, Then::words},
    {"set_container, not viable", Call::exists, 0, exists_answers, Then::words},
    {"set_container, not viable", Call::exists, 0, not_there, Then::words},
    {"set_container, not viable", Call::close, 0, close_answers, Then::words},
    {"set_container, not viable", Call::read, 0, cut_short, Then::words},

    // Several steps: none of them stays.
    {"session", Call::open, 0, open_answers, Then::error, Left::before},
    {"session", Call::eventfd, 0, eventfd_answers, Then::error, Left::before},
    {"session", Call::ioctl, VFIO_SET_IOMMU, ioctl_answers, Then::error, Left::before},
    {"session", Call::ioctl, VFIO_SET_IOMMU, set_iommu_answers, Then::error, Left::before},
    {"session", Call::ioctl, VFIO_GROUP_GET_DEVICE_FD, ioctl_answers, Then::error, Left::before},
    {"session", Call::ioctl, VFIO_GROUP_GET_DEVICE_FD, device_fd_answers, Then::error, Left::before},
    {"session", Call::ioctl, VFIO_DEVICE_GET_INFO, ioctl_answers, Then::error, Left::before},
    {"session", Call::ioctl, VFIO_DEVICE_GET_INFO, device_info_answers, Then::error, Left::before},
    {"session", Call::ioctl, VFIO_DEVICE_SET_IRQS, ioctl_answers, Then::error, Left::before},
    {"session", Call::ioctl, VFIO_DEVICE_SET_IRQS, set_irqs_answers, Then::error, Left::before},
    {"claim, open, reset under locks", Call::eventfd, 0, eventfd_answers, Then::error, Left::before},
    {"claim, open, reset under locks", Call::ioctl, VFIO_SET_IOMMU, ioctl_answers, Then::error, Left::before},
    {"claim, open, reset under locks", Call::ioctl, VFIO_SET_IOMMU, set_iommu_answers, Then::error, Left::before},
    {"claim, open, reset under locks", Call::ioctl, VFIO_GROUP_GET_DEVICE_FD, ioctl_answers, Then::error, Left::before},
    {"claim, open, reset under locks", Call::ioctl, VFIO_GROUP_GET_DEVICE_FD, device_fd_answers, Then::error,
     Left::before},
    {"claim, open, reset under locks", Call::ioctl, VFIO_DEVICE_GET_INFO, ioctl_answers, Then::error, Left::before},
    {"claim, open, reset under locks", Call::ioctl, VFIO_DEVICE_GET_INFO, device_info_answers, Then::error,
     Left::before},
    {"claim, open, reset under locks", Call::ioctl, VFIO_DEVICE_SET_IRQS, ioctl_answers, Then::error, Left::before},
    {"claim, open, reset under locks", Call::ioctl, VFIO_DEVICE_SET_IRQS, set_irqs_answers, Then::error, Left::before},
    {"claim, open, reset under locks", Call::ioctl, VFIO_DEVICE_RESET, ioctl_answers, Then::error, Left::before},
    {"claim, open, reset under locks", Call::ioctl, VFIO_DEVICE_RESET, reset_answers, Then::error, Left::before},
    {"cdev session", Call::open, 0, open_answers, Then::error, Left::before},
    {"cdev session", Call::list, 0, list_answers, Then::error, Left::before},
    {"cdev session", Call::eventfd, 0, eventfd_answers, Then::error, Left::before},
    {"cdev session", Call::ioctl, abi::bind_iommufd, ioctl_answers, Then::error, Left::before},
    {"cdev session", Call::ioctl, abi::bind_iommufd, bind_iommufd_answers, Then::error, Left::before},
    {"cdev session", Call::ioctl, VFIO_DEVICE_GET_INFO, ioctl_answers, Then::error, Left::before},
    {"cdev session", Call::ioctl, VFIO_DEVICE_GET_INFO, device_info_answers, Then::error, Left::before},
    {"cdev session", Call::ioctl, abi::attach_page_table, ioctl_answers, Then::error, Left::before},
    {"cdev session", Call::ioctl, abi::attach_page_table, attach_ioas_answers, Then::error, Left::before},
    {"cdev session", Call::ioctl, VFIO_DEVICE_SET_IRQS, ioctl_answers, Then::error, Left::before},
    {"cdev session", Call::ioctl, VFIO_DEVICE_SET_IRQS, set_irqs_answers, Then::error, Left::before},

    // An address space is destroyed by its handle or by the device that is attached to it; the iommufd takes along what is left.
    {"close *", Call::ioctl, abi::destroy_object, ioctl_answers, Then::either, Left::done},
    {"close *", Call::ioctl, abi::destroy_object, destroy_answers, Then::either, Left::done},

    // A descriptor that is closed is closed, whatever that answers; Linux keeps none open.
    {"close *", Call::close, 0, close_answers, Then::either, Left::done},
};

}  // namespace fake

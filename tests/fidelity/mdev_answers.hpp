// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Which answers each operation can give on mediated devices of mtty, whose groups are of type VFIO_EMULATED_IOMMU and whose device sets have
// one device each: so nothing but a removal waits for anybody.
//
// Source: drivers/vfio/mdev/mdev_core.c and mdev_sysfs.c, samples/vfio-mdev/mtty.c, drivers/vfio/group.c, drivers/vfio/container.c and
// virt/kvm/vfio.c of Linux 6.12.
#pragma once

#include <array>
#include <string_view>

#include "known_answer.hpp"

namespace fidelity {

/// Before the names of operations in a tally.
inline constexpr std::string_view mdev_prefix = "mtty/";
inline constexpr std::array mdev_answers{
    Answer{Op::create_mdev, "ok"},
    Answer{Op::create_mdev, "held EEXIST"},       // there, or not released yet
    Answer{Op::create_mdev, "exhausted ENOSPC"},  // mtty counts its ports in its probe
    Answer{Op::create_mdev, "gone ENOENT"},       // no such type
    Answer{Op::create_mdev, "exhausted EUSERS", Needs::nothing, "mtty counts its instances by itself"},
    Answer{Op::create_mdev, "gone ENODEV", Needs::nothing, "the parent stays"},
    Answer{Op::create_mdev, "contended EAGAIN", Needs::nothing, "no driver here defers its probe"},
    Answer{Op::remove_mdev, "ok"},
    Answer{Op::remove_mdev, "blocks"},
    Answer{Op::remove_mdev, "gone ENOENT"},  // not there, or somebody removes it
    Answer{Op::remove_mdev, "gone ENODEV", Needs::nothing,
           "the parent stays, and a step is asked when the file of a removal before it is gone"},
    Answer{Op::remove_mdev, "contended EAGAIN", Needs::nothing, "a step is asked when a creation before it is over"},
    Answer{Op::open_all, "ok"},
    Answer{Op::open_container, "ok"},
    Answer{Op::close_container, "ok"},
    Answer{Op::open_group, "ok"},
    Answer{Op::open_group, "gone ENOENT"},
    Answer{Op::open_group, "held EBUSY"},
    Answer{Op::open_group, "gone ENODEV", Needs::nothing, "a step is asked when the end of a group before it is over"},
    Answer{Op::close_group, "ok"},
    Answer{Op::status, "ok"},
    Answer{Op::status, "gone ENODEV"},
    Answer{Op::set_container, "ok"},
    Answer{Op::set_container, "invalid EINVAL"},
    Answer{Op::set_container, "gone ENODEV"},
    Answer{Op::unset_container, "ok"},
    Answer{Op::unset_container, "invalid EINVAL"},
    Answer{Op::unset_container, "held EBUSY"},
    Answer{Op::set_iommu, "ok"},
    Answer{Op::set_iommu, "invalid EINVAL"},
    Answer{Op::open_device, "ok"},
    Answer{Op::open_device, "gone ENODEV"},
    Answer{Op::open_device, "invalid EINVAL"},
    Answer{Op::close_device, "ok"},
    Answer{Op::reset_device, "unsupported EINVAL"},
    Answer{Op::reset_device, "ok", Needs::nothing, "mtty announces no reset, so the backend does not ask for it"},
    Answer{Op::watch_unplug, "ok", Needs::mtty_takes_watch},
    Answer{Op::watch_unplug, "unsupported ENOTTY", Needs::mtty_refuses_watch},
    Answer{Op::unplug_requested, "ok", Needs::mtty_takes_watch},
    Answer{Op::unplug_requested, "invalid EINVAL"},
    Answer{Op::create_vm, "ok"},
    Answer{Op::create_vm, "held EBUSY", Needs::nothing, "the backend makes one kvm-vfio device for each VM"},
    Answer{Op::close_vm, "ok"},
    Answer{Op::attach, "ok"},
    Answer{Op::attach, "held EEXIST"},
    Answer{Op::attach, "invalid EBADF", Needs::nothing, "a handle that is closed is no handle of a script"},
    Answer{Op::attach, "invalid EINVAL", Needs::nothing, "only groups are attached"},
    Answer{Op::detach, "ok"},
    Answer{Op::detach, "gone ENOENT"}};

}  // namespace fidelity

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The operations of the fault matrix on devices that are opened by themselves, iommufds and address spaces.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "unit/backend/linux/fault_matrix/operations.hpp"

namespace fake {

inline void prepare_cdev_node(Rig& r) {
  r.kernel.directories[device_path(first) + "/vfio-dev"] = {"vfio3"};
  r.kernel.nodes["/dev/vfio/devices/vfio3"] = Kind::cdev;
  r.kernel.nodes["/dev/iommu"] = Kind::iommufd;
  r.kernel.hot_reset_functions = {dependent(1, 0, 0, 40), dependent(1, 0, 1, 0)};
  r.kernel.hot_reset_flags = devlock::linux_host::HotResetList::by_id | devlock::linux_host::HotResetList::all_owned;
}
/// The way to a device that is bound and attached: each step only if the one before it succeeded.
inline Result<void> open_cdev_session(Rig& r) {
  r.root.assume();
  Result<void> done = keep(r.iommufd, r.host.open_iommufd());
  done = done ? keep(r.space, r.iommufd->create_ioas()) : done;
  done = done ? keep(r.cdev, r.host.open_cdev(r.root, first)) : done;
  done = done ? r.cdev->bind(r.root, *r.iommufd) : done;
  done = done ? r.cdev->attach(r.root, *r.space) : done;
  return done ? r.cdev->watch_unplug(r.root) : done;
}
inline void prepare_cdev(Rig& r) {
  prepare_cdev_node(r);
  if (const auto done = open_cdev_session(r); !done) {
    throw std::runtime_error("not prepared: " + to_string(done.error()));
  }
}
/// Up to, and without, the bind.
inline void prepare_unbound(Rig& r) {
  prepare_cdev_node(r);
  r.root.assume();
  if (!keep(r.iommufd, r.host.open_iommufd()) || !keep(r.space, r.iommufd->create_ioas()) ||
      !keep(r.cdev, r.host.open_cdev(r.root, first))) {
    throw std::runtime_error("not prepared: the device");
  }
}

inline std::vector<Subject> cdev_subjects() {
  using enum Operation;
  std::vector<Subject> all{
      {"open_iommufd",
       {open_iommufd},
       prepare_cdev_node,
       [](Rig& r) { return outcome_of(keep(r.iommufd, r.host.open_iommufd())); }},
      {"create_ioas",
       {create_ioas},
       [](Rig& r) {
         prepare_cdev_node(r);
         (void)keep(r.iommufd, r.host.open_iommufd());
       },
       [](Rig& r) { return outcome_of(keep(r.space, r.iommufd->create_ioas())); }},
      {"open_cdev",
       {open_cdev},
       prepare_cdev_node,
       [](Rig& r) { return outcome_of(keep(r.cdev, r.host.open_cdev(r.root.assume(), first))); }},
      {"bind_iommufd",
       {bind_iommufd, open_cdev},
       prepare_unbound,
       [](Rig& r) { return outcome_of(r.cdev->bind(r.root.assume(), *r.iommufd)); }},
      {"attach_ioas",
       {attach_ioas},
       [](Rig& r) {
         prepare_unbound(r);
         (void)r.cdev->bind(r.root.assume(), *r.iommufd);
       },
       [](Rig& r) { return outcome_of(r.cdev->attach(r.root.assume(), *r.space)); }},
      {"detach_ioas", {detach_ioas}, prepare_cdev, [](Rig& r) { return outcome_of(r.cdev->detach(r.root.assume())); }},
      {"destroy_ioas",
       {destroy_ioas},
       [](Rig& r) {
         prepare_cdev_node(r);
         (void)keep(r.iommufd, r.host.open_iommufd());
         (void)keep(r.space, r.iommufd->create_ioas());
       },
       [](Rig& r) { return outcome_of(r.space->close()); }},
      {"reset_cdev", {reset_device}, prepare_cdev, [](Rig& r) { return outcome_of(r.cdev->reset(r.root.assume())); }},
      {"hot_reset_info of a cdev",
       {hot_reset_info},
       prepare_cdev,
       [](Rig& r) { return outcome_of(r.cdev->hot_reset_info(r.root.assume())); }},
      {"hot_reset of a cdev",
       {hot_reset},
       prepare_cdev,
       [](Rig& r) { return outcome_of(r.cdev->hot_reset(r.root.assume())); }},
      {"attach a cdev to a vm",
       {attach_group},
       [](Rig& r) {
         prepare_unbound(r);
         (void)keep(r.vm, r.host.create_vm(r.root.assume()));
       },
       [](Rig& r) { return outcome_of(r.vm->attach(r.root.assume(), *r.cdev)); }},
      {"cdev session",
       {open_iommufd, create_ioas, open_cdev, bind_iommufd, attach_ioas, watch_unplug},
       prepare_cdev_node,
       [](Rig& r) {
         const Result<void> done = open_cdev_session(r);
         if (!done) {
           r.let_go();
         }
         return outcome_of(done);
       }},
  };
  // Every handle closed by name, in every order.
  constexpr const char* names[] = {"iommufd", "address space", "cdev"};
  std::array<int, 3> order{0, 1, 2};
  do {
    all.push_back({std::string("close ") + names[order[0]] + ", " + names[order[1]] + ", " + names[order[2]],
                   {close_iommufd, destroy_ioas, close_device},
                   prepare_cdev,
                   [order](Rig& r) {
                     r.root.assume();
                     Result<void> outcome;
                     for (const int place : order) {
                       const Result<void> closed = place == 0   ? r.iommufd->close()
                                                   : place == 1 ? r.space->close()
                                                                : r.cdev->close(r.root);
                       outcome = outcome ? closed : outcome;
                     }
                     return outcome_of(outcome);
                   }});
  } while (std::next_permutation(order.begin(), order.end()));
  return all;
}

}  // namespace fake

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The open file of an IOMMU group, shared by its handle and by every device that was opened through it. It keeps the container
// that it joined. The last one to go closes the group, and after it the container.
#pragma once

#include <memory>
#include <utility>

#include "devlock/backend/linux/closing.hpp"
#include "devlock/backend/linux/container.hpp"

namespace devlock::linux_host {

template <SystemCalls Sys>
struct GroupFile {
  GroupFile(Descriptor<Sys> opened, int number) : descriptor(std::move(opened)), id(number) {}
  GroupFile(const GroupFile&) = delete;
  GroupFile& operator=(const GroupFile&) = delete;
  ~GroupFile() { closing_waits_for<vfio::group_lock>(this); }

  std::shared_ptr<Descriptor<Sys>> container;  // before the group's descriptor: destroyed after it
  Descriptor<Sys> descriptor;
  int id;
};

}  // namespace devlock::linux_host

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A mediated device as its parent's life-cycle sees it, and the list of all of them. Its end is counted: the last reference gives its
// uuid and its instance back. Its remove file is there once it can be removed, and a handler of it is waited for by whoever takes
// the file away; the handler that takes it away itself is not.
//
//   struct Port : vfio::Mdev<StdSync> { ... };       // what a driver keeps beside it
//
// Not checked: that who calls remove() on a device has a reference to it.
// Source: struct mdev_device in include/linux/mdev.h, mdev_list in drivers/vfio/mdev/mdev_core.c.
#pragma once

#include "devlock/lock/ordered.hpp"
#include "devlock/lock/reference.hpp"
#include "devlock/lock/rundown.hpp"
#include "devlock/order/guard.hpp"
#include "devlock/vfio/order.hpp"
#include "devlock/vfio/uuid.hpp"

namespace devlock::vfio {

/// How far a device is. Guarded by mdev_list_lock.
enum class MdevState {
  made,        ///< has its uuid and its instance, and nobody sees it
  registered,  ///< the driver core knows it; its creation is not over
  active,      ///< may be removed
  leaving,     ///< somebody removes it
};

template <Sync S, class Order>
class MdevList;

template <Sync S, class Order = VfioOrder>
class Mdev {
 public:
  using File = Rundown<S, Order, attribute>;

  explicit Mdev(const Uuid& name) : uuid(name), remove_file(typename File::Closed()) {}
  Mdev(const Mdev&) = delete;
  Mdev& operator=(const Mdev&) = delete;

  const Uuid uuid;
  /// Whoever makes it is the first user: the reference that its removal gives back.
  Reference<S, Order, mdev_list_lock> references;
  File remove_file;  ///< its handlers; there from the end of creation on
  File removal;      ///< the handler that removes it, from when it has the file until it is done
  typename S::template var<MdevState> state{MdevState::made};  // guarded by mdev_list_lock
  typename S::template var<const void*> parent{nullptr};  // guarded by mdev_list_lock; null once that is unregistered

 private:
  friend class MdevList<S, Order>;
  typename S::template var<Mdev*> next_{nullptr};  // guarded by mdev_list_lock
};

/// All mediated devices of a host, from the uuid's reservation to the last reference. The functions ask for `lock` to be held.
template <Sync S, class Order = VfioOrder>
class MdevList {
 public:
  using Device = Mdev<S, Order>;

  Ordered<mdev_list_lock, typename S::mutex> lock;

  [[nodiscard]] Device* find(const Uuid& uuid) const {
    return find_if([&](const Device& one) { return one.uuid == uuid; });
  }
  /// The first one that `matches`, the newest first; null if none does.
  template <class Matches>
  [[nodiscard]] Device* find_if(const Matches& matches) const {
    Device* one = first_.get();
    while (one != nullptr && !matches(*one)) {
      one = one->next_.get();
    }
    return one;
  }
  void add(Device& device) {
    device.next_.set(first_.get());
    first_.set(&device);
  }
  void remove(Device& device) {
    Device* before = nullptr;
    for (Device* one = first_.get(); one != &device; one = one->next_.get()) {
      before = one;
    }
    (before == nullptr ? first_ : before->next_).set(device.next_.get());
  }

 private:
  typename S::template var<Device*> first_{nullptr};
};

}  // namespace devlock::vfio

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A destructor that closes a descriptor takes no context: the one of the operation that opened it said what the close may wait for.
// Whether the thread that destroys the handle still holds no more than that, the validator looks at; without one this is nothing.
//
//   ~File() { closing_waits_for<vfio::group_lock>(this); }
//
// Not checked in release: that a handle is not destroyed under a lock that its opening would have refused. close(context) is.
#pragma once

#include "devlock/vfio/order.hpp"

namespace devlock::linux_host {

/// The close of `object` makes the kernel wait for a lock of this class. Call it before the close.
template <LockClass Class>
void closing_waits_for(const void* object, validate::Where where = validate::Where::current()) noexcept {
  const UncheckedContext<vfio::VfioOrder> context("the context of the opening bounds what a destructor may wait for",
                                                  where);
  context.mark.reference().template waits<vfio::VfioOrder, Class>(object, where);
}

}  // namespace devlock::linux_host

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The lock order of the catalogue, which is the shipped one, and the checker's locks under it. What goes against the order
// is done under an unchecked_context that says why; vfio/refused_edges.hpp lists what Linux itself does so.
//
// Include it first: a precondition of the library that is broken ends a search as a finding.
#pragma once

#include "devlock/check/require.hpp"
#define DEVLOCK_ASSERT(condition, sentence) devlock::check::require((condition), (sentence))

#include "devlock/lock/ordered.hpp"
#include "devlock/order/guard.hpp"
#include "devlock/order/shared_guard.hpp"
#include "devlock/order/try_guard.hpp"
#include "devlock/sync/relacy.hpp"
#include "devlock/vfio/order.hpp"

namespace catalogue {

using namespace devlock::vfio;
using KernelOrder = VfioOrder;
using Unchecked = devlock::unchecked_context<KernelOrder>;

using Sync = devlock::RelacySync;
template <class T>
using Var = Sync::var<T>;
template <class Class>
using Mutex = devlock::Ordered<Class, Sync::mutex>;
template <class Class>
using SharedMutex = devlock::Ordered<Class, Sync::shared_mutex>;

}  // namespace catalogue

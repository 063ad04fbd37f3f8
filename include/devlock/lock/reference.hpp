// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Reference counts the users of an object whose last user destroys it. Taking one never waits and fails once the count has
// reached zero; giving the last one back destroys, and destruction waits for locks. So put takes a context that may
// acquire what destruction waits for: the last kvm_put under group_lock, with a destructor that takes group_lock, does not compile.
//
//   if (vm.get_unless_zero()) { ... vm.put(context, [&] { destroy(vm); }); }
//
// Not checked: that each get has its put.
// Source: kvm_get_kvm_safe and kvm_put_kvm in virt/kvm/kvm_main.c.
#pragma once

#include <atomic>

#include "devlock/config.hpp"
#include "devlock/order/context.hpp"
#include "devlock/sync/concept.hpp"

namespace devlock {

/// `Destruction` is the first class that destroying the object waits for.
template <Sync S, class Order, LockClass Destruction>
class Reference {
 public:
  using Context = devlock::ContextFor<Order, Destruction>;

  /// Starts with one user: whoever makes it.
  Reference() = default;
  Reference(const Reference&) = delete;
  Reference& operator=(const Reference&) = delete;

  /// One user more, unless the last one left. Never waits.
  [[nodiscard]] bool get_unless_zero() {
    unsigned seen = users_.load(std::memory_order_relaxed);
    while (seen != 0U) {
      if (users_.compare_exchange_strong(seen, seen + 1U, std::memory_order_acquire)) {  // pairs with put()
        return true;
      }
    }
    return false;
  }
  /// One user less; the last one calls `destroy` under this context, outside every spinlock. True if it did.
  template <class Destroy>
  bool put(Context context, Destroy destroy, validate::Where where = validate::Where::current())
      DEVLOCK_REQUIRES(context) {
    context.mark.template waits<Order, Destruction>(this, where);  // as if every user were the last
    const unsigned before = users_.fetch_sub(1U, std::memory_order_acq_rel);  // pairs with itself in other users
    DEVLOCK_ASSERT(before != 0U, "put without get");
    if (before == 1U) {
      destroy(context);
      return true;
    }
    return false;
  }
  /// Users now. Stale as soon as it is returned.
  [[nodiscard]] unsigned users() const { return users_.load(std::memory_order_acquire); }  // pairs with put()

 private:
  typename S::template atomic<unsigned> users_{1U};
};

}  // namespace devlock

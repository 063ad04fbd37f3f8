// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What a refused guard is after the error: a context of what was held before it was asked for, with the members of a guard. So one
// mistake is one error, and what is written under the refused guard is judged on its own:
//
//   devlock::Guard bad{vm, group};      // error: lock_order_inversion<group_lock, Held<VfioOrder, kvm_lock>>
//   devlock::Guard next{bad, reference};  // no error of its own
//
// Nothing makes one: the constructors of the specialisations that derive from this are deleted.
#pragma once

#include "devlock/order/context.hpp"

namespace devlock::detail {

/// The set that a refusal was ruled under.
template <class Refusal>
struct refused_under;
template <template <class, class> class Rule, class Asked, class HeldSet>
struct refused_under<Rule<Asked, HeldSet>> {
  using type = HeldSet;
};
template <template <class, class, class> class Rule, class Asked, class Other, class HeldSet>
struct refused_under<Rule<Asked, Other, HeldSet>> {
  using type = HeldSet;
};

/// The base of every refused specialisation. Its destructor is not trivial, so that no compiler adds that the variable is unused.
template <class Refusal>
class Refused : public Parent<typename refused_under<Refusal>::type> {
 public:
  void release();
  [[nodiscard]] bool owns_lock() const noexcept;
  explicit operator bool() const noexcept;
  ~Refused();
};

}  // namespace devlock::detail

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Plain shared data for the model checker: two accesses that nothing orders, one of them a write, are a data race and
// end the search, in whichever order they ran. Its end is a write. It has no schedule point and so costs no executions.
// Not checked: data that is not in a Var.
#pragma once

#include <type_traits>

#include "devlock/sync/relacy/event.hpp"
#include "devlock/sync/relacy/location.hpp"
#include "devlock/sync/relacy/order.hpp"
#include "devlock/sync/relacy/touch.hpp"

namespace devlock::relacy {

template <class T>
class Var {
  static_assert(std::is_scalar_v<T>, "devlock: a Var holds a number, an enumerator or a pointer");
  // Relacy prints what it stores, and prints no enumerator.
  using Stored = typename std::conditional_t<std::is_enum_v<T>, std::underlying_type<T>, std::type_identity<T>>::type;

 public:
  Var() : Var(T()) {}
  explicit Var(T value) : var_((require_scenario(), static_cast<Stored>(value))) {}
  ~Var() {
    if (!detail::published.apart()) {  // else the scenario ends, and nobody is left to clash with
      const Location nowhere("", "", 0);
      record(Operation::destroy, Phase::wants, this, nowhere);
      var_(nowhere).store(Stored());
      record(Operation::destroy, Phase::done, this, nowhere);
    }
  }
  Var(const Var&) = delete;
  Var& operator=(const Var&) = delete;

  [[nodiscard, gnu::always_inline]] T get(const Location& where = {}) const {
    record(Operation::read, Phase::wants, this, where);
    const auto value = static_cast<T>(var_(where).load());
    record(Operation::read, Phase::done, this, where, shown(value));
    return value;
  }
  [[gnu::always_inline]] void set(T value, const Location& where = {}) {
    record(Operation::write, Phase::wants, this, where, shown(value));
    var_(where).store(static_cast<Stored>(value));
    record(Operation::write, Phase::done, this, where, shown(value));
  }

 private:
  rl::var<Stored> var_;
};

}  // namespace devlock::relacy

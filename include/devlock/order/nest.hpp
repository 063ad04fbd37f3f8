// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The nest lock: several locks of one class may be waited for in any order by a thread that holds, exclusively, the owner of all of
// them. The class says who that is, and the owner is named at each acquisition.
//
//   struct slot { static constexpr char name[] = "slot"; using nest_owner = shelf; };
//   devlock::Guard owner{root, the_shelf.lock};
//   devlock::Guard second{owner, the_shelf.slot[2], under(owner)};
//   devlock::Guard first{second, the_shelf.slot[1], under(owner)};
//
// A class has either instance keys or a nest owner: a thread that follows the keys and one that owns the nest would
// deadlock. That a guard which is named owns its lock is checked when the slot is taken, in release as well. Not checked by the
// types: that the slot belongs to that shelf. A lock that can say so has a member `bool owned_by(const Owner&)`, Owner being the
// shelf's lock, and the validator asks it; in release it is the caller's promise. Thread sanitizer knows no nest locks and may
// report slots that are taken in two orders as an inversion.
#pragma once

#include "devlock/order/context.hpp"

namespace devlock {

/// The guards of the nest locks that cover the lock asked for and every one of its class that is held.
template <class... Owners>
class Under {
 public:
  explicit Under(const Owners*... owners) : owners_{owners...} {}
  template <class Lock>
  void check(Lock& lock, validate::Where where) const {
    check(lock, where, std::index_sequence_for<Owners...>{});
  }

 private:
  template <class Lock, std::size_t... I>
  void check(Lock& lock, validate::Where where, std::index_sequence<I...>) const {
    DEVLOCK_ASSERT((static_cast<const Owners*>(owners_[I])->owns_lock() && ...),
                   "a nest lock that is named must be held: the try failed, or it was given back");
    validate::ContextMark::nests(lock, where, *static_cast<const Owners*>(owners_[I])...);
  }

  const void* owners_[sizeof...(Owners)];
};

/// Names the nest locks: `Guard{context, lock, under(owner)}`. Only guards that own their lock exclusively count.
template <class... Owners>
requires(sizeof...(Owners) > 0) [[nodiscard]] Under<Owners...> under(const Owners&... owners) {
  return Under<Owners...>(&owners...);
}

namespace detail {

struct not_an_owner {
  static constexpr char name[] = "no owner";
};

// The class that a guard added: the last element of its set.
template <class HeldSet>
struct newest_class {
  using type = not_an_owner;
};
template <class Order, LockClass Only>
struct newest_class<Held<Order, Only>> {
  using type = Only;
};
template <class Order, class First, class Second, class... Rest>
struct newest_class<Held<Order, First, Second, Rest...>> : newest_class<Held<Order, Second, Rest...>> {};

// The class of the lock that an owner holds. Only a guard owns one: two threads at once may have a claim or an open descriptor.
template <class Owner>
struct class_owned {
  using type = not_an_owner;
};
template <LockContext Owner>
requires requires(const Owner& owner) {
  owner.owns_lock();
}
struct class_owned<Owner> : newest_class<typename Owner::held> {};

// The one class of all owners.
template <class... Owners>
struct owner_class_of;
template <class First, class... More>
struct owner_class_of<First, More...> {
  using type =
      std::conditional_t<(std::same_as<typename class_owned<First>::type, typename class_owned<More>::type> && ...),
                         typename class_owned<First>::type, not_an_owner>;
};
template <class... Owners>
using owner_class = typename owner_class_of<Owners...>::type;

template <class Verdict, class Owner>
struct nest_permission {
  using type = Verdict;
};
template <class Order, class... Elements, class Owner>
struct nest_permission<Held<Order, Elements...>, Owner> {
  using type = UnderNest<Held<Order, Elements...>, Owner>;
};

template <class HeldSet, class Lock, class... Owners>
using nest_wait_verdict = typename nest_permission<wait_verdict<HeldSet, Lock, Mode::exclusive, owner_class<Owners...>>,
                                                   owner_class<Owners...>>::type;
template <class HeldSet, class Lock, class... Owners>
using nest_try_verdict =
    typename nest_permission<try_verdict<HeldSet, Lock, owner_class<Owners...>>, owner_class<Owners...>>::type;

}  // namespace detail
}  // namespace devlock

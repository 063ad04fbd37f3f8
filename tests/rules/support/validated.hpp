// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A world for the validator: classes, orders that know each other and one that says the opposite, locks of each kind, and what a thread
// holds as a plain list. A wait is judged by order/rule.hpp against every lock on that list, each time anew.
#pragma once

#define DEVLOCK_VALIDATE 1
#define DEVLOCK_NO_THREAD_SAFETY_ANALYSIS

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "devlock/lock/device_lock.hpp"
#include "devlock/order/context.hpp"
#include "devlock/order/hierarchy.hpp"
#include "devlock/sync/std.hpp"
#include "devlock/validate/live_mark.hpp"
#include "devlock/vfio/lock_classes.hpp"

namespace rules::validated {

using namespace devlock;
using devlock::detail::Element;
using devlock::detail::Hold;
using devlock::detail::Request;
using devlock::detail::Ruling;
using validate::Fault;
using validate::How;
using validate::LiveContextMark;

struct a {
  static constexpr char name[] = "a";
};
struct b {
  static constexpr char name[] = "b";
};
struct c {
  static constexpr char name[] = "c";
};
struct d {
  static constexpr char name[] = "d";
};
struct keyed {
  static constexpr char name[] = "keyed";
  using instance_key = int;
};
struct nested {
  static constexpr char name[] = "nested";
  using nest_owner = a;
};
struct Base : Hierarchy<Before<a, b>, Before<b, c>, Before<a, nested>, Before<b, keyed>, Before<nested, keyed>,
                        Before<a, vfio::device_lock>, Before<vfio::device_lock, vfio::config_access>> {};
struct Derived : Hierarchy<Extends<Base>, Before<d, a>> {};
struct Against : Hierarchy<Before<c, b>, Before<b, d>> {};

template <class Class>
struct Lock {
  using lock_class = Class;
  int key;
  int instance_key() { return key; }
};
struct Pair {
  using lock_classes = ClassList<a, b>;
  int unused;
};

// The orders by number, as a program is drawn.
inline constexpr std::size_t orders = 3;
template <class Do>
void with_order(std::size_t order, Do act) {
  order == 0 ? act(Base{}) : order == 1 ? act(Derived{}) : act(Against{});
}
inline bool extends(std::size_t order, std::size_t base) {
  return order == 1 && base == 0;
}
/// The ruling of one order; unordered if it does not know both.
inline Ruling ruling_of(std::size_t order, const Element& held, const Request& request) {
  Ruling ruling = Ruling::unordered;
  with_order(order, [&](auto of) {
    using Order = decltype(of);
    if (Order::table.contains(held.class_key) && Order::table.contains(request.class_key)) {
      ruling = devlock::detail::judge_wait(Order::table, &held, 1, request);
    }
  });
  return ruling;
}

struct OneClass {
  const char* name;
  std::uint64_t key;
  bool keyed;
};
/// A lock as data, and what is told to a mark about it.
struct AnyLock {
  void* object;
  std::size_t size;
  std::vector<OneClass> classes;
  bool nests = false;
  int key = 0;
  void (*want)(LiveContextMark&, void*, std::size_t order, How);
  void (*took)(LiveContextMark&, void*);
  void (*lost)(LiveContextMark&, void*);
  void (*gives)(LiveContextMark&, void*);
  // A guard of this lock alone.
  void (*enter_for)(LiveContextMark&, const LiveContextMark& parent, bool by_value, void*, std::size_t order, How);
  void (*took_first)(LiveContextMark&, void*, How);
  void (*leave_with)(LiveContextMark&, void*, How);
};
/// What `under` hands over: the guard of a nest lock.
struct Guarding {
  LiveContextMark mark;
};

template <class L>
AnyLock any_lock(L& lock, std::vector<OneClass> classes) {
  return {&lock,
          sizeof(L),
          std::move(classes),
          false,
          0,
          [](LiveContextMark& mark, void* object, std::size_t order, How how) {
            with_order(order, [&](auto of) { mark.want<decltype(of)>(*static_cast<L*>(object), how, {}); });
          },
          [](LiveContextMark& mark, void* object) { mark.took(*static_cast<L*>(object)); },
          [](LiveContextMark& mark, void* object) { mark.lost(*static_cast<L*>(object)); },
          [](LiveContextMark& mark, void* object) { mark.gives(*static_cast<L*>(object)); },
          [](LiveContextMark& mark, const LiveContextMark& parent, bool by_value, void* object, std::size_t order,
             How how) {
            with_order(order, [&](auto of) {
              L& entered = *static_cast<L*>(object);
              if (by_value) {
                mark.enter_for<decltype(of)>(parent.reference(), entered, how, {});
              } else {
                mark.enter_for<decltype(of)>(parent, entered, how, {});
              }
            });
          },
          [](LiveContextMark& mark, void* object, How how) { mark.took_first(*static_cast<L*>(object), how); },
          [](LiveContextMark& mark, void* object, How how) { mark.leave_with(*static_cast<L*>(object), how); }};
}
template <class Class>
OneClass one_class() {
  return {Class::name, devlock::detail::class_key<Class>, requires {typename Class::instance_key;
}
};  // namespace rules::validated
}

/// Two of each kind; of devices the whole and the parts, which are the same memory.
class Locks {
 public:
  Locks() {
    for (std::size_t i = 0; i != 2; ++i) {
      add(a_[i]);
      add(b_[i]);
      add(c_[i]);
      add(d_[i]);
      add(keyed_[i] = {static_cast<int>(i)});
      all.back().key = static_cast<int>(i);
      add(nested_[i]);
      all.back().nests = true;
      all.push_back(any_lock(pair_[i], {one_class<a>(), one_class<b>()}));
      const auto device = one_class<vfio::device_lock>();
      const auto config = one_class<vfio::config_access>();
      all.push_back(any_lock(device_[i], {device, config}));
      all.push_back(any_lock(device_[i].device(), {device}));
      all.push_back(any_lock(device_[i].config(), {config}));
    }
  }
  std::vector<AnyLock> all;

 private:
  template <class Class>
  void add(Lock<Class>& lock) {
    all.push_back(any_lock(lock, {one_class<Class>()}));
  }
  Lock<a> a_[2]{};
  Lock<b> b_[2]{};
  Lock<c> c_[2]{};
  Lock<d> d_[2]{};
  Lock<keyed> keyed_[2]{};
  Lock<nested> nested_[2]{};
  Pair pair_[2]{};
  DeviceLock<StdSync> device_[2];
};

struct Seen {
  Fault fault{};
  std::string asked;
  std::string other;
  const void* instance = nullptr;  ///< of the other party
  std::uint64_t count = 1;
  bool operator==(const Seen&) const = default;
};

/// A lock that is held, as the list has it.
struct HeldLock {
  const AnyLock* lock;
  std::uint64_t context;
  std::size_t order;
  How how;
  const void* owner;  ///< the nest lock named
};

constexpr bool is_nested(How how) {
  return how == How::nested_wait || how == How::nested_try;
}
constexpr bool is_shared(How how) {
  return how == How::shared_wait || how == How::shared_try;
}
constexpr bool is_wait(How how) {
  return how == How::wait || how == How::shared_wait || how == How::nested_wait || how == How::scope_wait;
}

/// What is wrong with this acquisition, by the list; nothing to say is an empty answer.
class Judge {
 public:
  std::vector<HeldLock> held;
  std::size_t program = orders;  ///< its order; `orders`: none yet

  [[nodiscard]] std::vector<Seen> judge(const HeldLock& asked) const {
    for (std::size_t i = held.size(); i-- != 0;) {
      if (same(*asked.lock, *held[i].lock)) {
        return {
            {Fault::already_held, asked.lock->classes[0].name, held[i].lock->classes[0].name, held[i].lock->object}};
      }
    }
    std::vector<Seen> found;
    for (std::size_t i = held.size(); i-- != 0 && is_wait(asked.how);) {
      Seen clash;
      if ((asked.how == How::scope_wait && held[i].context == asked.context) || permitted(held[i], asked, clash)) {
        continue;
      }
      if (found.empty()) {
        found.push_back(clash);
      } else {
        ++found[0].count;
      }
    }
    return found;
  }

 private:
  static bool common_class(const AnyLock& one, const AnyLock& other) {
    for (const OneClass& x : one.classes) {
      for (const OneClass& y : other.classes) {
        if (x.key == y.key) {
          return true;
        }
      }
    }
    return false;
  }
  static bool same(const AnyLock& one, const AnyLock& other) {
    const auto* const x = static_cast<const char*>(one.object);
    const auto* const y = static_cast<const char*>(other.object);
    return x < y + other.size && y < x + one.size && ((x == y && one.size == other.size) || common_class(one, other));
  }
  [[nodiscard]] bool permitted(const HeldLock& other, const HeldLock& asked, Seen& clash) const {
    for (const OneClass& wanted : asked.lock->classes) {
      for (const OneClass& has : other.lock->classes) {
        const Fault fault = fault_of(other, has, asked, wanted);
        if (fault != Fault{}) {
          clash = {fault, wanted.name, has.name, other.lock->object};
          return false;
        }
      }
    }
    return true;
  }
  [[nodiscard]] Fault fault_of(const HeldLock& other, const OneClass& has, const HeldLock& asked,
                               const OneClass& wanted) const {
    const auto owner = [](const HeldLock& of) { return is_nested(of.how) ? devlock::detail::class_key<a> : 0; };
    const Hold hold = is_shared(other.how) ? Hold::shared : is_nested(other.how) ? Hold::nested : Hold::exclusive;
    const Element element{hold, has.key, owner(other)};
    const Request request{wanted.key, is_shared(asked.how), wanted.keyed, owner(asked)};
    bool path = false;
    for (const std::size_t order : {asked.order, other.order, program}) {
      const Ruling ruling = order == orders ? Ruling::unordered : ruling_of(order, element, request);
      path = path || ruling == Ruling::permitted || ruling == Ruling::nest_owner_not_held;
      switch (ruling) {
        case Ruling::inversion:
          return Fault::inversion;
        case Ruling::same_class:
          return Fault::same_class;
        case Ruling::shared_after_shared:
          return Fault::shared_after_shared;
        case Ruling::nest_mixed:
          return Fault::outside_nest;
        default:
          break;
      }
    }
    if (!path) {
      return Fault::unordered;
    }
    if (has.key != wanted.key) {
      return Fault{};
    }
    if (is_nested(asked.how)) {
      return other.owner == nullptr || asked.owner == nullptr || other.owner == asked.owner ? Fault{}
                                                                                            : Fault::nest_owner;
    }
    return wanted.keyed && has.keyed && other.lock->key >= asked.lock->key ? Fault::instance_order : Fault{};
  }
};

}  // namespace rules::validated

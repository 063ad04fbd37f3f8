// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What a lock that is asked for has against what the thread really holds, whatever its contexts say: through erased and
// unchecked contexts, and across hierarchies. The ruling is that of order/rule.hpp, pair by pair, by the order of the context,
// by the one under which the other lock was taken, and by the program's; a path in one of them is enough, an inversion in
// one of them too.
#pragma once

#include "devlock/validate/finding.hpp"

namespace devlock::validate::detail {

using devlock::detail::Element;
using devlock::detail::Hold;
using devlock::detail::Request;
using devlock::detail::Ruling;

struct [[gnu::visibility("default")]] Program {
  static inline std::atomic<const OrderFacts*> order{nullptr};  ///< the most derived one so far
};

/// Waits, as opposed to a try.
constexpr bool waits(How how) {
  return how == How::wait || how == How::shared_wait || how == How::nested_wait || how == How::scope_wait;
}
constexpr bool is_shared(How how) { return how == How::shared_wait || how == How::shared_try; }
constexpr bool is_nested(How how) { return how == How::nested_wait || how == How::nested_try; }

constexpr Element element(const ClassFacts& held, How how) {
  const Hold hold = is_shared(how) ? Hold::shared : is_nested(how) ? Hold::nested : Hold::exclusive;
  return {hold, held.key, is_nested(how) ? held.owner_key : 0};
}
constexpr Request request(const ClassFacts& asked, How how) {
  return {asked.key, is_shared(how), asked.keyed, is_nested(how) ? asked.owner_key : 0};
}

struct Verdict {
  Ruling ruling = Ruling::permitted;
  const OrderFacts* order = nullptr;
};

/// May one be waited for while the other is held? `own` is the order of the context.
inline Verdict judge(const OrderFacts* own, const OrderFacts* holders, const Element& held, const Request& asked) {
  const OrderFacts* const orders[]{own, holders, Program::order.load(std::memory_order_relaxed)};
  Verdict verdict{Ruling::unordered, own};
  for (std::size_t i = 0; i != 3; ++i) {
    const OrderFacts* order = orders[i];
    if (order == nullptr || (i != 0 && order == own) || (i == 2 && order == holders) ||
        !order->contains(held.class_key) || !order->contains(asked.class_key)) {
      continue;
    }
    const Ruling ruling = order->judge(held, asked);
    if (ruling == Ruling::permitted || ruling == Ruling::nest_owner_not_held) {  // the owner is looked at elsewhere
      verdict = {Ruling::permitted, order};
    } else if (ruling != Ruling::unordered) {
      return {ruling, order};
    }
  }
  return verdict;
}

struct Clash {
  const HeldRecord* held = nullptr;  ///< the newest that clashes; null if none does
  std::size_t held_class = 0;
  std::size_t asked_class = 0;
  Fault fault{};
  const OrderFacts* order = nullptr;
  std::uint64_t count = 0;
};

constexpr Fault fault_of(Ruling ruling) {
  switch (ruling) {
    case Ruling::inversion: return Fault::inversion;
    case Ruling::same_class: return Fault::same_class;
    case Ruling::shared_after_shared: return Fault::shared_after_shared;
    case Ruling::nest_mixed: return Fault::outside_nest;
    default: return Fault::unordered;
  }
}

/// True if one of the nest locks named covers the held lock as well.
inline bool covered(const Thread& thread, const HeldRecord& held) {
  for (std::size_t h = 0; h != held.owner_count; ++h) {
    for (std::size_t n = 0; n != thread.named_count; ++n) {
      if (thread.named[n] == held.owners[h]) {
        return true;
      }
    }
  }
  return held.owner_count == 0 || thread.named_count == 0;
}

/// What a wait for a lock has against one that is held.
inline Clash compare(const Thread& thread, const HeldRecord& held, const LockSight& sight, const OrderFacts* own,
                     How how) {
  const LockFacts& asked = *sight.facts;
  const LockFacts& other = *held.sight.facts;
  for (std::size_t a = 0; a != asked.count; ++a) {
    for (std::size_t h = 0; h != other.count; ++h) {
      const Verdict verdict =
          judge(own, held.order, element(other.classes[h], held.how), request(asked.classes[a], how));
      Clash clash{&held, h, a, fault_of(verdict.ruling), verdict.order, 1};
      if (verdict.ruling != Ruling::permitted) {
        return clash;
      }
      if (asked.classes[a].key != other.classes[h].key) {
        continue;
      }
      if (is_nested(how) && !covered(thread, held)) {
        clash.fault = Fault::nest_owner;
        return clash;
      }
      if (!is_nested(how) && asked.follows != nullptr && other.read_key != nullptr &&
          !asked.follows(sight.lock, other, held.sight.lock)) {
        clash.fault = Fault::instance_order;
        return clash;
      }
    }
  }
  return {};
}

inline KnownPairs::Pair pair_of(const HeldRecord& held, const LockSight& sight, const OrderFacts* own, How how) {
  const OrderFacts* const program = Program::order.load(std::memory_order_relaxed);
  return {held.sight.facts, sight.facts, held.order, own, program, held.how, how};
}
inline bool shares_class(const LockFacts& one, const LockFacts& other) {
  for (std::size_t a = 0; a != one.count; ++a) {
    for (std::size_t b = 0; b != other.count; ++b) {
      if (one.classes[a].key == other.classes[b].key) {
        return true;
      }
    }
  }
  return false;
}

/// What a wait has against everything held. Locks that its own scope took are no matter.
inline Clash find_clash(Thread& thread, std::uint64_t context, const LockSight& sight, const OrderFacts* own, How how) {
  Clash found;
  for (HeldRecord* held = thread.held.newest(); held != nullptr; held = thread.held.older(*held)) {
    const bool own_scope =
        how == How::scope_wait && held->serial.load(std::memory_order_relaxed) == context;  // written by this thread
    if (!held->held || own_scope) {
      continue;
    }
    const Clash clash = compare(thread, *held, sight, own, how);
    if (clash.held == nullptr) {
      if (!shares_class(*held->sight.facts, *sight.facts)) {
        thread.known.add(pair_of(*held, sight, own, how));
      }
    } else if (found.held == nullptr) {
      found = clash;
    } else {
      ++found.count;
    }
  }
  return found;
}

/// Tells what was found, with the declared path if there is one.
inline void tell_clash(Thread& thread, const Clash& clash, Fault fault, const LockSight& sight, How how,
                       const Site& site, std::uint64_t count) {
  Report report;
  report.fault = fault;
  report.subject = party(sight, how, site, clash.asked_class);
  report.other = party(*clash.held, clash.held_class);
  report.order = clash.order->name;
  report.count = count;
  const char* path[devlock::detail::max_classes];
  const std::uint64_t outer = sight.facts->classes[clash.asked_class].key;
  const std::uint64_t inner = clash.held->sight.facts->classes[clash.held_class].key;
  if (clash.fault == Fault::inversion) {
    report.path_length = find_path(*clash.order, outer, inner, path);
    report.path = path;
    report.path_to_leaf = report.path_length == 2 && !has_edge(*clash.order, outer, inner);
  }
  tell(thread, report);
}

/// Whether the two have memory in common.
inline bool overlap(const LockSight& one, const LockSight& other) {
  const auto begin = reinterpret_cast<std::uintptr_t>(one.place);
  const auto start = reinterpret_cast<std::uintptr_t>(other.place);
  return begin < start + other.size && start < begin + one.size;
}

/// The same mutex, or (by address and class) a part of the lock, or what it is a part of.
inline const HeldRecord* find_same(Thread& thread, const LockSight& sight) {
  for (HeldRecord* held = thread.held.newest(); held != nullptr; held = thread.held.older(*held)) {
    if (!held->held || !overlap(sight, held->sight)) {
      continue;
    }
    const bool whole = sight.place == held->sight.place && sight.size == held->sight.size;
    if (whole || shares_class(*sight.facts, *held->sight.facts)) {
      return held;
    }
  }
  return nullptr;
}

/// Nothing more to look at in this lock that is held: it is another one, and is no matter to a wait or was permitted before.
inline bool harmless(const Thread& thread, std::uint64_t context, const HeldRecord& held, const LockSight& sight,
                     const OrderFacts* own, How how) {
  if (!held.held) {
    return true;
  }
  if (overlap(sight, held.sight)) {
    return false;
  }
  const bool own_scope =
      how == How::scope_wait && held.serial.load(std::memory_order_relaxed) == context;  // written by this thread
  return !waits(how) || own_scope || thread.known.has(pair_of(held, sight, own, how));
}

}  // namespace devlock::validate::detail

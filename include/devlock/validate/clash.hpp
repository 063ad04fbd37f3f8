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
  const Record* held = nullptr;  ///< the newest that clashes; null if none does
  std::size_t held_class = 0;
  std::size_t asked_class = 0;
  Fault fault{};
  const OrderFacts* order = nullptr;
  std::uint64_t count = 0;
};

constexpr Fault fault_of(Ruling ruling) {
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
      return Fault::unordered;
  }
}

/// True if one of the nest locks named covers the held lock as well.
inline bool covered(const Thread& thread, const Record& held) {
  for (std::size_t h = 0; h != held.nest_owners(); ++h) {
    for (std::size_t n = 0; n != thread.named_count; ++n) {
      if (thread.named[n] == held.owners[h]) {
        return true;
      }
    }
  }
  return held.nest_owners() == 0 || thread.named_count == 0;
}

/// What a wait for a lock has against one that is held.
inline Clash compare(const Thread& thread, const Record& held, const void* lock, const AskedFacts& asked) {
  const LockFacts& wanted = *asked.lock;
  const LockFacts& other = *held.asks().lock;
  for (std::size_t a = 0; a != wanted.count; ++a) {
    for (std::size_t h = 0; h != other.count; ++h) {
      const Verdict verdict = judge(asked.order, held.asks().order, element(other.classes[h], held.how()),
                                    request(wanted.classes[a], asked.how));
      Clash clash{&held, h, a, fault_of(verdict.ruling), verdict.order, 1};
      if (verdict.ruling != Ruling::permitted) {
        return clash;
      }
      if (wanted.classes[a].key != other.classes[h].key) {
        continue;
      }
      if (is_nested(asked.how) && !covered(thread, held)) {
        clash.fault = Fault::nest_owner;
        return clash;
      }
      if (!is_nested(asked.how) && wanted.follows != nullptr && other.read_key != nullptr &&
          !wanted.follows(lock, other, held.lock_address())) {
        clash.fault = Fault::instance_order;
        return clash;
      }
    }
  }
  return {};
}

inline KnownPairs::Pair pair_of(const Record& held, const AskedFacts& asked) {
  return {&held.asks(), &asked, Program::order.load(std::memory_order_relaxed)};  // constants, wherever it points
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

/// Locks that its own scope took are no matter to a wait.
inline bool is_own_scope(const Record* context, const Record& held, How how) {
  return how == How::scope_wait && held.its_context() == context;
}

/// What a wait has against everything held.
inline Clash find_clash(Thread& thread, const Record* context, const void* lock, const AskedFacts& asked) {
  Clash found;
  for (const Record* held = newest_held(thread); held != nullptr; held = older_held(thread, *held)) {
    if (is_own_scope(context, *held, asked.how)) {
      continue;
    }
    const Clash clash = compare(thread, *held, lock, asked);
    if (clash.held == nullptr) {
      if (!shares_class(*held->asks().lock, *asked.lock)) {
        thread.known.add(pair_of(*held, asked));
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
  const std::uint64_t inner = clash.held->asks().lock->classes[clash.held_class].key;
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
inline const Record* find_same(Thread& thread, const LockSight& sight) {
  for (const Record* held = newest_held(thread); held != nullptr; held = older_held(thread, *held)) {
    const LockSight other = held->sight();
    if (!overlap(sight, other)) {
      continue;
    }
    const bool whole = sight.place == other.place && sight.size == other.size;
    if (whole || shares_class(*sight.facts, *other.facts)) {
      return held;
    }
  }
  return nullptr;
}

}  // namespace devlock::validate::detail

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The rules, once, as constexpr functions over plain data: what is held, what is asked for, and the ruling. The types of verdict.hpp ask
// them about classes, the check of the rules asks them about random programs. A convenience that weakens a rule belongs
// nowhere else, so that it is caught there.
//
//   wait    every held class strictly precedes the one asked for; all of them count, the tried ones too
//   try     any order, the class must be known
//   bound   what a ContextFor<X> may be made from: everything held strictly precedes X
//   sleep   a condition wait: the waited lock is the only one held, others named must strictly precede it
#pragma once

#include <cstddef>
#include <cstdint>

#include "devlock/order/order_table.hpp"

namespace devlock::detail {

/// How a class is held.
enum class Hold : unsigned char {
  exclusive,  ///< by a Guard or a TryGuard
  shared,     ///< by a SharedGuard
  nested,     ///< by a Guard that named the nest lock above it
  below,      ///< not held: a bound, everything held precedes this class
};

struct Element {
  Hold hold;
  std::uint64_t class_key;
  std::uint64_t owner_key;  ///< nested: the class of the nest lock; else 0
};

struct Request {
  std::uint64_t class_key;
  bool shared = false;          ///< as a reader
  bool keyed = false;           ///< the class orders its instances by a key, which is checked when the lock is taken
  std::uint64_t owner_key = 0;  ///< the class of the nest lock named; 0 for none
  const char* name = "";        ///< the identity of the class; empty if its key says enough
};

enum class Ruling : unsigned char {
  permitted,
  unknown_class,
  unknown_of_this_name,
  inversion,
  unordered,
  same_class,
  shared_after_shared,
  nest_owner_not_held,
  nest_mixed,
  sleep_under_bound,
  sleep_with_others,
  sleep_named_not_before,
  sleep_without_lock,
};

template <class Table>
constexpr bool admits(const Table& table, const Element& held, std::uint64_t next) {
  return (held.hold == Hold::below && held.class_key == next) || table.precedes(held.class_key, next);
}

// A second instance of a held class: by instance order, or under one nest lock that also covers the held one.
constexpr bool admits_same_class(const Element& held, const Request& request) {
  if (request.owner_key != 0) {
    return held.hold == Hold::nested && held.owner_key == request.owner_key;
  }
  return request.keyed && !request.shared && held.hold == Hold::exclusive;
}

// May the class be asked for at all?
template <class Table>
constexpr Ruling judge_class(const Table& table, std::uint64_t key, const char* name) {
  const std::size_t row = table.row_of(key);
  if (row == table.nowhere) {
    return Ruling::unknown_class;
  }
  return *name == '\0' || table.has_name(row, name) ? Ruling::permitted : Ruling::unknown_of_this_name;
}

template <class Table>
constexpr Ruling refuse(const Table& table, const Element& held, const Request& request) {
  if (held.hold != Hold::below && held.class_key == request.class_key) {
    if (request.shared && held.hold == Hold::shared) {
      return Ruling::shared_after_shared;
    }
    return request.owner_key != 0 ? Ruling::nest_mixed : Ruling::same_class;
  }
  return table.precedes(request.class_key, held.class_key) ? Ruling::inversion : Ruling::unordered;
}

/// May a thread that holds these elements wait for the class asked for?
template <class Table>
constexpr Ruling judge_wait(const Table& table, const Element* held, std::size_t count, const Request& request) {
  const std::size_t asked = table.row_of(request.class_key);
  if (asked == table.nowhere) {
    return Ruling::unknown_class;
  }
  if (*request.name != '\0' && !table.has_name(asked, request.name)) {
    return Ruling::unknown_of_this_name;
  }
  bool owner_held = request.owner_key == 0;
  Ruling ruling = Ruling::permitted;
  for (const Element* e = held; e != held + count; ++e) {
    owner_held = owner_held || (e->hold == Hold::exclusive && e->class_key == request.owner_key);
    const bool fine = e->class_key != request.class_key ? table.precedes_row(e->class_key, asked)
                                                        : e->hold == Hold::below || admits_same_class(*e, request);
    if (!fine && (ruling == Ruling::permitted || ruling == Ruling::unordered)) {
      ruling = refuse(table, *e, request);
    }
  }
  if (ruling == Ruling::permitted && !owner_held) {
    return Ruling::nest_owner_not_held;
  }
  return ruling;
}

/// May it try? Only the class must be known, and a nest lock that is named must be held.
template <class Table>
constexpr Ruling judge_try(const Table& table, const Element* held, std::size_t count, const Request& request) {
  if (const Ruling ruling = judge_class(table, request.class_key, request.name); ruling != Ruling::permitted) {
    return ruling;
  }
  bool owner_held = request.owner_key == 0;
  for (std::size_t i = 0; i != count; ++i) {
    owner_held = owner_held || (held[i].hold == Hold::exclusive && held[i].class_key == request.owner_key);
  }
  return owner_held ? Ruling::permitted : Ruling::nest_owner_not_held;
}

/// May a ContextFor<X> be made here?
template <class Table>
constexpr Ruling judge_bound(const Table& table, const Element* held, std::size_t count, std::uint64_t bound,
                             const char* name = "") {
  if (const Ruling ruling = judge_class(table, bound, name); ruling != Ruling::permitted) {
    return ruling;
  }
  for (std::size_t i = 0; i != count; ++i) {
    if (!admits(table, held[i], bound)) {
      return refuse(table, held[i], Request{bound});
    }
  }
  return Ruling::permitted;
}

/// May it sleep on a condition of the lock `waited`, with the classes `named` held as well?
template <class Table>
constexpr Ruling judge_sleep(const Table& table, const Element* held, std::size_t count, std::uint64_t waited,
                             const std::uint64_t* named, std::size_t named_count) {
  std::size_t waited_count = 0;
  for (std::size_t i = 0; i != count; ++i) {
    if (held[i].hold == Hold::below) {
      return Ruling::sleep_under_bound;
    }
    if (held[i].class_key == waited && held[i].hold != Hold::shared) {
      ++waited_count;
      continue;
    }
    bool is_named = false;
    for (std::size_t n = 0; n != named_count; ++n) {
      is_named = is_named || named[n] == held[i].class_key;
    }
    if (!is_named) {
      return Ruling::sleep_with_others;
    }
    if (!table.precedes(held[i].class_key, waited)) {
      return Ruling::sleep_named_not_before;
    }
  }
  if (waited_count != 1) {
    return waited_count == 0 ? Ruling::sleep_without_lock : Ruling::sleep_with_others;
  }
  return Ruling::permitted;
}

}  // namespace devlock::detail

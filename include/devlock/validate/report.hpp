// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What the validator found, and who is told. The handler gets one Report per finding, on the thread that did it, at the moment before it
// happens (a wait that would deadlock has not begun). The default prints it to stderr and aborts; if a handler returns, execution goes on.
//
//   devlock::validate::set_handler([](const devlock::validate::Report& report) { log(report.fault); });
//
// A handler must not throw. It may take locks, its own mistakes are not reported. A Report and what it points to live until it
// returns, except for names of classes, files and functions, which live as long as the program.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "devlock/validate/how.hpp"
#include "devlock/validate/where.hpp"

namespace devlock::validate {

/// What is wrong. The values are stable.
enum class Fault : unsigned char {
  stale_context = 1,         ///< made from a context that is not this thread's newest live one
  foreign_context = 2,       ///< a context used, or ended, by another thread
  second_root = 3,           ///< a ThreadContext on a thread that has a context
  second_order = 4,          ///< two ThreadContext orders in one program, neither extends the other
  inversion = 5,             ///< waits for a class that precedes one that is held
  unordered = 6,             ///< waits for a class that no path connects with one that is held
  same_class = 7,            ///< waits for a second lock of a held class
  shared_after_shared = 8,   ///< the same as a reader after a reader
  outside_nest = 9,          ///< under a nest lock, while one of the class is held that was not taken under it
  nest_owner = 10,           ///< the nest lock named is not held, or is not the owner of this lock and of all held ones
  instance_order = 11,       ///< the instance key is not greater than that of a held instance
  already_held = 12,         ///< waits for, tries or adopts an instance that this thread holds
  release_under_child = 13,  ///< a context ends while one that was made from it lives
  foreign_unlock = 14,       ///< a lock is given back by a thread that did not take it
  device_not_live = 15,      ///< a guard waits for a device whose unplug was asked for, or that is gone
  hold_and_retry = 16,       ///< keeps trying, with locks held, what it must not wait for
  sleep_with_locks = 17,     ///< a condition wait with another lock held that does not precede or is not named
  destroyed_while_held = 18,  ///< a lock ends its life while somebody holds it
  thread_exit = 19,           ///< a thread ends and still holds locks
  too_many = 20,              ///< no room for more locks or contexts of one thread; said once per thread
};

/// A place in the source.
using Site = BasicWhere<true>;

/// One side of a finding: a lock, or a context.
struct Party {
  const char* class_name = nullptr;  ///< of a lock; null for a context
  const void* instance = nullptr;    ///< the lock's address; null for a context
  How how = How::wait;               ///< how the lock was asked for
  Site site;                         ///< where; an empty file is not known
  std::uint64_t thread = 0;          ///< whose it is, 0 is not known
  const char* reason = nullptr;      ///< of an unchecked context
};

/// A finding.
struct Report {
  Fault fault{};
  std::uint64_t thread = 0;           ///< threads are numbered from 1, as they come to the validator
  Party subject;                      ///< what this thread is about to do
  Party other;                        ///< what it collides with
  std::string_view order;             ///< the hierarchy that decides
  std::string_view other_order{};     ///< second_order: the one before it
  const char* const* path = nullptr;  ///< inversion: the declared classes from the one asked for to the one held
  std::size_t path_length = 0;        ///< two classes without an edge: the inner one is a leaf
  bool path_to_leaf = false;
  std::uint64_t count = 1;      ///< locks that collide, failed tries, or locks held
  const Party* held = nullptr;  ///< the newest locks that the thread holds, newest first
  std::size_t held_shown = 0;
  std::size_t held_total = 0;
};

using Handler = void (*)(const Report&);

/// Prints to stderr without allocating, and aborts.
inline void print_and_abort(const Report& report) noexcept;

namespace detail {
struct [[gnu::visibility("default")]] HandlerCell {
  static inline std::atomic<Handler> current{&print_and_abort};
};
}  // namespace detail

/// Sets who is told, for the whole program, and answers who was. Null is the default.
inline Handler set_handler(Handler handler) noexcept {
  return detail::HandlerCell::current.exchange(handler == nullptr ? &print_and_abort : handler,
                                               std::memory_order_acq_rel);  // pairs with the load in handler()
}
/// Who is told now.
inline Handler handler() noexcept {
  return detail::HandlerCell::current.load(std::memory_order_acquire);  // pairs with set_handler()
}

}  // namespace devlock::validate

#include "devlock/validate/describe.hpp"

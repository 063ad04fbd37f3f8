// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// One step in words: "lock kvm_lock", "try_lock kvm_lock: busy", "load users = 2". Traces and diagrams say it alike.
#pragma once

#include "devlock/check/report/history.hpp"

namespace devlock::check::detail {

constexpr const char* word(Operation operation) {
  switch (operation) {
    case Operation::load: return "load";
    case Operation::store: return "store";
    case Operation::exchange: return "exchange";
    case Operation::fetch: return "fetch";
    case Operation::compare_exchange: return "compare_exchange";
    case Operation::fence: return "fence";
    case Operation::futex_wait: return "wait";
    case Operation::notify_one: return "notify_one";
    case Operation::notify_all: return "notify_all";
    case Operation::lock: return "lock";
    case Operation::try_lock: return "try_lock";
    case Operation::unlock: return "unlock";
    case Operation::lock_shared: return "lock_shared";
    case Operation::try_lock_shared: return "try_lock_shared";
    case Operation::unlock_shared: return "unlock_shared";
    case Operation::condition_wait: return "wake from";
    case Operation::read: return "read";
    case Operation::write: return "write";
    case Operation::destroy: return "destroy";
    case Operation::yield: return "yield";
    case Operation::step: return "step";
    case Operation::mark: return "mark";
  }
  return "?";
}

/// Whether Event::value says something.
constexpr bool has_value(Operation operation) {
  switch (operation) {
    case Operation::load:
    case Operation::store:
    case Operation::exchange:
    case Operation::fetch:
    case Operation::compare_exchange:
    case Operation::read:
    case Operation::write: return true;
    default: return false;
  }
}

inline std::string list_of(const std::vector<std::string>& names, const std::vector<unsigned>& chosen) {
  std::string text;
  for (std::size_t i = 0; i != chosen.size(); ++i) {
    text += (i == 0 ? "" : i + 1 == chosen.size() ? " and " : ", ") + names[chosen[i]];
  }
  return text;
}

/// What a step did. `full`: with the threads that it had to do with.
inline std::string describe(const History& history, const Step& step, bool full) {
  const relacy::Event& event = step.event;
  const std::string object = step.object == ObjectTable::none ? "" : history.objects.name(step.object);
  const std::string others = list_of(history.threads, step.others);
  if (event.operation == Operation::mark) {
    const std::string text = one_line(static_cast<const char*>(event.object));
    return step.kind == Step::Kind::refused ? "require failed: " + text : "mark \"" + text + '"';
  }
  if (step.kind == Step::Kind::waits) {
    if (object.empty()) {
      return "waits";
    }
    if (!locks(event.operation)) {
      return "sleeps on " + object +
             (full && step.second != ObjectTable::none ? ", gives back " + history.objects.name(step.second) : "");
    }
    return "waits for " + object + (full && !others.empty() ? (step.queued ? ", behind the writer " : ", held by ") + others : "");
  }
  const bool woken = step.kind == Step::Kind::done || event.operation != Operation::condition_wait;
  std::string text = woken ? word(event.operation) : step.kind == Step::Kind::refused ? "time out on" : "wait on";
  if (!object.empty()) {
    text += ' ' + object;
  }
  if (step.kind == Step::Kind::refused && event.operation != Operation::condition_wait) {
    text += locks(event.operation) ? ": busy" : ": failed";
    if (full && !others.empty()) {
      text += ", held by " + others;
    }
  }
  if (step.kind == Step::Kind::fails) {
    return text + ": fails";
  }
  if (has_value(event.operation)) {
    text += (step.kind == Step::Kind::refused ? ", = " : " = ") + history.text_of(event.value);
  }
  if (notifies(event.operation) && full) {
    text += others.empty() ? ": nobody sleeps there" : ": sleeping there " + others;
  }
  return text;
}

}  // namespace devlock::check::detail

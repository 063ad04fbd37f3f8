// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The objects of a recording, numbered in the order in which they first appear, and what a person calls them: the name that
// the scenario gave, or that of a lock class, or the kind and a number: "mutex 1", "atomic 2". No address leaves it.
//
// Not told apart: two objects of one kind that lay at one address one after the other.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "devlock/check/report/event_log.hpp"

namespace devlock::check::detail {

/// A name or a message: what would break a line of a report is a space.
inline std::string one_line(std::string text) {
  for (char& c : text) {
    c = static_cast<unsigned char>(c) < 0x20U || c == 0x7f ? ' ' : c;
  }
  return text;
}

class ObjectTable {
 public:
  static constexpr int none = -1;

  ObjectTable() = default;
  explicit ObjectTable(const Recording& recording) {
    for (const LogEntry& entry : recording.entries) {
      if (!entry.sleeps) {
        note(entry.event);
      }
    }
    for (const LogEntry& entry : recording.entries) {
      if (!entry.sleeps && touches_object(entry.event.operation) && find(entry.event) == none) {
        // Only ever notified: a condition, since the wait of an atomic loads it.
        add(entry.event.object, Kind::condition);
      }
    }
    for (Object& object : objects_) {
      object.name = unique(one_line(name_of(object, recording.names)));
    }
  }

  [[nodiscard]] std::size_t size() const { return objects_.size(); }
  [[nodiscard]] const std::string& name(int object) const { return objects_[static_cast<std::size_t>(object)].name; }
  /// The object that an event is about, or none.
  [[nodiscard]] int find(const relacy::Event& event) const {
    if (!touches_object(event.operation)) {
      return none;
    }
    for (std::size_t i = 0; i != objects_.size(); ++i) {
      if (objects_[i].address == event.object && fits(objects_[i].kind, event.operation)) {
        return static_cast<int>(i);
      }
    }
    return none;
  }
  [[nodiscard]] int find_mutex(const void* address) const {
    for (std::size_t i = 0; i != objects_.size(); ++i) {
      if (objects_[i].address == address && (objects_[i].kind == Kind::mutex || objects_[i].kind == Kind::shared_mutex)) {
        return static_cast<int>(i);
      }
    }
    return none;
  }

 private:
  using Operation = relacy::Operation;
  enum class Kind { mutex, shared_mutex, atomic, condition, var, unknown };
  struct Object {
    const void* address = nullptr;
    Kind kind = Kind::unknown;
    std::string name;
  };

  static constexpr Kind kind_of(Operation operation) {
    switch (operation) {
      case Operation::load:
      case Operation::store:
      case Operation::exchange:
      case Operation::fetch:
      case Operation::compare_exchange:
      case Operation::futex_wait: return Kind::atomic;
      case Operation::lock:
      case Operation::try_lock:
      case Operation::unlock: return Kind::mutex;
      case Operation::lock_shared:
      case Operation::try_lock_shared:
      case Operation::unlock_shared: return Kind::shared_mutex;
      case Operation::condition_wait: return Kind::condition;
      case Operation::read:
      case Operation::write:
      case Operation::destroy: return Kind::var;
      default: return Kind::unknown;  // a notification has either of two kinds, the rest has no object
    }
  }
  static constexpr bool notifies(Operation operation) {
    return operation == Operation::notify_one || operation == Operation::notify_all;
  }
  static constexpr bool touches_object(Operation operation) {
    return kind_of(operation) != Kind::unknown || notifies(operation);
  }
  static constexpr bool is_mutex(Kind kind) { return kind == Kind::mutex || kind == Kind::shared_mutex; }
  static constexpr bool fits(Kind kind, Operation operation) {
    const Kind other = kind_of(operation);
    return kind == other || (is_mutex(kind) && is_mutex(other)) ||
           (notifies(operation) && (kind == Kind::atomic || kind == Kind::condition));
  }
  void note(const relacy::Event& event) {
    const Kind kind = kind_of(event.operation);
    if (kind == Kind::unknown) {
      return;
    }
    const int found = find(event);
    if (found == none) {
      add(event.object, kind);
    } else if (kind == Kind::shared_mutex) {
      objects_[static_cast<std::size_t>(found)].kind = kind;
    }
  }
  void add(const void* address, Kind kind) { objects_.push_back({address, kind, {}}); }

  // The name of the smallest thing that the object lies in. A lock class in something larger that has a name is called
  // by both: "0000:01:00.0 device_lock".
  [[nodiscard]] std::string name_of(const Object& object, std::span<const ObjectName> names) const {
    const ObjectName* given = nullptr;
    const ObjectName* derived = nullptr;
    for (const ObjectName& name : names) {
      const ObjectName*& best = name.given ? given : derived;
      if (lies_in(object.address, name) && (best == nullptr || name.size <= best->size)) {
        best = &name;
      }
    }
    if (given != nullptr && derived != nullptr && given->size > derived->size) {
      return std::string(given->text) + ' ' + derived->text;
    }
    if (given != nullptr || derived != nullptr) {
      return given != nullptr ? given->text : derived->text;
    }
    constexpr const char* words[] = {"mutex", "shared mutex", "atomic", "condition", "var", "object"};
    std::size_t number = 0;
    for (const Object& other : objects_) {
      number += other.kind == object.kind ? 1U : 0U;
      if (&other == &object) {
        break;
      }
    }
    return std::string(words[static_cast<int>(object.kind)]) + ' ' + std::to_string(number);
  }
  static bool lies_in(const void* object, const ObjectName& name) {
    const auto* address = static_cast<const char*>(object);
    const auto* begin = static_cast<const char*>(name.begin);
    return !std::less<>()(address, begin) && std::less<>()(address, begin + name.size);
  }
  [[nodiscard]] std::string unique(const std::string& name) const {
    std::string tried = name;
    for (unsigned number = 2; taken(tried); ++number) {
      tried = name + ' ' + std::to_string(number);
    }
    return tried;
  }
  [[nodiscard]] bool taken(const std::string& name) const {
    for (const Object& object : objects_) {
      if (object.name == name) {
        return true;
      }
    }
    return false;
  }

  std::vector<Object> objects_;
};

}  // namespace devlock::check::detail

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A report as text: what happened, both places, the declared path, everything held, and what to do. It is written into a buffer
// of the caller's, because locks may be held and memory must not be asked for.
#pragma once

#include <cstdio>
#include <cstdlib>

#include "devlock/validate/report.hpp"

namespace devlock::validate {

namespace detail {

/// What a report says besides names and places.
struct Words {
  const char* title;
  const char* subject;  ///< before the first party
  const char* other;    ///< before the second
  const char* remedy;
};

constexpr Words words(Fault fault) {
  switch (fault) {
    case Fault::stale_context:
      return {"stale context", "uses the context made", "newest context", "use the newest context, or end it first"};
    case Fault::foreign_context:
      return {"context of another thread", "uses the context made", "here", "make a ThreadContext on this thread"};
    case Fault::second_root:
      return {"second root on a thread", "makes a root", "newest context", "pass the context that the thread has"};
    case Fault::second_order:
      return {"second order in one program", "makes a root", "first order", "let one order extend the other"};
    case Fault::inversion:
      return {"lock order inversion", "", "while it holds", "take the outer lock first, or try it"};
    case Fault::unordered:
      return {"no declared order", "", "while it holds", "declare a Before between the classes, or try the lock"};
    case Fault::same_class:
      return {"same class held", "", "while it holds", "an instance key, a nest owner, a HierarchicalLock, or a try"};
    case Fault::shared_after_shared:
      return {"shared after shared", "", "while it holds", "a writer may be queued between them: pass the first on"};
    case Fault::outside_nest:
      return {"held outside the nest", "", "while it holds", "take every lock of the class under the nest lock"};
    case Fault::nest_owner:
      return {"wrong nest owner", "", "nest lock", "name the guards that own this lock and all held ones of its class"};
    case Fault::instance_order:
      return {"instance order violated", "", "while it holds", "take the instances in the order of their keys"};
    case Fault::already_held:
      return {"lock held by this thread already", "", "taken", "pass the context of the guard that holds it"};
    case Fault::release_under_child:
      return {"release under a live child", "ends the context of", "child", "end the child first"};
    case Fault::foreign_unlock:
      return {"unlock by another thread", "gives back", "taken", "end a guard on the thread that made it"};
    case Fault::device_not_live:
      return {"device is not live", "", "", "look at life() first; try instead of waiting while it is revoked"};
    case Fault::hold_and_retry:
      return {"hold and retry", "", "while it holds", "give back what is held before the next try, or retry_bounded"};
    case Fault::sleep_with_locks:
      return {"condition wait with locks held", "sleeps on", "while it holds", "release it, or name it if it precedes"};
    case Fault::destroyed_while_held:
      return {"lock destroyed while held", "destroys", "taken", "end every guard before the lock"};
    case Fault::thread_exit:
      return {"thread ends with locks held", "leaves behind", "", "end every guard on its thread"};
    case Fault::too_many:
      return {"no room for more locks", "", "", "what lies beyond is not checked on this thread"};
  }
  return {"unknown", "", "", ""};
}

constexpr const char* verb(How how) {
  switch (how) {
    case How::wait: return "waits for";
    case How::try_once: return "tries";
    case How::shared_wait: return "waits as a reader for";
    case How::shared_try: return "tries as a reader";
    case How::nested_wait: return "waits under a nest lock for";
    case How::nested_try: return "tries under a nest lock";
    case How::scope_wait: return "waits with its scope for";
    case How::adopt: return "adopts";
    case How::lifetime: return "is a user of";
  }
  return "";
}

/// Text in a buffer that is never overrun; what does not fit is left out.
class Text {
 public:
  Text(char* out, std::size_t room) : out_(out), room_(room) {}
  Text& add(std::string_view text) {
    for (const char c : text) {
      if (used_ + 1 < room_) {
        out_[used_++] = c;
      }
    }
    return *this;
  }
  Text& add(std::uint64_t number) {
    char digits[24];
    std::snprintf(digits, sizeof digits, "%llu", static_cast<unsigned long long>(number));
    return add(std::string_view(digits));
  }
  Text& add(const char* text) { return add(std::string_view(text)); }
  Text& address(const void* place) {
    char digits[24];
    std::snprintf(digits, sizeof digits, "%p", place);
    return add(std::string_view(digits));
  }
  Text& add(const Site& site) {
    if (site.file[0] == '\0') {
      return *this;
    }
    add(" at ").add(site.file).add(":").add(site.line);
    return add(" in ").add(site.function);
  }
  Text& add(const Party& party) {
    if (party.class_name != nullptr) {
      add(party.class_name);
      if (party.instance != nullptr) {
        add(" (").address(party.instance).add(")");
      }
    }
    add(party.site);
    if (party.reason != nullptr) {
      add(", unchecked: ").add(party.reason);
    }
    return *this;
  }
  std::size_t end() {
    if (room_ != 0) {
      out_[used_] = '\0';
    }
    return used_;
  }

 private:
  char* out_;
  std::size_t room_;
  std::size_t used_ = 0;
};

inline void describe_path(Text& text, const Report& report) {
  if (report.path_length < 2) {
    return;
  }
  const std::string_view outer = report.path[0];
  const std::string_view inner = report.path[report.path_length - 1];
  text.add("\n  declared: ").add(inner).add(" after ").add(outer).add(": ").add(outer);
  for (std::size_t i = 1; i != report.path_length; ++i) {
    text.add(" \u2192 ").add(report.path[i]);
  }
  text.add(report.path_to_leaf ? ", a leaf (" : " (").add(report.order).add(")");
}

}  // namespace detail

/// Writes the report as lines of text that end in a newline. Answers the length; the text ends with a null character.
inline std::size_t describe(const Report& report, char* out, std::size_t room) noexcept {
  const detail::Words words = detail::words(report.fault);
  detail::Text text(out, room);
  text.add("devlock: ").add(words.title).add("\n  thread ").add(report.thread).add(" ");
  text.add(words.subject[0] != '\0' ? words.subject : detail::verb(report.subject.how));
  text.add(report.subject.class_name != nullptr ? " " : "").add(report.subject);
  if (words.other[0] != '\0') {
    text.add("\n  ").add(words.other).add(report.other.class_name != nullptr ? " " : "").add(report.other);
    if (report.other.thread != 0 && report.other.thread != report.thread) {
      text.add(" by thread ").add(report.other.thread);
    }
  }
  detail::describe_path(text, report);
  if (report.fault == Fault::unordered) {
    text.add("\n  declared: no path between the two in ").add(report.order);
  } else if (report.fault == Fault::second_order) {
    text.add("\n  orders: ").add(report.other_order).add(", then ").add(report.order);
  }
  if (report.count > 1) {
    text.add("\n  ").add(report.count);
    text.add(report.fault == Fault::hold_and_retry ? " failed tries" : " locks in all");
  }
  for (std::size_t i = 0; i != report.held_shown; ++i) {
    text.add(i == 0 ? "\n  held, newest first:\n    " : "\n    ").add(report.held[i]);
  }
  if (report.held_total > report.held_shown) {
    text.add("\n    and ").add(report.held_total - report.held_shown).add(" more");
  }
  text.add("\n  remedy: ").add(words.remedy).add("\n");
  return text.end();
}

inline void print_and_abort(const Report& report) noexcept {
  char text[8192];
  std::fwrite(text, 1, describe(report, text, sizeof text), stderr);
  std::abort();
}

}  // namespace devlock::validate

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Runs one script on one host, whichever it is, and notes every answer: "ok" and what came with it, class and errno, or "blocks". At the
// end it gives back what is held, closes what is open and notes the state that is left.
//
// Several threads may wait for one lock; who goes first is the host's to say, and the simulator says it in every way. Not asked, on every
// host: what an actor would ask while it waits; a second use of a handle that a waiting step uses; a driver_override next to a waiting one,
// and open_all next to whatever waits, because these are several system calls, and the kernel may let others in anywhere between them;
// the unbind of a function whose dev_set_lock the module holds, because that has a reference to the device meanwhile.
#pragma once

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <utility>

#include "actor.hpp"
#include "desk.hpp"

namespace fidelity {

/// `DeskOf` knows what the lane's operations are: Desk, for functions.
template <class Site, template <class> class DeskOf = Desk>
class Stage {
 public:
  template <class... Lane>
  explicit Stage(Site& site, Lane&&... lane) : site_(site), desk_(site, std::forward<Lane>(lane)...) {}

  Notes run(const Script& script) {
    for (std::size_t place = 0; place != script.size(); ++place) {
      ask(script[place], std::to_string(place + 1U) + ". " + text(script[place], desk_.names(), desk_.object));
    }
    finish();
    return std::move(notes_);
  }

 private:
  void ask(const Step& step, const std::string& what) {
    Actor& actor = actors_[step.actor];
    if (const char* reason = why_not(step)) {
      return note({what, "", std::string("not asked: ") + reason});
    }
    asked_[step.actor] = step;
    uses_[step.actor] = desk_.open().uses(step);
    if (step.op == Op::hold) {
      held_[step.handle] = step;
    }
    if (takes_device_lock(step.op) || desk_.open().holds_any() || somebody_waits()) {
      site_.start(actor, [this, step] { return desk_.ask(step); });
      return settle(&actor, what);
    }
    answer(what, step, desk_.ask(step));
    settle();
  }
  [[nodiscard]] const char* why_not(const Step& step) const {
    if (actors_[step.actor].busy()) {
      return "the actor waits";
    }
    if (!desk_.open().has(step)) {
      return "no such handle is open, or none is free";
    }
    const bool overrides = sets_override(step.op);
    for (std::size_t other = 0; other != actors_.size(); ++other) {
      if (!actors_[other].busy()) {
        continue;
      }
      if ((uses_[other] & desk_.open().uses(step)) != 0U) {
        return "a step that waits uses the same handle";
      }
      if (overrides && sets_override(asked_[other].op) && asked_[other].function == step.function) {
        return "another one sets driver_override";
      }
      if (step.op == Op::open_all || (asked_[other].op == Op::open_all && takes_device_lock(step.op))) {
        return "a step of several operations is no match for one that waits";
      }
    }
    for (const unsigned handle : {0U, 1U}) {
      const Step& held = held_[handle];
      if (desk_.open().holds[handle] != nullptr && held.choice == dev_set_lock && held.function == step.function &&
          (step.op == Op::unbind || step.op == Op::remove)) {
        return "whoever holds dev_set_lock keeps the device, which so does not leave its set";
      }
    }
    if (step.op == Op::watch_unplug && somebody_waits()) {
      return "the kernel repeats its request every 10 s, so what it answers depends on the clock";
    }
    return nullptr;
  }
  static bool sets_override(Op op) { return op == Op::set_override || op == Op::clear_override || op == Op::open_all; }
  [[nodiscard]] bool somebody_waits() const {
    return std::any_of(actors_.begin(), actors_.end(), [](const Actor& one) { return one.busy(); });
  }

  // Until each actor is done or waits; then takes the answers of those who are done, the asking one's first.
  void settle(const Actor* asking = nullptr, const std::string& what = {}) {
    if (!somebody_waits()) {
      return;
    }
    site_.settle(actors_, [&] {
      for (const Note& one : notes_) {
        std::fprintf(stderr, "%s: %s\n", one.what.c_str(), one.answer.c_str());
      }
      std::fprintf(stderr, "%s: is asked\n", what.c_str());
    });
    for (std::size_t place = 0; place != actors_.size(); ++place) {
      Actor& actor = actors_[place];
      if (&actor == asking) {
        actor.done() ? answer(what, asked_[place], actor.take()) : note({what, name(asked_[place].op), "blocks"});
      }
    }
    for (std::size_t place = 0; place != actors_.size(); ++place) {
      Actor& actor = actors_[place];
      if (&actor != asking && actor.busy() && actor.done()) {
        answer("   then actor " + std::to_string(place) + "'s " + name(asked_[place].op), asked_[place], actor.take());
      }
    }
  }

  // Holds first: what waits for them goes on, and may get one of its own.
  void finish() {
    for (bool again = true; again;) {
      again = false;
      desk_.open().for_each_open([&](const Step& step) {
        if (!again && why_not_now(step) == nullptr) {
          answer(std::string("at the end, ") + name(step.op), step, desk_.ask(step));
          settle();
          again = true;
        }
      });
    }
    for (std::size_t place = 0; place != actors_.size(); ++place) {
      if (actors_[place].busy()) {
        note({"at the end, actor " + std::to_string(place) + "'s " + name(asked_[place].op), "", "waits for nobody"});
      }
    }
    desk_.note_groups();
    desk_.note_left(notes_);
  }
  [[nodiscard]] const char* why_not_now(const Step& step) const {
    for (std::size_t other = 0; other != actors_.size(); ++other) {
      if (actors_[other].busy() && (uses_[other] & desk_.open().uses(step)) != 0U) {
        return "a step that waits uses the same handle";
      }
    }
    return nullptr;
  }

  void answer(const std::string& what, const Step& step, const std::string& said) {
    // A step that is made of several is told by the one that failed.
    const auto colon = said.find(": ");
    std::string operation = name(step.op);
    std::string answer = said;
    if (colon != std::string::npos) {
      operation = said.substr(0, colon);
      answer = said.substr(colon + 2U);
    }
    if (changes_driver(step.op)) {
      desk_.note_groups();
    }
    note({what + (colon == std::string::npos ? "" : ", " + operation), operation,
          changes_driver(step.op) && step.op != Op::rescan && answer.rfind("ok", 0) == 0
              ? answer + ", then " + desk_.driver(step.function)
              : answer});
  }
  void note(Note one) { notes_.push_back(std::move(one)); }

  Site& site_;
  DeskOf<Site> desk_;
  std::array<Step, most_actors> asked_{};
  std::array<unsigned, most_actors> uses_{};
  std::array<Step, handles> held_{};
  Notes notes_;
  std::array<Actor, most_actors> actors_;
};

}  // namespace fidelity

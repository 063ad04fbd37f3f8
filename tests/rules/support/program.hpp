// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A program of two or three threads as lists of steps without loops. It says what the threads do, nothing about rules.
#pragma once

#include <string>
#include <vector>

#include "rules/support/world.hpp"

namespace rules {

enum class Do : unsigned char {
  lock,         ///< waits for lock `what`
  lock_shared,  ///< waits for it as a reader; a queued writer goes first
  spin,         ///< the same as lock, written as a loop around a try
  try_lock,     ///< tries it, goes to `jump` on failure
  try_shared,
  unlock,      ///< gives it back, if this thread has it
  sleep,       ///< gives lock `what` back and sleeps on condition `which`, unless that has been set
  wake,        ///< waits until condition `which` is set
  set,         ///< sets condition `which` and wakes
  open,        ///< opens device `what` unless it is being unbound, goes to `jump` on failure
  open_waits,  ///< the same, but waits while it is being unbound
  close,       ///< closes one descriptor of it
  drain,       ///< refuses newcomers and waits until no descriptor of device `what` is open
  reopen,
};

struct Step {
  Do act;
  unsigned char what = 0;
  unsigned char which = 0;
  unsigned char jump = 0;
};

struct Program {
  std::size_t threads = 0;
  std::vector<Step> steps[max_threads];
  unsigned parked_by[max_devices]{};  ///< one bit for each thread that has a descriptor from the beginning
  unsigned readers = 0;               ///< one bit for each lock that is taken by readers as well
};

inline std::string to_string(const World& world, const Step& step) {
  static constexpr const char* words[] = {"lock",       "lock_shared", "spin",  "try",   "try_shared",
                                          "unlock",     "sleep",       "wake",  "set",   "open",
                                          "open_waits", "close",       "drain", "reopen"};
  std::string text = words[static_cast<std::size_t>(step.act)];
  const bool device = step.act >= Do::open;
  if (step.act == Do::wake || step.act == Do::set) {
    return text + " v" + std::to_string(step.which);
  }
  if (device) {
    text += " d" + std::to_string(step.what);
  } else {
    text += std::string(" ") + class_names[world.lock[step.what].of_class] + "." + std::to_string(step.what);
  }
  if (step.act == Do::sleep) {
    text += " v" + std::to_string(step.which);
  }
  if (step.act == Do::try_lock || step.act == Do::try_shared || step.act == Do::open) {
    text += " else " + std::to_string(step.jump);
  }
  return text;
}

/// The order and the steps, one thread in each line.
inline std::string to_string(const World& world, const Program& program) {
  std::string text = "  order:";
  for (std::size_t o = 0; o != world.classes; ++o) {
    for (std::size_t i = 0; i != world.classes; ++i) {
      text += world.precedes(o, i) ? std::string(" ") + class_names[o] + "<" + class_names[i] : "";
    }
  }
  for (std::size_t c = 0; c != world.classes; ++c) {
    const ClassTraits& traits = world.of_class[c];
    text += traits.keyed ? std::string("  ") + class_names[c] + " keyed" : "";
    text +=
        traits.owner != none ? std::string("  ") + class_names[c] + " nests under " + class_names[traits.owner] : "";
  }
  text += world.open_class != none ? std::string("  descriptors are ") + class_names[world.open_class] : "";
  text += "\n  locks:";
  for (std::size_t l = 0; l != world.locks; ++l) {
    const LockTraits& lock = world.lock[l];
    text += std::string(" ") + class_names[lock.of_class] + "." + std::to_string(l) + " (key " +
            std::to_string(lock.key) + ", group " + std::to_string(lock.group) + ")";
  }
  text += "\n";
  for (std::size_t t = 0; t != program.threads; ++t) {
    text += "  T" + std::to_string(t) + ":";
    for (std::size_t d = 0; d != world.devices; ++d) {
      text += ((program.parked_by[d] >> t) & 1U) != 0 ? " (has d" + std::to_string(d) + " open)" : "";
    }
    for (std::size_t s = 0; s != program.steps[t].size(); ++s) {
      text += " " + std::to_string(s) + ":" + to_string(world, program.steps[t][s]) + ";";
    }
    text += "\n";
  }
  return text;
}

}  // namespace rules

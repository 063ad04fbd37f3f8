// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The machine that programs run on: its state, and what each step does to it. It knows no rule of the library.
//
// A lock has a writer, readers, and writers that queue for it: readers wait and fail behind them, as in std::shared_mutex's common
// implementations. A condition is a flag that stays set, so that no notification is lost.
#pragma once

#include <cstdint>

#include "rules/support/program.hpp"

namespace rules {

struct Lock {
  unsigned char writer = 0;  // thread + 1
  unsigned char readers = 0;
  unsigned char queued = 0;
  bool operator==(const Lock&) const = default;
};
struct Device {
  unsigned char open[max_threads]{};
  unsigned char closing = 0;
  bool operator==(const Device&) const = default;
};
struct State {
  unsigned char at[max_threads]{};
  unsigned char set = 0;
  Lock lock[max_locks]{};
  Device device[max_devices]{};
  bool operator==(const State&) const = default;
};

/// True if thread t has a lock or an open descriptor.
inline bool holds_something(const State& state, unsigned t) {
  for (const Lock& lock : state.lock) {
    if (lock.writer == t + 1 || ((lock.readers >> t) & 1U) != 0) {
      return true;
    }
  }
  for (const Device& device : state.device) {
    if (device.open[t] != 0) {
      return true;
    }
  }
  return false;
}

/// Does the next step of thread t, or answers false if it must wait.
inline bool step(const Program& program, State& state, unsigned t) {
  const Step& next = program.steps[t][state.at[t]];
  const auto bit = static_cast<unsigned char>(1U << t);
  Lock& lock = state.lock[next.what % max_locks];
  Device& device = state.device[next.what % max_devices];
  auto go_on = static_cast<unsigned char>(state.at[t] + 1);
  switch (next.act) {
    case Do::lock:
    case Do::spin:
      if (lock.writer != 0 || lock.readers != 0) {
        if (((program.readers >> next.what) & 1U) == 0 || next.act == Do::spin || (lock.queued & bit) != 0) {
          return false;
        }
        lock.queued |= bit;
        return true;
      }
      lock.queued &= static_cast<unsigned char>(~bit);
      lock.writer = static_cast<unsigned char>(t + 1);
      break;
    case Do::lock_shared:
      if (lock.writer != 0 || lock.queued != 0) {
        return false;
      }
      lock.readers |= bit;
      break;
    case Do::try_lock:
      if (lock.writer != 0 || lock.readers != 0) {
        go_on = next.jump;
      } else {
        lock.writer = static_cast<unsigned char>(t + 1);
      }
      break;
    case Do::try_shared:
      if (lock.writer != 0 || lock.queued != 0) {
        go_on = next.jump;
      } else {
        lock.readers |= bit;
      }
      break;
    case Do::unlock:
      lock.writer = lock.writer == t + 1 ? static_cast<unsigned char>(0) : lock.writer;
      lock.readers &= static_cast<unsigned char>(~bit);
      break;
    case Do::sleep:
      if (((state.set >> next.which) & 1U) != 0) {
        go_on = static_cast<unsigned char>(state.at[t] + 3);  // neither sleeps nor locks again
      } else if (lock.writer == t + 1) {
        lock.writer = 0;
      }
      break;
    case Do::wake:
      if (((state.set >> next.which) & 1U) == 0) {
        return false;
      }
      break;
    case Do::set:
      state.set |= static_cast<unsigned char>(1U << next.which);
      break;
    case Do::open:
    case Do::open_waits:
      if (device.closing != 0) {
        if (next.act == Do::open_waits) {
          return false;
        }
        go_on = next.jump;
      } else {
        ++device.open[t];
      }
      break;
    case Do::close:
      device.open[t] = static_cast<unsigned char>(device.open[t] - (device.open[t] != 0 ? 1 : 0));
      break;
    case Do::drain:
      if (device.open[0] != 0 || device.open[1] != 0 || device.open[2] != 0) {
        if ((device.closing & bit) != 0) {
          return false;
        }
        device.closing |= bit;
        return true;
      }
      device.closing |= bit;
      break;
    case Do::reopen:
      device.closing &= static_cast<unsigned char>(~bit);
      break;
  }
  state.at[t] = go_on;
  return true;
}

inline std::uint64_t hash(const State& state) {
  std::uint64_t sum = 0xcbf29ce484222325ULL;
  const auto mix = [&sum](std::uint64_t value) {
    sum = (sum ^ value) * 0x9e3779b97f4a7c15ULL;
    sum ^= sum >> 29;
  };
  mix(static_cast<std::uint64_t>(state.at[0] | state.at[1] << 8) | static_cast<std::uint64_t>(state.at[2]) << 16 |
      static_cast<std::uint64_t>(state.set) << 24);
  for (std::size_t l = 0; l != max_locks; l += 2) {
    const Lock& a = state.lock[l];
    const Lock& b = state.lock[l + 1];
    mix(static_cast<std::uint64_t>(a.writer | a.readers << 4 | a.queued << 8 | b.writer << 12 | b.readers << 16 |
                                   b.queued << 20));
  }
  for (const Device& device : state.device) {
    mix(static_cast<std::uint64_t>(device.open[0] | device.open[1] << 4 | device.open[2] << 8 | device.closing << 12));
  }
  return sum;
}

}  // namespace rules

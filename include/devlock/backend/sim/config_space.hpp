// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The part of a function's configuration space that a reset is seen in: the command register and the base addresses. A reset puts
// the power-on values there, so a restore that is missing, or one that came without its save, shows.
// Not checked: who may access it; that is what the config-access block is for.
// Source: pci_dev_save_and_disable, pci_dev_restore in drivers/pci/pci.c.
#pragma once

#include <array>
#include <cstdint>

#include "devlock/backend/sim/leaf.hpp"

namespace devlock::sim {

struct ConfigSpace {
  static constexpr std::uint16_t memory_and_master = 0x0006;
  static constexpr std::uint16_t intx_off = 0x0400;

  std::uint16_t command = 0;           ///< 0 at power on
  std::array<std::uint32_t, 6> bars{};  ///< base addresses; 0 at power on

  friend bool operator==(const ConfigSpace&, const ConfigSpace&) = default;
};

/// What an onlooker sees of a function, without any lock: for tests and monitors.
struct Observation {
  ConfigSpace config;
  bool saved = false;      ///< a save waits for its restore
  unsigned saves = 0;      ///< how often the state was saved and the function quiesced
  unsigned resets = 0;     ///< how often it was reset
  unsigned restores = 0;   ///< how often a saved state was put back

  friend bool operator==(const Observation&, const Observation&) = default;
};

template <Sync S>
class Registers {
 public:
  /// As the firmware leaves it: addresses assigned, nothing enabled.
  void assign(std::uint32_t base) {
    change([base](Observation& now) { now.config.bars[0] = base; });
  }
  void enable() {
    change([](Observation& now) { now.config.command |= ConfigSpace::memory_and_master; });
  }
  void disable() {
    change([](Observation& now) {
      now.config.command = static_cast<std::uint16_t>(now.config.command & ~ConfigSpace::memory_and_master);
    });
  }
  /// Saves the state and quiesces the function.
  void save() {
    leaf_.with([this] { saved_.set(state_.get().config); });
    change([](Observation& now) {
      now.saved = true;
      ++now.saves;
      now.config.command = ConfigSpace::intx_off;
    });
  }
  void reset() {
    change([](Observation& now) {
      now.config = ConfigSpace{};
      ++now.resets;
    });
  }
  /// Puts the saved state back. False, and nothing is changed, if none was saved.
  [[nodiscard]] bool restore() {
    return leaf_.with([this] {
      Observation now = state_.get();
      if (!now.saved) {
        return false;
      }
      now.config = saved_.get();
      now.saved = false;
      ++now.restores;
      state_.set(now);
      return true;
    });
  }
  [[nodiscard]] Observation observe() const {
    return leaf_.with([this]() -> Observation { return state_.get(); });
  }

 private:
  template <class Change>
  void change(const Change& apply) {
    leaf_.with([&] {
      Observation now = state_.get();
      apply(now);
      state_.set(now);
    });
  }

  Leaf<S> leaf_;  // pci_lock
  typename S::template var<Observation> state_{Observation{}};
  typename S::template var<ConfigSpace> saved_{ConfigSpace{}};
};

}  // namespace devlock::sim

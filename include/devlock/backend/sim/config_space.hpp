// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The part of a function's configuration space that a reset is seen in: the command register and a base address. A reset puts
// the power-on values there, so a restore that is missing, or one that came without its save, shows.
// Not checked: who may access it; that is what the config-access block is for.
// Source: pci_dev_save_and_disable, pci_dev_restore in drivers/pci/pci.c.
#pragma once

#include "devlock/backend/sim/leaf.hpp"

namespace devlock::sim {

struct ConfigSpace {
  static constexpr unsigned memory_and_master = 0x0006;
  static constexpr unsigned intx_off = 0x0400;

  unsigned command = 0;  ///< 0 at power on
  unsigned bar = 0;      ///< the first base address; 0 at power on

  friend bool operator==(const ConfigSpace&, const ConfigSpace&) = default;
};

/// What an onlooker sees of a function, without any lock: for tests and monitors.
struct Observation {
  ConfigSpace config;
  bool saved = false;     ///< a save waits for its restore
  unsigned saves = 0;     ///< how often the state was saved and the function quiesced
  unsigned resets = 0;    ///< how often it was reset
  unsigned restores = 0;  ///< how often a saved state was put back

  friend bool operator==(const Observation&, const Observation&) = default;
};

template <Sync S>
class Registers {
 public:
  /// As the firmware leaves it: an address assigned, nothing enabled.
  void assign(unsigned base) {
    leaf_.with([&] { bar_.set(base); });
  }
  void enable() {
    leaf_.with([this] { command_.set(command_.get() | ConfigSpace::memory_and_master); });
  }
  void disable() {
    leaf_.with([this] { command_.set(command_.get() & ~ConfigSpace::memory_and_master); });
  }
  /// Saves the state and quiesces the function.
  void save() {
    leaf_.with([this] {
      saved_command_.set(command_.get());
      saved_bar_.set(bar_.get());
      saved_.set(true);
      count(saves_);
      command_.set(ConfigSpace::intx_off);
    });
  }
  void reset() {
    leaf_.with([this] {
      command_.set(0U);
      bar_.set(0U);
      count(resets_);
    });
  }
  /// Puts the saved state back. False, and nothing is changed, if none was saved.
  [[nodiscard]] bool restore() {
    return leaf_.with([this] {
      if (!saved_.get()) {
        return false;
      }
      command_.set(saved_command_.get());
      bar_.set(saved_bar_.get());
      saved_.set(false);
      count(restores_);
      return true;
    });
  }
  [[nodiscard]] Observation observe() const {
    return leaf_.with([this] {
      return Observation{ConfigSpace{command_.get(), bar_.get()}, saved_.get(), saves_.get(), resets_.get(),
                         restores_.get()};
    });
  }

 private:
  using Number = typename S::template var<unsigned>;
  static void count(Number& counter) { counter.set(counter.get() + 1U); }

  Leaf<S> leaf_;  // pci_lock: it guards everything below
  Number command_{0U};
  Number bar_{0U};
  Number saved_command_{0U};
  Number saved_bar_{0U};
  typename S::template var<bool> saved_{false};
  Number saves_{0U};
  Number resets_{0U};
  Number restores_{0U};
};

}  // namespace devlock::sim

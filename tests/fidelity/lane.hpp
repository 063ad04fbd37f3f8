// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What scripts of one process may use, on the real machine and in the simulator: functions (FunctionLane) or mediated devices (MdevLane).
#pragma once

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "answer.hpp"
#include "devlock/backend/sim/profile.hpp"
#include "known_answer.hpp"
#include "script.hpp"
#include "turns.hpp"

namespace fidelity {

/// A model of device: what it is called, how it is known, and which driver of the host drives it with DMA; none if it is empty. One that is
/// on no PCI bus is known by its name, which its parent has too.
struct Kind {
  std::string_view name;
  std::uint16_t vendor;
  std::uint16_t device;
  std::string_view host_driver;
};
inline constexpr std::array kinds{Kind{"edu", 0x1234, 0x11e8, ""}, Kind{"e1000e", 0x8086, 0x10d3, "e1000e"},
                                  Kind{"nvme", 0x1b36, 0x0010, "nvme"}, Kind{"mtty", 0, 0, ""}};
inline constexpr const Kind& mtty = kinds[3];

/// An errno that the simulator is made to answer where it would succeed, so that the comparison has something to find.
struct Wrong {
  devlock::Operation operation;
  int error_number;
};

class Lane {
 public:
  /// Scripts that change the topology take turns through `shared`, a file for all lanes.
  explicit Lane(std::string shared) : shared_(std::move(shared)) {}
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;
  virtual ~Lane() = default;

  [[nodiscard]] virtual const Kind& kind() const = 0;
  /// Notes what answers can come from this lane.
  virtual void offer(Producible& to) const = 0;
  /// The script of this seed, without what is left out.
  [[nodiscard]] virtual Script draw(std::uint64_t seed, std::span<const Op> left_out) const = 0;
  [[nodiscard]] virtual Notes on_kernel(const Script& script) = 0;
  /// Leaves all as it was before the lane.
  virtual void give_back() = 0;

  /// Once in the process that runs it: a lock of a file is that of whoever opened it.
  void reopen() { topology_ = ::open(shared_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600); }
  /// What the simulator answers, once for every order in which those who wait can go on.
  [[nodiscard]] std::vector<Notes> in_simulator(const Script& script) const {
    std::vector<Notes> all;
    Turns::Choices choices;
    unsigned runs = 0;
    for (bool more = true; more; more = Turns::instance().next(choices)) {
      if (runs++ == 4096U) {
        std::fprintf(stderr, "fidelity: a script has more than 4096 orders of wake-ups\n");
        std::_Exit(2);
      }
      Turns::instance().begin(choices);
      Notes notes = run_simulator(script);
      if (std::find(all.begin(), all.end(), notes) == all.end()) {
        all.push_back(std::move(notes));
      }
    }
    return all;
  }

 protected:
  /// Nobody else changes the topology while it is there.
  class Alone {
   public:
    explicit Alone(int file) : file_(file) { (void)::flock(file_, LOCK_EX); }
    Alone(const Alone&) = delete;
    Alone& operator=(const Alone&) = delete;
    ~Alone() { (void)::flock(file_, LOCK_UN); }

   private:
    int file_;
  };

  template <class T>
  static T need(devlock::Result<T> result) {
    if (!result) {
      std::fprintf(stderr, "fidelity: %s\n", to_string(result.error()).c_str());
      std::_Exit(2);
    }
    if constexpr (!std::is_void_v<T>) {
      return std::move(*result);
    }
  }
  [[nodiscard]] int topology() const { return topology_; }
  [[nodiscard]] virtual Notes run_simulator(const Script& script) const = 0;

 private:
  std::string shared_;
  int topology_ = -1;
};

}  // namespace fidelity

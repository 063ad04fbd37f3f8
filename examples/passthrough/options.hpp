// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The command line.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "devlock/backend/operation.hpp"
#include "devlock/pci/address.hpp"

namespace passthrough {

enum class Color { automatic, always, never };
/// What happens to the device: its life with an unplug; resets of its slot and bus under load; SR-IOV; two VMs that want its group.
enum class Scene { life, bus, sriov, two_vms };

struct Options {
  Scene scene = Scene::life;
  bool on_linux = false;                         ///< else the simulator
  std::optional<devlock::pci::Address> device;   ///< required on Linux
  unsigned threads = 3;                          ///< reset threads
  unsigned resets = 24;                          ///< resets that must succeed before the unplug starts
  std::chrono::duration<double> deadline{20.0};  ///< for everything that one thread waits for from another
  bool whole_group = false;                      ///< bind the other functions of the group as well
  bool list = false;                             ///< list the devices instead
  bool json = false;
  Color color = Color::automatic;
  std::string sysfs_root = "/sys";
  std::optional<devlock::Operation> fault;  ///< the simulator fails the first one of these

  [[nodiscard]] const char* backend() const { return on_linux ? "linux" : "sim"; }
};

/// What to do: run with these options, or exit with this status because everything was said.
struct CommandLine {
  Options options;
  std::optional<int> exit_status;
};

CommandLine read_command_line(int argc, char** argv);

/// Exit status of a request that makes no sense.
inline constexpr int usage_error = 2;

}  // namespace passthrough

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// passthrough: the life of a passthrough device, on a host in memory or on this machine. See passthrough --help.
#include <exception>

#include <fmt/core.h>

#include "backends.hpp"

int main(int argc, char** argv) {
  try {
    const passthrough::CommandLine line = passthrough::read_command_line(argc, argv);
    if (line.exit_status) {
      return *line.exit_status;
    }
    return line.options.on_linux ? passthrough::run_on_linux(line.options) : passthrough::run_on_sim(line.options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "passthrough: {}\n", error.what());
    return 1;
  }
}

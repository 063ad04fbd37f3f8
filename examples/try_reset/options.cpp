// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The command line, by CLI11.
#include "options.hpp"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <map>

#include "devlock/config.hpp"

namespace try_reset {
namespace {

constexpr const char* about =
    "Resets a PCI device, but first says who else is affected, who holds what, and what speaks against it: then\n"
    "nothing is touched.\n"
    "\n"
    "function  the device alone, by sysfs `reset`. The kernel waits for the locks of the device and of the bridge "
    "above,\n"
    "          and nothing ends that wait: at the deadline it is left behind, and happens once the locks are free.\n"
    "slot      all functions of its slot, if the slot is all that its bus has\n"
    "bus       all that is below the bridge above it, by `reset_subordinate`. The kernel only tries the locks, and "
    "this\n"
    "          program repeats that until the deadline.\n"
    "Not seen: what other processes begin to use between the look and the reset.";
constexpr const char* statuses =
    "Exit status:\n"
    "  0  it was reset; with --dry-run, nothing speaks against it\n"
    "  1  it was tried and failed\n"
    "  2  wrong usage\n"
    "  3  there is no such device, or it left\n"
    "  4  this process may not do that\n"
    "  5  this device or this kernel has no such reset\n"
    "  6  somebody uses what it would touch (see --force)\n"
    "  7  a lock was taken until the deadline; nothing was reset\n"
    "  8  the deadline passed while the kernel waits for a lock: it will be reset later";

int wrong(const std::string& what, const std::string& remedy) {
  fmt::print(stderr, "try_reset: {}; {}\n", what, remedy);
  return exit_usage;
}

}  // namespace

CommandLine read_command_line(int argc, char** argv) {
  CommandLine line;
  Options& options = line.options;
  std::string device;
  double seconds = options.deadline.count();

  CLI::App app{about, "try_reset"};
  app.footer(statuses);
  app.set_version_flag("--version", fmt::format("try_reset {}.{}.{}", DEVLOCK_VERSION_MAJOR, DEVLOCK_VERSION_MINOR,
                                                DEVLOCK_VERSION_PATCH));
  app.add_option("BDF", device, "PCI address of the device, as in 0000:01:00.0 (see lspci -D)")->required();
  app.add_option("--scope", options.scope, "What is reset")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, Scope>{{"function", Scope::function}, {"slot", Scope::slot}, {"bus", Scope::bus}}))
      ->option_text("function|slot|bus [function]");
  app.add_option("--deadline", seconds, "How long to wait for locks, as in 500ms, 2s or 1min")
      ->transform(CLI::AsNumberWithUnit(std::map<std::string, double>{{"ms", 0.001}, {"s", 1.0}, {"min", 60.0}}))
      ->option_text("TIME [2s]");
  app.add_flag("--dry-run", options.dry_run, "Look and tell, and change nothing");
  app.add_flag("--force", options.force, "Reset it although somebody uses what it touches");
  app.add_flag("--json", options.json, "One JSON document instead of text");
  app.add_option("--sysfs", options.sysfs, "Where sysfs is")->option_text("DIR [/sys]");
  app.add_option("--proc", options.proc, "Where procfs is")->option_text("DIR [/proc]");

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& done) {  // --help, --version
    line.exit_status = app.exit(done);
    return line;
  } catch (const CLI::ParseError& error) {
    line.exit_status = wrong(error.what(), "see try_reset --help");
    return line;
  }
  if (!(seconds >= 0.0 && seconds <= 86400.0)) {
    line.exit_status = wrong("--deadline: it is negative or longer than a day", "write it as in 2s");
    return line;
  }
  options.deadline = std::chrono::duration<double>(seconds);
  const auto address = devlock::pci::parse_address(device);
  if (!address) {
    line.exit_status = wrong(fmt::format("{}: this is no PCI address", device),
                             "write DOMAIN:BUS:DEVICE.FUNCTION in hex digits, as in 0000:01:00.0; lspci -D shows all");
    return line;
  }
  options.device = *address;
  return line;
}

}  // namespace try_reset

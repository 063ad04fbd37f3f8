// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The command line, by CLI11.
#include "options.hpp"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <map>

#include "devlock/config.hpp"

namespace passthrough {
namespace {

constexpr const char* about =
    "The life of a passthrough device with several threads: bound to vfio-pci, its group claimed and attached to KVM, "
    "reset by\n"
    "several threads while it is unplugged, closed, and given back to the driver that it came from.\n"
    "Other scenes: bus resets its slot and its bus while threads reset each function; sriov gives a virtual function away\n"
    "and takes it back while it is in use; two-vms lets two VMs contend for its group.\n"
    "Exit status: 0 all went as it should, 1 a step failed (everything is given back), 2 wrong usage.";

// Every operation by its name in errors.
std::map<std::string, devlock::Operation> operations() {
  std::map<std::string, devlock::Operation> all;
  for (int number = 0; number <= static_cast<int>(devlock::Operation::load_ap_mask); ++number) {
    const auto operation = static_cast<devlock::Operation>(number);
    all.emplace(to_string(operation), operation);
  }
  return all;
}

int wrong(const std::string& what, const std::string& remedy) {
  fmt::print(stderr, "passthrough: {}; {}\n", what, remedy);
  return usage_error;
}

}  // namespace

CommandLine read_command_line(int argc, char** argv) {
  CommandLine line;
  Options& options = line.options;
  std::string backend = "sim";
  std::string device;
  double seconds = options.deadline.count();

  CLI::App app{about, "passthrough"};
  app.set_version_flag("--version", fmt::format("passthrough {}.{}.{}", DEVLOCK_VERSION_MAJOR, DEVLOCK_VERSION_MINOR,
                                                DEVLOCK_VERSION_PATCH));
  app.add_option("--scene", options.scene, "What happens: life, bus, sriov (the device is a physical function), two-vms")
      ->transform(CLI::CheckedTransformer(std::map<std::string, Scene>{
          {"life", Scene::life}, {"bus", Scene::bus}, {"sriov", Scene::sriov}, {"two-vms", Scene::two_vms}}))
      ->option_text("life|bus|sriov|two-vms");
  app.add_option("--backend", backend, "Where: sim, a host in memory, or linux, this kernel (needs root)")
      ->check(CLI::IsMember({"sim", "linux"}))
      ->capture_default_str();
  app.add_option("--device", device, "PCI address of the device, as in 0000:01:00.0; sim has one of its own");
  app.add_option("--threads", options.threads, "Threads that reset it")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--resets", options.resets, "Resets that must succeed before it is unplugged")
      ->check(CLI::Range(1, 1'000'000'000))
      ->capture_default_str();
  app.add_option("--deadline", seconds, "Seconds until a wait for another thread is given up")
      ->check(CLI::Range(0.001, 3600.0))
      ->capture_default_str();
  app.add_flag("--whole-group", options.whole_group,
               "Bind the other functions of its IOMMU group too (else they are an error if they have a driver)");
  app.add_flag("--list", options.list, "List the devices of the backend and change nothing");
  app.add_flag("--json", options.json, "One JSON document instead of text");
  app.add_option("--color", options.color, "auto (on a terminal), always or never")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, Color>{{"auto", Color::automatic}, {"always", Color::always}, {"never", Color::never}}))
      ->option_text("auto|always|never");
  std::string fault;
  app.add_option("--fault", fault,
                 "Let the first operation of this name fail with EIO, as in VFIO_SET_IOMMU (sim only)");
  app.add_option("--sysfs-root", options.sysfs_root, "Where sysfs is, for --backend linux")->capture_default_str();

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& done) {  // --help, --version
    line.exit_status = app.exit(done);
    return line;
  } catch (const CLI::ParseError& error) {
    line.exit_status = wrong(error.what(), "see passthrough --help");
    return line;
  }

  if (!fault.empty()) {
    const auto known = operations();
    const auto found = known.find(fault);
    if (found == known.end() || backend != "sim") {
      line.exit_status = found == known.end() ? wrong(fmt::format("--fault {}: no such operation", fault),
                                                      "name it as the table and the errors do")
                                              : wrong("--fault is for --backend sim", "leave it out");
      return line;
    }
    options.fault = found->second;
  }
  options.on_linux = backend == "linux";
  options.deadline = std::chrono::duration<double>(seconds);
  if (!device.empty()) {
    options.device = devlock::pci::parse_address(device);
    if (!options.device) {
      line.exit_status = wrong(fmt::format("--device {}: invalid (EINVAL): this is no PCI address", device),
                               "write DOMAIN:BUS:DEVICE.FUNCTION in hex digits, as in 0000:01:00.0; --list shows all");
    }
  } else if (app.count("--device") != 0) {
    line.exit_status = wrong("--device: invalid (EINVAL): it is empty", "write it as in 0000:01:00.0");
  } else if (options.on_linux && !options.list) {
    line.exit_status =
        wrong("--backend linux needs --device", "passthrough --backend linux --list shows what there is");
  }
  return line;
}

}  // namespace passthrough

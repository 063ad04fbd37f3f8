// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A report of Linux's lockdep beside that of devlock's validator for the same calls on a simulated host. lockdep learns the chain
// from calls that it saw; devlock has it from the declared order, so one call is enough, and the one that is wrong.
//
// Exit status: 0 the two agree, 1 they do not, 2 wrong arguments or no report in the file.
#define DEVLOCK_VALIDATE 1
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>
#include <thread>

#include "calls.hpp"
#include "lockdep.hpp"

namespace {

using devlock::validate::Report;

// The report of the validator, kept: what it points to lives only while the handler runs.
struct Finding {
  devlock::validate::Fault fault{};
  Link asks;
  Link holds;
  std::vector<std::string> path;
  std::string text;
};
std::vector<Finding>& findings() {
  static std::vector<Finding> all;
  return all;
}
Link link_of(const devlock::validate::Party& party) {
  return {party.class_name, party.site.function};
}
void keep(const Report& report) {
  char text[4096];
  devlock::validate::describe(report, text, sizeof text);
  findings().push_back({report.fault,
                        link_of(report.subject),
                        link_of(report.other),
                        {report.path, report.path + report.path_length},
                        text});
}

// What devlock calls a lock of the kernel's report.
std::string class_of(const std::string& lock) {
  static const std::map<std::string, std::string> names = {
      {"&group->group_lock", devlock::vfio::group_lock::name},
      {"&new_dev_set->lock", devlock::vfio::dev_set_lock::name},
      {"&matrix_dev->guests_lock", devlock::vfio::guests_lock::name},
      {"&kvm->lock", devlock::vfio::kvm_lock::name}};
  const auto found = names.find(lock);
  return found == names.end() ? "" : found->second;
}

// Both threads, one after the other: neither hangs, and the second is found out nevertheless.
bool run_calls() {
  namespace example = devlock::sim::example;
  auto host = devlock::sim::example_host();
  {
    devlock::vfio::ThreadContext root;
    if (!host.set_driver_override(root, example::edu, "vfio-pci") || !host.bind(root, example::edu, "vfio-pci")) {
      return false;
    }
  }
  calls::Device& device = *host.machine().find(example::edu)->vfio;
  auto* vm = new calls::Vm(host.machine().vms);
  calls::Matrix matrix;
  std::thread([&] {
    devlock::vfio::ThreadContext root;
    calls::vfio_device_open(root, device, matrix, *vm);
  }).join();
  const bool silent = findings().empty();
  std::thread([&] {
    devlock::vfio::ThreadContext root;
    calls::kvm_device_release(root, device, *vm);
  }).join();
  devlock::vfio::ThreadContext root;
  vm->put(root);
  return silent;
}

class Table {
 public:
  void row(const std::string& what, const std::string& kernel, const std::string& ours, bool agrees) {
    fmt::print("{:<22}{:<28}{:<28}{}\n", what, kernel, ours, agrees ? "" : "DIFFERS");
    agree_ = agree_ && agrees;
  }
  [[nodiscard]] bool agree() const { return agree_; }

 private:
  bool agree_ = true;
};

// Row by row, what the kernel says and what devlock says.
bool compare(const LockdepReport& kernel, const Finding& ours) {
  const auto same = [](const Link& one, const Link& other) {
    return class_of(one.lock) == other.lock && one.function == other.function;
  };
  Table table;
  table.row("", "lockdep", "devlock", true);
  table.row("asks for", kernel.asks.lock, ours.asks.lock, class_of(kernel.asks.lock) == ours.asks.lock);
  table.row("  in", kernel.asks.function, ours.asks.function, same(kernel.asks, ours.asks));
  table.row("while it holds", kernel.holds.lock, ours.holds.lock, class_of(kernel.holds.lock) == ours.holds.lock);
  table.row("  taken in", kernel.holds.function, ours.holds.function, same(kernel.holds, ours.holds));
  const std::size_t links = std::max(kernel.chain.size(), ours.path.size());
  for (std::size_t i = 0; i != links; ++i) {
    const std::string theirs = i < kernel.chain.size() ? kernel.chain[i].lock : "";
    const std::string own = i < ours.path.size() ? ours.path[i] : "";
    table.row(i == 0 ? "the known order" : "  then", theirs, own, class_of(theirs) == own && !own.empty());
  }
  return table.agree();
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "A report of Linux's lockdep beside that of devlock's validator for the same calls on a simulated host."};
  std::string file;
  bool text = false;
  app.add_option("file", file, "The kernel's report, as dmesg prints it")->required()->check(CLI::ExistingFile);
  app.add_flag("--text", text, "The validator's report too, as it prints it");
  app.set_version_flag("--version", fmt::format("lockdep_side_by_side {}.{}.{}", DEVLOCK_VERSION_MAJOR,
                                                DEVLOCK_VERSION_MINOR, DEVLOCK_VERSION_PATCH));
  app.footer("Exit status: 0 the two agree, 1 they do not, 2 wrong arguments or no report in the file");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  std::ostringstream kernel_text;
  kernel_text << std::ifstream(file).rdbuf();
  const auto kernel = read_lockdep(kernel_text.str());
  if (!kernel) {
    fmt::print(stderr,
               "lockdep_side_by_side: {}: no \"possible circular locking dependency\" in it; give what dmesg says\n",
               file);
    return 2;
  }
  devlock::validate::set_handler(&keep);
  const bool silent = run_calls();
  devlock::validate::set_handler(nullptr);
  if (!silent || findings().size() != 1 || findings()[0].fault != devlock::validate::Fault::inversion) {
    fmt::print(stderr, "lockdep_side_by_side: the validator said {} things, and not the one inversion\n",
               findings().size());
    return 1;
  }
  const bool agree = compare(*kernel, findings()[0]);
  if (text) {
    fmt::print("\n{}", findings()[0].text);
  }
  return agree ? 0 : 1;
}

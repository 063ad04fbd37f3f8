// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Mediated devices on the simulator: a parent that unregisters under its two devices, a VM that ends while its group is opened, and AP
// queues under a changing mask.
// Prints what happened how often, and which rule did not hold.
//
// Exit status: 0 every rule held, 1 one did not, 2 wrong arguments.
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "parent_leaves.hpp"
#include "queue_moves.hpp"
#include "vm_ends.hpp"

namespace {

void print(const Tally& tally, unsigned rounds) {
  fmt::print("{} rounds\n", rounds);
  for (const auto& [what, times] : tally.counts()) {
    fmt::print("{:>10}  {}\n", times, what);
  }
  fmt::print("{} checks of rules, {} of them broken\n", tally.checked(), tally.broken().size());
  for (const auto& [rule, times] : tally.broken()) {
    fmt::print("{:>10}  NOT SO: {}\n", times, rule);
  }
}
void print_json(const Tally& tally, unsigned rounds) {
  const nlohmann::json document = {
      {"rounds", rounds}, {"counts", tally.counts()}, {"checks", tally.checked()}, {"broken", tally.broken()}};
  fmt::print("{}\n", document.dump(2));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Mediated devices on the simulator: a parent that unregisters, a VM that ends, AP queues that change hands."};
  unsigned rounds = 100;
  bool json = false;
  bool keep = false;
  bool leave = false;
  app.add_option("--rounds", rounds, "How often each of the three is done")
      ->check(CLI::Range(1U, 1000000U))
      ->capture_default_str();
  app.add_flag("--json", json, "Print a JSON document");
  app.add_flag("--keep-a-descriptor", keep,
               "Wrong on purpose: a second descriptor keeps each VM; the rules must notice");
  app.add_flag("--leave-a-bit", leave, "Wrong on purpose: a refused assignment leaves its bit; the rules must notice");
  app.set_version_flag("--version", fmt::format("mediated {}.{}.{}", DEVLOCK_VERSION_MAJOR, DEVLOCK_VERSION_MINOR,
                                                DEVLOCK_VERSION_PATCH));
  app.footer("Exit status: 0 every rule held, 1 one did not, 2 wrong arguments");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }

  auto host = devlock::sim::example_host();
  devlock::sim::MdevBus<devlock::StdSync> bus;
  Tally tally;
  ParentLeaves parent_leaves(host, bus, tally);
  VmEnds vm_ends(host, bus, tally, keep);
  QueueMoves<> queue_moves(tally);
  QueueMoves<LeavesTheBit> wrong_moves(tally);
  for (unsigned round = 0; round != rounds; ++round) {
    parent_leaves.round();
    vm_ends.round();
    if (leave) {
      wrong_moves.round();
    } else {
      queue_moves.round();
    }
  }
  (json ? print_json : print)(tally, rounds);
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    fmt::print(stderr, "mediated: writing the result failed: standard output is closed or full\n");
    return 1;
  }
  return tally.broken().empty() ? 0 : 1;
}

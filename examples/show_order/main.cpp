// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Prints the lock order of Linux's device, VFIO and KVM code as devlock ships it: text for a terminal, DOT for graphviz, Mermaid
// for a page, JSON for a program.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "devlock/config.hpp"
#include "devlock/order/graph.hpp"
#include "devlock/vfio/order.hpp"

namespace {

void print(const std::string& format) {
  const auto to_stdout = [](const char* piece) { std::fputs(piece, stdout); };
  using Order = devlock::vfio::VfioOrder;
  if (format == "dot") {
    devlock::write_dot<Order>(to_stdout);
  } else if (format == "mermaid") {
    devlock::write_mermaid<Order>(to_stdout);
  } else if (format == "json") {
    devlock::write_json<Order>(to_stdout);
  } else {
    devlock::write_text<Order>(to_stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Prints the lock order of Linux's device, VFIO and KVM code as devlock ships it.\n"
               "A lock that stands under another is taken under it."};
  app.set_version_flag("--version", fmt::format("show_order {}.{}.{}", DEVLOCK_VERSION_MAJOR, DEVLOCK_VERSION_MINOR,
                                                DEVLOCK_VERSION_PATCH));
  std::string format = "text";
  app.add_option("--format", format, "How: text, dot, mermaid or json")
      ->capture_default_str()
      ->check(CLI::IsMember({"text", "dot", "mermaid", "json"}));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  print(format);
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    std::fputs("show_order: writing the order failed: standard output is closed or full\n", stderr);
    return 1;
  }
  return 0;
}

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Finds the deadlock that Linux had between KVM and VFIO, shows it, and proves the correction: every schedule of two threads.
//
// Exit status: 0 the deadlock was found and the correction verified; 1 it was not; 2 wrong arguments.
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "kvm_vfio.hpp"

namespace {

using devlock::check::Outcome;
using devlock::check::Plan;
using devlock::check::Progress;
using devlock::check::Result;

// Lines of a text, broken at 98 columns and indented by two.
std::string indented(const std::string& text) {
  std::string out;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    for (const std::string& piece : devlock::check::detail::wrapped(text.substr(begin, end - begin), 98)) {
      out += "  " + piece + '\n';
    }
    begin = end == std::string::npos ? text.size() : end + 1;
  }
  return out;
}

std::string effort(const Result& result) {
  return fmt::format("{} execution{}, {:.2f} s", Progress::grouped(result.executions), result.executions == 1 ? "" : "s",
                     result.seconds);
}

std::string story(const Result& before, const Result& after) {
  std::string text = fmt::format("Linux, January 2023: close of a kvm-vfio device against open of a vfio-ap device\n"
                                 "{} ({})\n\n{}\n{}\n",
                                 to_string(before.outcome), effort(before), indented(before.report.cause),
                                 indented(before.report.diagram));
  text += fmt::format("As corrected by 2b48f52f2bff: a lock of its own guards the pointer to the VM\n{}, {} ({})\n\n{}",
                      to_string(after.outcome), to_string(after.extent), effort(after), to_string(after.marks));
  if (after.outcome != Outcome::passed) {
    text += fmt::format("{}\n\n{}", after.message, after.trace);
  }
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Finds the deadlock that Linux had between KVM and VFIO, and proves its correction, over every schedule."};
  bool mermaid = false;
  app.set_version_flag("--version", fmt::format("find_the_deadlock {}.{}.{}", DEVLOCK_VERSION_MAJOR, DEVLOCK_VERSION_MINOR,
                                                DEVLOCK_VERSION_PATCH));
  app.add_flag("--mermaid", mermaid, "Print only the deadlock, as a Mermaid sequence diagram");
  app.footer("Exit status: 0 found and proved, 1 not, 2 wrong arguments");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }

  const Result before = devlock::check::check<kvm_vfio::Before>();
  bool right = before.outcome == Outcome::deadlock;
  if (mermaid) {
    std::fputs(before.report.mermaid.c_str(), stdout);
  } else {
    const Result after =
        devlock::check::check<kvm_vfio::After>({.must_reach = {"opened with the VM", "opened without the VM",
                                                               "the open outlived the VM's owner"}});
    right = right && after.verified();
    std::fputs(story(before, after).c_str(), stdout);
  }
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    std::fputs("find_the_deadlock: writing the result failed: standard output is closed or full\n", stderr);
    return 1;
  }
  return right ? 0 : 1;
}

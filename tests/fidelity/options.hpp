// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The command line of fidelity, by CLI11. What is wrong with it is told, and ends the program with status 2.
#pragma once

#include <sys/utsname.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "lane.hpp"

namespace fidelity {

struct Options {
  std::uint64_t scripts = 100;                      ///< of each kind, all its lanes together
  std::map<std::string, std::uint64_t> scripts_of;  ///< of one kind instead
  std::uint64_t seed = 1;
  std::vector<std::vector<Address>> lanes;  ///< functions; none: a lane of mediated devices
  std::vector<std::string> coverage;        ///< "all", "off" or operations
  std::vector<Op> left_out;
  std::vector<std::uint64_t> only;  ///< these scripts, by the numbers that a run prints; all if it is empty
  std::optional<Wrong> wrong;
  std::uint64_t progress = 10;  ///< seconds
  devlock::sim::Profile profile;

  [[nodiscard]] std::uint64_t count(std::string_view kind) const {
    const auto found = scripts_of.find(std::string(kind));
    return found == scripts_of.end() ? scripts : found->second;
  }
};

namespace detail {

inline std::uint64_t number(const std::string& word) {
  if (word.empty() || word.size() > 9U || word.find_first_not_of("0123456789") != std::string::npos) {
    throw CLI::ValidationError(word, "not a number");
  }
  return std::stoull(word);
}
inline std::vector<Address> functions(const std::string& words) {
  std::vector<Address> all;
  std::istringstream stream(words);
  for (std::string word; std::getline(stream, word, ',');) {
    const auto address = devlock::pci::parse_address(word);
    if (!address) {
      throw CLI::ValidationError("--lane " + word, "no address of a function, such as 0000:05:00.0, and not mtty");
    }
    all.push_back(*address);
  }
  return all;
}
inline Wrong wrong(const std::string& word) {
  using devlock::Operation;
  const auto equals = word.find('=');
  const std::string operation = word.substr(0, equals);
  const std::string symbol = equals == std::string::npos ? "" : word.substr(equals + 1U);
  for (int place = 0; place <= static_cast<int>(Operation::unplug_queue); ++place) {
    for (int error_number = 1; error_number != 134; ++error_number) {
      if (operation == to_string(static_cast<Operation>(place)) && symbol == devlock::errno_name(error_number)) {
        return {static_cast<Operation>(place), error_number};
      }
    }
  }
  throw CLI::ValidationError("--wrong " + word, "no OPERATION=ERRNO, such as 'open group=EPERM'");
}
inline Op op(const std::string& word) {
  for (std::size_t place = 0; place != op_count; ++place) {
    if (word == op_names[place]) {
      return static_cast<Op>(place);
    }
  }
  throw CLI::ValidationError(word, "no operation of a script");
}
inline bool devlock::sim::Profile::*field(const std::string& word) {
  std::string known;
  for (const auto& difference : devlock::sim::differences) {
    if (word == difference.name) {
      return difference.field;
    }
    known += std::string(known.empty() ? "" : "; ") + difference.name;
  }
  throw CLI::ValidationError("--invert " + word, "kernels differ in no such thing, but in: " + known);
}
// Of the kernel that this runs on.
inline devlock::sim::Profile profile_of_kernel() {
  utsname name{};
  (void)::uname(&name);
  const std::string release = std::string("Linux ") + name.release;
  for (const auto& profile : devlock::sim::profiles) {
    if (release.rfind(std::string(profile.kernel) + '.', 0) == 0) {
      return profile;
    }
  }
  throw CLI::ValidationError(release, "the simulator has no profile of this kernel (backend/sim/profile.hpp)");
}

}  // namespace detail

/// Ends the program with status 0 after --help, with 2 if something is wrong.
inline Options read_options(int count, char** words) {
  Options options;
  std::vector<std::string> scripts, lanes, left_out;
  std::string wrong, inverted;
  CLI::App app(
      "Runs random scripts on the kernel below it and on the simulator, and compares every answer and what is left at "
      "the end.\n"
      "A script on which the two differ is shortened as long as they still differ, and printed.");
  app.add_option("--lane", lanes,
                 "FUNCTION[,FUNCTION]: functions below one port, for one process; they lose their drivers. mtty, once: "
                 "mediated devices of that parent, whose module is loaded")
      ->required();
  app.add_option(
      "--scripts", scripts,
      "how many scripts the lanes of each kind run together (100), or KIND=N for one kind: edu, e1000e, nvme, mtty");
  app.add_option("--seed", options.seed, "of the first script (1)");
  app.add_option("--script", options.only,
                 "run this one alone, by the number that was printed, in the lanes of its kind");
  app.add_option(
         "--coverage", options.coverage,
         "all: every answer that a kernel can give must have been seen (the default); off, for short runs; or the "
         "operations of which this is asked")
      ->delimiter(',');
  app.add_option("--without", left_out, "leave this operation out of the scripts")->delimiter(',');
  app.add_option("--wrong", wrong, "OPERATION=ERRNO: make the simulator answer so where it would succeed");
  app.add_option("--invert", inverted, "take this difference between kernels, by its name, the other way round");
  app.add_option("--progress", options.progress, "seconds between two lines of progress (10); 0 for none");
  app.footer(
      "Exit status: 0 they agree. 1 they differ. 2 it cannot run. 3 a thread waits where no operation is known to "
      "wait. 4 they agree, and "
      "an answer was not seen, or one that is not known.");
  try {
    app.parse(count, words);
    for (const std::string& lane : lanes) {
      options.lanes.push_back(lane == mtty.name ? std::vector<Address>() : detail::functions(lane));
    }
    if (std::count(lanes.begin(), lanes.end(), mtty.name) > 1) {
      throw CLI::ValidationError("--lane mtty", "named twice, and there is one parent");
    }
    for (const std::string& word : scripts) {
      const auto equals = word.find('=');
      if (equals == std::string::npos) {
        options.scripts = detail::number(word);
        continue;
      }
      const std::string kind = word.substr(0, equals);
      if (std::none_of(kinds.begin(), kinds.end(), [&](const Kind& one) { return one.name == kind; })) {
        throw CLI::ValidationError("--scripts " + word, "no kind of device: edu, e1000e, nvme, mtty");
      }
      options.scripts_of[kind] = detail::number(word.substr(equals + 1U));
    }
    for (const std::string& word : left_out) {
      options.left_out.push_back(detail::op(word));
    }
    if (options.coverage.empty()) {
      options.coverage.emplace_back("all");
    }
    for (const std::string& word : options.coverage) {
      if (word != "all" && word != "off") {
        (void)detail::op(word);
      }
    }
    if (!wrong.empty()) {
      options.wrong = detail::wrong(wrong);
    }
    options.profile = detail::profile_of_kernel();
    if (!inverted.empty()) {
      bool& field = options.profile.*detail::field(inverted);
      field = !field;
    }
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error) == 0 ? 0 : 2);
  }
  return options;
}

}  // namespace fidelity

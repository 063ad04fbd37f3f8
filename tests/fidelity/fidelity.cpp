// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Runs random scripts on the kernel below it and on the simulator, and compares every answer and what is left at the end.
//
//   fidelity --scripts N --seed S --lane FUNCTION[,FUNCTION] [--lane ...] [--wrong OPERATION=ERRNO]
//
// Each lane is a process of its own with functions of its own; all lanes together run N scripts. A script on which the two differ is
// shortened as long as they still differ, and printed. Exit status: 0 they agree, 1 they differ, 2 it cannot run, 3 a thread waits
// where no operation is known to wait.
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

#include "lane.hpp"
#include "waits.hpp"

namespace {

using namespace fidelity;

struct Options {
  std::uint64_t scripts = 100;
  std::uint64_t seed = 1;
  std::vector<std::vector<Address>> lanes;
  std::optional<Wrong> wrong;
  devlock::sim::Profile profile;
};

[[noreturn]] void refuse(const std::string& what, const char* reason) {
  std::fprintf(stderr,
               "fidelity: %s: %s\nusage: fidelity --scripts N --seed S --lane FUNCTION[,FUNCTION] [--lane ...] "
               "[--wrong OPERATION=ERRNO]\n",
               what.c_str(), reason);
  std::exit(2);
}
std::uint64_t number(const std::string& what) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(what.data(), what.data() + what.size(), value);
  if (error != std::errc() || end != what.data() + what.size()) {
    refuse(what, "not a number");
  }
  return value;
}
std::vector<Address> functions(const std::string& what) {
  std::vector<Address> all;
  std::istringstream words(what);
  for (std::string word; std::getline(words, word, ',');) {
    const auto address = devlock::pci::parse_address(word);
    if (!address) {
      refuse(word, "no address of a function");
    }
    all.push_back(*address);
  }
  return all;
}
Wrong wrong(const std::string& what) {
  using devlock::Operation;
  const auto equals = what.find('=');
  const std::string operation = what.substr(0, equals);
  const std::string symbol = equals == std::string::npos ? "" : what.substr(equals + 1U);
  for (int place = 0; place != static_cast<int>(Operation::unplug_queue); ++place) {
    for (int error_number = 1; error_number != 134; ++error_number) {
      if (operation == to_string(static_cast<Operation>(place)) && symbol == devlock::errno_name(error_number)) {
        return {static_cast<Operation>(place), error_number};
      }
    }
  }
  refuse(what, "no OPERATION=ERRNO, such as 'open group=EPERM'");
}
// Of the kernel that this runs on.
devlock::sim::Profile profile_of_kernel() {
  utsname name{};
  (void)::uname(&name);
  const std::string release = std::string("Linux ") + name.release;
  for (const auto& profile : {devlock::sim::linux_6_1, devlock::sim::linux_6_12}) {
    if (release.rfind(std::string(profile.kernel) + '.', 0) == 0) {
      return profile;
    }
  }
  refuse(release, "the simulator has no profile of this kernel");
}
Options read(int count, char** words) {
  Options options;
  for (int place = 1; place < count; place += 2) {
    const std::string option = words[place];
    if (place + 1 == count) {
      refuse(option, "its value is missing");
    }
    const std::string value = words[place + 1];
    if (option == "--scripts") {
      options.scripts = number(value);
    } else if (option == "--seed") {
      options.seed = number(value);
    } else if (option == "--lane") {
      options.lanes.push_back(functions(value));
    } else if (option == "--wrong") {
      options.wrong = wrong(value);
    } else {
      refuse(option, "unknown option");
    }
  }
  if (options.lanes.empty()) {
    refuse("--lane", "not one is given");
  }
  options.profile = profile_of_kernel();
  return options;
}

void print(std::ostream& out, const Notes& kernel, const Notes& simulator) {
  for (std::size_t place = 0; place != std::max(kernel.size(), simulator.size()); ++place) {
    const Note* there = place < kernel.size() ? &kernel[place] : nullptr;
    const Note* here = place < simulator.size() ? &simulator[place] : nullptr;
    const bool same = there != nullptr && here != nullptr && *there == *here;
    if (there != nullptr) {
      out << "  " << there->what << ": " << (same ? "" : "kernel says ") << there->answer << '\n';
    }
    if (here != nullptr && !same) {
      out << "  " << here->what << ": SIMULATOR says " << here->answer << '\n';
    }
  }
}

// Leaves out one step after the other, from the end, as long as the two still differ.
Script shortest(Lane& lane, Script script) {
  for (bool shorter = true; shorter;) {
    shorter = false;
    for (std::size_t place = script.size(); place-- != 0;) {
      Script less = script;
      less.erase(less.begin() + static_cast<std::ptrdiff_t>(place));
      if (lane.on_kernel(less) != lane.in_simulator(less)) {
        script = std::move(less);
        shorter = true;
      }
    }
  }
  return script;
}

using Tally = std::map<std::string, std::map<std::string, std::uint64_t>>;

// "contended EAGAIN" as it is, of "ok ..." the ok.
std::string kind(const std::string& answer) {
  return answer.rfind("ok", 0) == 0 ? "ok" : answer;
}

int run_lane(const Options& options, std::size_t place, std::ostream& out) {
  Lane lane(options.lanes[place], options.wrong, options.profile);
  std::uint64_t scripts = 0;
  std::uint64_t steps = 0;
  Tally tally;
  int status = 0;
  for (std::uint64_t script_number = place; script_number < options.scripts; script_number += options.lanes.size()) {
    const std::uint64_t seed = options.seed * 1'000'000U + script_number;
    const Script script = Generator(seed, lane.size()).draw();
    const Notes kernel = lane.on_kernel(script);
    const Notes simulator = lane.in_simulator(script);
    ++scripts;
    steps += script.size();
    for (const Note& one : kernel) {
      if (!one.operation.empty()) {
        ++tally[one.operation][kind(one.answer)];
      }
    }
    if (kernel != simulator) {
      const Script least = shortest(lane, script);
      out << "script " << seed << " of " << script.size() << " steps differs; the shortest that does has "
          << least.size() << ":\n";
      print(out, lane.on_kernel(least), lane.in_simulator(least));
      status = 1;
      break;
    }
  }
  out << "scripts " << scripts << '\n' << "steps " << steps << '\n';
  for (const auto& [operation, answers] : tally) {
    for (const auto& [answer, count] : answers) {
      out << "tally " << operation << ' ' << count << ' ' << answer << '\n';
    }
  }
  return status;
}

// What lane `place` wrote, and its exit status.
int read_lane(const std::string& file, Tally& tally, std::uint64_t& scripts, std::uint64_t& steps) {
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string first;
    words >> first;
    std::uint64_t count = 0;
    if (first == "scripts" && words >> count) {
      scripts += count;
    } else if (first == "steps" && words >> count) {
      steps += count;
    } else if (std::string operation, answer; first == "tally" && words >> operation >> count) {
      std::getline(words >> std::ws, answer);
      tally[operation][answer] += count;
    } else {
      std::cout << line << '\n';
    }
  }
  return lines.eof() ? 0 : 2;
}

}  // namespace

int main(int count, char** words) {
  const Options options = read(count, words);
  std::vector<pid_t> children;
  std::vector<std::string> files;
  for (std::size_t place = 0; place != options.lanes.size(); ++place) {
    files.push_back("/run/fidelity." + std::to_string(place));
    const pid_t child = ::fork();
    if (child == 0) {
      std::ofstream out(files.back());
      const int status = run_lane(options, place, out);
      out.close();
      std::_Exit(out ? status : 2);
    }
    children.push_back(child);
  }
  int worst = 0;
  Tally tally;
  std::uint64_t scripts = 0;
  std::uint64_t steps = 0;
  for (std::size_t place = 0; place != children.size(); ++place) {
    int status = 0;
    const bool ended = children[place] > 0 && ::waitpid(children[place], &status, 0) == children[place];
    const int code = ended && WIFEXITED(status) ? WEXITSTATUS(status) : 2;
    worst = std::max({worst, code, read_lane(files[place], tally, scripts, steps)});
    if (code != 0) {
      std::cout << "lane " << place << " ends with status " << code << '\n';
    }
  }
  std::cout << options.profile.kernel
            << ": driver_override waits for device_lock: " << (options.profile.override_waits ? "yes" : "no")
            << "; GET_DEVICE_FD while an unbind waits: " << (options.profile.opens_while_unbinding ? "yes" : "ENODEV")
            << '\n';
  std::cout << scripts << " scripts, " << steps << " steps, seed " << options.seed << '\n';
  for (const auto& [operation, answers] : tally) {
    std::cout << operation << ':';
    for (const auto& [answer, times] : answers) {
      std::cout << "  " << answer << ' ' << times;
    }
    std::cout << '\n';
  }
  return worst;
}

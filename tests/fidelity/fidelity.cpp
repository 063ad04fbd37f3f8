// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Runs random scripts on the kernel below it and on the simulator, and compares every answer and what is left at the end.
// fidelity --help says how it is called and what its exit status means.
//
// Each lane is a process of its own with functions of its own; the lanes of one kind of device share their scripts.
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iostream>

#include "coverage.hpp"
#include "function_lane.hpp"
#include "mdev_lane.hpp"
#include "options.hpp"
#include "shorten.hpp"
#include "tally.hpp"

namespace {

using namespace fidelity;

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

bool admissible(const Notes& kernel, const std::vector<Notes>& simulator) {
  return std::find(simulator.begin(), simulator.end(), kernel) != simulator.end();
}
// The one that goes with the kernel for longest.
const Notes& closest(const Notes& kernel, const std::vector<Notes>& simulator) {
  return *std::max_element(simulator.begin(), simulator.end(), [&](const Notes& one, const Notes& other) {
    const auto same = [&](const Notes& notes) {
      return std::mismatch(kernel.begin(), kernel.end(), notes.begin(), notes.end()).first - kernel.begin();
    };
    return same(one) < same(other);
  });
}

struct Part {
  std::uint64_t first;   // number of its first script
  std::uint64_t stride;  // to the next one
};

// The scripts of one lane, by their seeds.
std::vector<std::uint64_t> seeds_of(const Options& options, std::string_view kind, const Part& part) {
  constexpr std::uint64_t most = 1'000'000;
  std::vector<std::uint64_t> seeds;
  for (const std::uint64_t seed : options.only) {
    if (seed % most % part.stride == part.first) {
      seeds.push_back(seed);
    }
  }
  for (std::uint64_t number = part.first; options.only.empty() && number < options.count(kind); number += part.stride) {
    seeds.push_back(options.seed * most + number);
  }
  return seeds;
}

int run_lane(const Options& options, std::size_t place, Lane& lane, const Part& part, std::ostream& out) {
  const auto seeds = seeds_of(options, lane.kind().name, part);
  std::uint64_t steps = 0;
  std::uint64_t several = 0;
  Tally tally;
  int status = 0;
  auto told = std::chrono::steady_clock::now();
  std::size_t scripts = 0;
  for (; scripts != seeds.size() && status == 0; ++scripts) {
    const std::uint64_t seed = seeds[scripts];
    const Script script = lane.draw(seed, options.left_out);
    const Notes kernel = lane.on_kernel(script);
    const auto simulator = lane.in_simulator(script);
    steps += script.size();
    several += simulator.size() > 1U ? 1U : 0U;
    tally.add(kernel, &lane.kind() == &mtty ? mdev_prefix : "");
    if (!admissible(kernel, simulator)) {
      // What the kernel said is kept: it need not say so again.
      std::pair<Notes, std::vector<Notes>> answers{kernel, simulator};
      const Script least = shorten(script, [&](const Script& less) {
        std::pair<Notes, std::vector<Notes>> now{lane.on_kernel(less), lane.in_simulator(less)};
        const bool differs = !admissible(now.first, now.second);
        if (differs) {
          answers = std::move(now);
        }
        return differs;
      });
      out << "script " << seed << " of " << script.size() << " steps differs; the shortest that does has "
          << least.size() << ":\n";
      print(out, answers.first, closest(answers.first, answers.second));
      status = 1;
    } else if (!options.only.empty()) {
      out << "script " << seed << ", on which they agree:\n";
      print(out, kernel, closest(kernel, simulator));
    }
    if (const auto now = std::chrono::steady_clock::now();
        options.progress != 0 && now - told > std::chrono::seconds(options.progress)) {
      told = now;
      std::fprintf(stderr, "lane %zu (%s): %zu of %zu scripts\n", place, std::string(lane.kind().name).c_str(),
                   scripts + 1U, seeds.size());
    }
  }
  out << "count " << lane.kind().name << ' ' << scripts << ' ' << steps << ' ' << several << '\n';
  tally.write(out);
  return status;
}

struct Count {
  std::uint64_t lanes = 0;
  std::uint64_t scripts = 0;
  std::uint64_t steps = 0;
  std::uint64_t several = 0;
};

// What a lane wrote.
int read_lane(const std::string& file, Tally& tally, std::map<std::string, Count>& counts) {
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string first, kind;
    Count count;
    if (words >> first && first == "count" && words >> kind >> count.scripts >> count.steps >> count.several) {
      Count& all = counts[kind];
      ++all.lanes;
      all.scripts += count.scripts;
      all.steps += count.steps;
      all.several += count.several;
    } else if (!tally.read(line)) {
      std::cout << line << '\n';
    }
  }
  return lines.eof() ? 0 : 2;
}

}  // namespace

int main(int count, char** words) {
  const Options options = read_options(count, words);
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::unique_ptr<Lane>> lanes;
  std::map<std::string_view, std::uint64_t> of_kind;
  std::vector<Part> parts;
  for (const auto& functions : options.lanes) {
    const std::string topology = "/run/fidelity.topology";
    if (functions.empty()) {
      lanes.push_back(std::make_unique<MdevLane>(options.wrong, options.profile, topology));
    } else {
      lanes.push_back(std::make_unique<FunctionLane>(functions, options.wrong, options.profile, topology));
    }
    parts.push_back({of_kind[lanes.back()->kind().name]++, 0});
  }
  std::vector<pid_t> children;
  std::vector<std::string> files;
  for (std::size_t place = 0; place != lanes.size(); ++place) {
    parts[place].stride = of_kind[lanes[place]->kind().name];
    files.push_back("/run/fidelity." + std::to_string(place));
    const pid_t child = ::fork();
    if (child == 0) {
      std::ofstream out(files.back());
      lanes[place]->reopen();
      const int status = run_lane(options, place, *lanes[place], parts[place], out);
      out.close();
      std::_Exit(out ? status : 2);
    }
    children.push_back(child);
  }
  int worst = 0;
  Tally tally;
  std::map<std::string, Count> counts;
  for (std::size_t place = 0; place != children.size(); ++place) {
    int status = 0;
    const bool ended = children[place] > 0 && ::waitpid(children[place], &status, 0) == children[place];
    const int code = ended && WIFEXITED(status) ? WEXITSTATUS(status) : 2;
    worst = std::max({worst, code, read_lane(files[place], tally, counts)});
    if (code != 0) {
      std::cout << "lane " << place << " ends with status " << code << '\n';
    }
  }
  if (worst <= 1) {
    for (const auto& lane : lanes) {
      lane->give_back();
    }
  }
  for (const auto& difference : devlock::sim::differences) {
    std::cout << options.profile.kernel << ": " << difference.name << ": "
              << (options.profile.*difference.field ? "yes" : "no") << " (" << difference.source << ")\n";
  }
  Count all;
  for (const auto& [kind, one] : counts) {
    std::cout << kind << ": " << one.scripts << " scripts, " << one.steps << " steps, " << one.lanes << " lanes\n";
    all.scripts += one.scripts;
    all.steps += one.steps;
    all.several += one.several;
  }
  std::cout << all.scripts << " scripts, " << all.steps << " steps, seed " << options.seed << "; " << all.several
            << " scripts with more than one admissible list of answers; "
            << std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - start).count()
            << " s\n";
  tally.print(std::cout);
  Producible here{.hold = KernelSite::can_hold(), .profile = options.profile};
  for (const auto& lane : lanes) {
    lane->offer(here);
  }
  const auto missing = worst == 0 ? check_coverage(tally, options.coverage, here) : std::vector<std::string>();
  for (const std::string& line : missing) {
    std::cout << line << '\n';
  }
  return worst != 0 ? worst : missing.empty() ? 0 : 4;
}

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Runs all benchmarks, each several times and in turns, and prints their medians, and the ratios to their peers beside the goals.
//
//   bench                                    # everything, 9 repetitions of 50 ms
//   bench --benchmark_filter=walk            # what Google Benchmark offers, works here too
//
// A second thread is alive during the whole run: with one thread glibc takes locks without an atomic operation, which no program
// that needs locks ever sees.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <fstream>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "peers.hpp"

namespace {

class RatioReporter : public benchmark::ConsoleReporter {
 public:
  RatioReporter() : ConsoleReporter(OO_Tabular) {}

  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.error_occurred) {
        std::fprintf(stderr, "%s: %s\n", run.benchmark_name().c_str(), run.error_message.c_str());
        failed_ = true;
      } else if (run.run_type == Run::RT_Iteration) {
        times_[times_name(run)].push_back(run.run_name.time_type.empty() ? run.GetAdjustedCPUTime()
                                                                         : run.GetAdjustedRealTime());
        for (const auto& [counter, value] : run.counters) {
          counters_[times_name(run)][counter].push_back(value.value);
        }
      }
    }
  }

  /// Prints the table. False if a benchmark failed or a comparison names one that does not exist.
  [[nodiscard]] bool print(bool filtered) const {
    bool complete = !failed_;
    std::printf("%-44s %12s %8s\n", "benchmark", "median ns", "spread");
    for (const auto& [name, times] : times_) {
      const auto [least, most] = std::minmax_element(times.begin(), times.end());
      std::printf("%-44s %12.2f %7.0f%%", name.c_str(), median(times), 100 * (*most - *least) / median(times));
      if (const auto counters = counters_.find(name); counters != counters_.end()) {
        for (const auto& [counter, values] : counters->second) {
          std::printf("   %s %.4g", counter.c_str(), median(values));
        }
      }
      std::printf("\n");
    }
    std::printf("\n%-34s %-34s %10s %10s %8s %8s\n", "what", "against", "ns", "peer ns", "ratio", "goal");
    unsigned goals = 0;
    unsigned met = 0;
    for (const auto& comparison : bench::comparisons()) {
      const auto ours = times_.find(comparison.ours);
      const auto peer = times_.find(comparison.peer);
      if (ours == times_.end() || peer == times_.end()) {
        if (!filtered) {
          std::fprintf(stderr, "%s: %s or %s did not run\n", comparison.what.c_str(), comparison.ours.c_str(),
                       comparison.peer.c_str());
          complete = false;
        }
        continue;
      }
      const double a = median(ours->second);
      const double b = median(peer->second);
      std::printf("%-34s %-34s %10.2f %10.2f %8s", comparison.what.c_str(), comparison.peer.c_str(), a, b,
                  short_ratio(a / b).c_str());
      if (comparison.goal != 0) {
        ++goals;
        const bool is_met = a / b <= comparison.goal + comparison.noise;
        met += is_met ? 1U : 0U;
        std::printf(" %8s %s", short_ratio(comparison.goal).c_str(), is_met ? "met" : "missed");
      }
      std::printf("\n");
    }
    std::printf("\n%u of %u goals met on %s\n", met, goals, machine().c_str());
    return complete;
  }

 private:
  static std::string times_name(const Run& run) {
    return run.run_name.function_name + (run.run_name.args.empty() ? "" : "/" + run.run_name.args);
  }
  static double median(std::vector<double> times) {
    std::sort(times.begin(), times.end());
    const std::size_t half = times.size() / 2;
    return times.size() % 2 == 1 ? times[half] : (times[half - 1] + times[half]) / 2;
  }

  // A small ratio as what it is the inverse of: "1/75".
  static std::string short_ratio(double ratio) {
    char text[32];
    if (ratio >= 0.1) {
      std::snprintf(text, sizeof text, "%.2f", ratio);
    } else {
      std::snprintf(text, sizeof text, "1/%.0f", 1 / ratio);
    }
    return text;
  }
  static std::string machine() {
    std::ifstream info("/proc/cpuinfo");
    for (std::string line; std::getline(info, line);) {
      if (line.rfind("model name", 0) == 0) {
        return line.substr(line.find(':') + 2) + ", " + std::to_string(std::thread::hardware_concurrency()) +
               " threads";
      }
    }
    return "an unknown machine, " + std::to_string(std::thread::hardware_concurrency()) + " threads";
  }

  std::map<std::string, std::vector<double>> times_;
  std::map<std::string, std::map<std::string, std::vector<double>>> counters_;
  bool failed_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  // Options of the command line come last and win.
  std::string repetitions = "--benchmark_repetitions=9";
  std::string interleaved = "--benchmark_enable_random_interleaving=true";
  std::string least_time = "--benchmark_min_time=0.05";
  std::vector<char*> arguments{argv[0], repetitions.data(), interleaved.data(), least_time.data()};
  arguments.insert(arguments.end(), argv + 1, argv + argc);
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) {
    return 1;
  }
  const bool filtered = std::any_of(argv + 1, argv + argc,
                                    [](const char* a) { return std::string(a).rfind("--benchmark_filter", 0) == 0; });

  // Asleep on a condition variable: a sleeper in std::atomic::wait makes every notify_all of the program dearer.
  std::mutex mutex;
  std::condition_variable wake;
  bool done = false;
  std::thread second([&] {
    std::unique_lock lock{mutex};
    wake.wait(lock, [&] { return done; });
  });
  RatioReporter reporter;
  const std::size_t ran = benchmark::RunSpecifiedBenchmarks(&reporter);
  {
    const std::lock_guard lock{mutex};
    done = true;
  }
  wake.notify_one();
  second.join();
  benchmark::Shutdown();
  if (ran == 0) {
    std::fprintf(stderr, "no benchmark matches\n");
    return 1;
  }
  return reporter.print(filtered) ? 0 : 1;
}

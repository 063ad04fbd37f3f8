// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
#include "lockdep.hpp"

#include <algorithm>
#include <regex>
#include <sstream>

namespace {

// Without the time stamps, and with a line that a mail program broke as one.
std::vector<std::string> lines_of(const std::string& text) {
  static const std::regex stamp(R"(^\[ *[0-9]+\.[0-9]+\] ?)");
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    const std::string rest = std::regex_replace(line, stamp, "");
    const bool continues = rest == line && !lines.empty() && lines.back().find(" at:") != std::string::npos;
    if (continues) {
      lines.back() += " " + rest;
    } else {
      lines.push_back(rest);
    }
  }
  return lines;
}
// "vfio_file_set_kvm" of "vfio_file_set_kvm+0x50/0x68 [vfio]"; empty if there is none.
std::string function_of(const std::string& line) {
  static const std::regex function(R"(([A-Za-z_][A-Za-z0-9_.]*)\+0x[0-9a-f]+/0x[0-9a-f]+)");
  std::smatch found;
  return std::regex_search(line, found, function) ? found[1].str() : std::string();
}
std::string lock_of(const std::string& line) {
  static const std::regex lock(R"(\((&[A-Za-z_>.-]+)\))");
  std::smatch found;
  return std::regex_search(line, found, lock) ? found[1].str() : std::string();
}
// What lockdep and the mutex themselves call.
bool is_locking(const std::string& function) {
  static const std::vector<std::string> own = {"__lock_acquire", "lock_acquire.part.0", "lock_acquire",
                                               "__mutex_lock",   "mutex_lock_nested",   "check_prev_add",
                                               "validate_chain"};
  return std::find(own.begin(), own.end(), function) != own.end();
}

}  // namespace

std::optional<LockdepReport> read_lockdep(const std::string& text) {
  LockdepReport report;
  const std::vector<std::string> lines = lines_of(text);
  bool circular = false;
  for (std::size_t i = 0; i != lines.size(); ++i) {
    circular = circular || lines[i].find("possible circular locking dependency") != std::string::npos;
    const bool next = i + 1 != lines.size();
    if (next && lines[i].find("is trying to acquire lock:") != std::string::npos) {
      report.asks = {lock_of(lines[i + 1]), function_of(lines[i + 1])};
    } else if (next && lines[i].find("already holding lock:") != std::string::npos) {
      report.holds = {lock_of(lines[i + 1]), function_of(lines[i + 1])};
    } else if (lines[i].find("-> #") != std::string::npos) {
      Link link{lock_of(lines[i]), ""};
      for (std::size_t k = i + 1; k != lines.size() && link.function.empty(); ++k) {
        const std::string function = function_of(lines[k]);
        link.function = is_locking(function) ? "" : function;
      }
      report.chain.insert(report.chain.begin(), link);  // lockdep prints the innermost first
    }
  }
  return circular && !report.asks.lock.empty() && !report.holds.lock.empty() && !report.chain.empty()
             ? std::optional<LockdepReport>(report)
             : std::nullopt;
}

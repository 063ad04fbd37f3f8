// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What lockdep of a kernel saw, from the text of /proc/lockdep and /proc/lockdep_chains. The former prints only
// dependencies between locks that were taken one right after the other; a chain of the latter is all that a task held
// when it waited for the last of them, so each of the others comes before that one. A lock that was tried is in a
// chain, and never last.
//
// Not checked: what a kernel forgot, which drops the classes of a module that is unloaded.
// Source: l_show, lc_show, print_name in kernel/locking/lockdep_proc.c; validate_chain in kernel/locking/lockdep.c.
#pragma once

#include <cstddef>
#include <istream>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace conformance {

/// A text that is not what the kernel prints. what() says which line.
struct NotLockdep : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Lockdep {
  /// Names, outermost first: a dependency is a chain of two.
  std::vector<std::vector<std::string>> chains;
  std::set<std::string> classes;
};

namespace detail {
inline std::string at(std::size_t line, const std::string& text) {
  return "line " + std::to_string(line) + ": '" + text + "'";
}
// "[0000000012345678] name" or " -> [0000000012345678] name".
inline std::string bracketed(const std::string& text, std::size_t line) {
  const auto end = text.find("] ");
  if (end == std::string::npos || text.size() == end + 2) {
    throw NotLockdep(at(line, text) + " names no lock class");
  }
  return text.substr(end + 2);
}
}  // namespace detail

/// Adds what /proc/lockdep says.
inline void read_classes(std::istream& in, Lockdep& seen) {
  std::string outer;
  std::size_t line = 1;
  std::string text;
  if (!std::getline(in, text) || text != "all lock classes:") {
    throw NotLockdep(detail::at(line, text) + " where /proc/lockdep begins with 'all lock classes:'");
  }
  while (std::getline(in, text)) {
    ++line;
    if (text.empty()) {
      outer.clear();
    } else if (text.starts_with(" -> [")) {
      if (outer.empty()) {
        throw NotLockdep(detail::at(line, text) + " is a dependency of no class");
      }
      seen.chains.push_back({outer, detail::bracketed(text, line)});
    } else {
      // "0000000012345678 FD:   38 BD:    1 +.+.: name"; a name may have spaces and colons too.
      const auto deps = text.find(" BD:");
      const auto name = deps == std::string::npos ? deps : text.find(": ", deps + 4);
      if (name == std::string::npos || name + 2 == text.size()) {
        throw NotLockdep(detail::at(line, text) + " is no lock class of a kernel with CONFIG_PROVE_LOCKING");
      }
      outer = text.substr(name + 2);
      seen.classes.insert(outer);
    }
  }
}

/// Adds what /proc/lockdep_chains says.
inline void read_chains(std::istream& in, Lockdep& seen) {
  std::vector<std::string> chain;
  std::size_t line = 1;
  std::string text;
  if (!std::getline(in, text) || text != "all lock chains:") {
    throw NotLockdep(detail::at(line, text) + " where /proc/lockdep_chains begins with 'all lock chains:'");
  }
  const auto end_of_chain = [&] {
    if (chain.size() > 1) {
      seen.chains.push_back(chain);
    }
    chain.clear();
  };
  while (std::getline(in, text)) {
    ++line;
    if (text.empty() || text.starts_with("irq_context: ")) {
      end_of_chain();
    } else if (text.starts_with('[')) {
      chain.push_back(detail::bracketed(text, line));
    } else {
      throw NotLockdep(detail::at(line, text) + " is not part of a lock chain");
    }
  }
  end_of_chain();
}

}  // namespace conformance

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Compares what a kernel's lockdep saw with a declared order: while one class is held, may the other be waited for?
//
// A sysfs attribute that is removed waits for its running handlers. lockdep has a class for each attribute, the order
// one for all whose handlers take a lock of it; a handler that never did is a leaf, and whoever waits for it waits
// for nothing else. Not checked: what the kernel never did; the table lists which declared edges were seen.
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "declared.hpp"
#include "devlock/vfio/refused_edges.hpp"
#include "kernel_names.hpp"
#include "lockdep.hpp"

namespace conformance {

/// One dependency, as the kernel names it, and where it was seen.
struct Witness {
  std::string outer;
  std::string inner;
  std::string boot;
  std::set<std::string> between;  ///< shipped classes taken after the outer one and held as well
  friend bool operator==(const Witness&, const Witness&) = default;
};
/// All that were seen, by the names of the shipped classes.
using Observed = std::map<Edge, std::vector<Witness>>;

/// Adds the dependencies among modelled classes that one look at a kernel shows. Returns how many chains had one.
inline std::size_t observe(const Lockdep& seen, const std::string& boot, Observed& observed) {
  const std::string attribute = devlock::vfio::attribute::name;
  std::set<std::string> working;  // attributes whose handlers took a lock of the order
  for (const auto& chain : seen.chains) {
    const auto last = shipped_name(chain.back());
    if (!last || *last == attribute) {
      continue;
    }
    for (const std::string& held : chain) {
      if (shipped_name(held) == attribute) {
        working.insert(held);
      }
    }
  }
  std::size_t count = 0;
  for (const auto& chain : seen.chains) {
    const auto last = shipped_name(chain.back());
    if (!last || (*last == attribute && !working.contains(chain.back()))) {
      continue;
    }
    bool counts = false;
    for (std::size_t place = 0; place + 1 != chain.size(); ++place) {
      const auto held = shipped_name(chain[place]);
      if (!held) {
        continue;
      }
      counts = true;
      auto& witnesses = observed[{*held, *last}];
      Witness found{chain[place], chain.back(), boot, {}};
      for (std::size_t later = place + 1; later + 1 != chain.size(); ++later) {
        if (const auto name = shipped_name(chain[later])) {
          found.between.insert(*name);
        }
      }
      if (std::find(witnesses.begin(), witnesses.end(), found) == witnesses.end()) {
        witnesses.push_back(std::move(found));
      }
    }
    count += counts ? 1U : 0U;
  }
  return count;
}

/// The refused edge between these two; null if it is none.
inline const devlock::vfio::RefusedEdgeText* refused(const Edge& edge) {
  for (const auto& one : devlock::vfio::refused_edges) {
    if (edge.first == one.outer && edge.second == one.inner) {
      return &one;
    }
  }
  return nullptr;
}

/// A dependency is in order, or a refused edge leads from its outer class to one from where it is.
inline bool allowed(const DeclaredOrder& order, const Edge& edge, const Witness& witness) {
  const auto& [outer, inner] = edge;
  if (outer == inner) {
    return witness.outer == witness.inner || instances_in_order(witness.outer, witness.inner);
  }
  const auto onwards = [&](const std::string& from) {
    return refused({outer, from}) != nullptr && (from == inner || order.precedes(from, inner));
  };
  return order.precedes(outer, inner) || onwards(inner) ||
         std::any_of(witness.between.begin(), witness.between.end(), onwards);
}

/// What the order forbids and no refused edge explains, each in a line or two; empty if the kernel agrees.
inline std::vector<std::string> disagreements(const DeclaredOrder& order, const Observed& observed) {
  std::vector<std::string> all;
  for (const auto& [edge, witnesses] : observed) {
    const auto& [outer, inner] = edge;
    const auto wrong = std::find_if(witnesses.begin(), witnesses.end(),
                                    [&](const Witness& one) { return !allowed(order, edge, one); });
    if (wrong == witnesses.end()) {
      continue;
    }
    std::string text = "the kernel waits for " + inner + " (" + wrong->inner + ") while it holds " + outer + " (" +
                       wrong->outer + "), seen in boot " + wrong->boot + "; declared: ";
    if (outer == inner) {
      text += "one class, and these two instances are in no order that is known";
    } else if (const auto path = order.path(inner, outer); !path.empty()) {
      text += "the other way round, by";
      for (const std::string& name : path) {
        text += (name == path.front() ? " " : " -> ") + name;
      }
    } else {
      text += "nothing relates the two";
    }
    all.push_back(std::move(text));
  }
  return all;
}

}  // namespace conformance

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// An order as a value, so that it can be compared with what a kernel saw, and spoilt on purpose: the edges of a
// Hierarchy by name.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace conformance {

/// Names of two classes: the first is held, the second waited for.
using Edge = std::pair<std::string, std::string>;

class DeclaredOrder {
 public:
  explicit DeclaredOrder(std::vector<Edge> edges) : edges_(std::move(edges)) {}

  template <class Order>
  [[nodiscard]] static DeclaredOrder of() {
    const auto& table = Order::table;
    std::vector<Edge> all;
    for (std::size_t place = 0; place != table.edges; ++place) {
      all.emplace_back(table.name[table.outer[place]], table.name[table.inner[place]]);
    }
    return DeclaredOrder(std::move(all));
  }

  [[nodiscard]] const std::vector<Edge>& edges() const { return edges_; }
  [[nodiscard]] bool declares(const Edge& edge) const {
    return std::find(edges_.begin(), edges_.end(), edge) != edges_.end();
  }

  /// The shortest chain of declared edges from one class to another, both included; empty if there is none.
  [[nodiscard]] std::vector<std::string> path(const std::string& from, const std::string& to) const {
    std::map<std::string, std::string> reached;
    std::deque<std::string> next{from};
    while (!next.empty()) {
      const std::string here = next.front();
      next.pop_front();
      for (const auto& [outer, inner] : edges_) {
        if (outer != here || reached.contains(inner)) {
          continue;
        }
        reached[inner] = here;
        if (inner == to) {
          std::vector<std::string> path{to};
          do {
            path.push_back(reached[path.back()]);
          } while (path.back() != from);
          std::reverse(path.begin(), path.end());
          return path;
        }
        next.push_back(inner);
      }
    }
    return {};
  }
  [[nodiscard]] bool precedes(const std::string& outer, const std::string& inner) const {
    return !path(outer, inner).empty();
  }

  /// For an order that is wrong on purpose. False if the edge is not declared.
  bool leave_out(const Edge& edge) { return std::erase(edges_, edge) != 0; }
  bool reverse(const Edge& edge) {
    const bool there = leave_out(edge);
    if (there) {
      edges_.emplace_back(edge.second, edge.first);
    }
    return there;
  }

 private:
  std::vector<Edge> edges_;
};

}  // namespace conformance

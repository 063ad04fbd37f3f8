// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The arithmetic behind Hierarchy: class → row by a hash of its name, and the transitive closure as one bit row per
// class, filled in reverse topological order with one pass over the edges. All of it runs at compile time; 256 classes
// and 1,024 edges stay inside the default constexpr limits of g++ and clang. Nothing here is meant for users.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

namespace devlock::detail {

template <std::size_t... I>
using indices = std::index_sequence<I...>;
template <std::size_t N>
using make_indices = std::make_index_sequence<N>;

constexpr std::size_t max_classes = 256;

/// Rows for at most `classes` classes, in whole words.
constexpr std::size_t table_rows(std::size_t classes) {
  const std::size_t rows = classes > max_classes ? max_classes : classes;
  return rows == 0 ? 64 : (rows + 63) / 64 * 64;
}

template <std::size_t Rows, std::size_t Edges>
struct OrderTable {
  static constexpr std::size_t rows = Rows;
  static constexpr std::size_t words = Rows / 64;
  static constexpr std::size_t slots = 4 * Rows - 3;  // odd, at most about a quarter full
  static constexpr std::size_t nowhere = ~std::size_t{0};

  std::size_t count = 0;
  std::uint64_t key[slots]{};
  std::uint16_t row[slots]{};
  const char* name[Rows]{};  // identity too: the address of the class's name
  std::size_t place[Rows]{};  // where the declaration mentions the class first; nowhere if a base brought it
  std::uint64_t row_key[Rows]{};
  bool leaf[Rows]{};
  std::uint64_t after[Rows][words]{};

  std::size_t edges = 0;
  std::uint16_t outer[Edges + 1]{};
  std::uint16_t inner[Edges + 1]{};

  std::size_t cycle[Rows + 1]{};  // rows, the first one repeated at the end
  std::size_t cycle_length = 0;
  std::size_t unfit = nowhere;  // the place of one that is no class
  bool too_many_classes = false;
  bool duplicate_name = false;
  std::size_t same_name[2]{};  // the places of both, if so
  bool edge_from_leaf = false;
  bool relates_anew = false;
  std::size_t pair[2]{};  // rows: the outer and the inner class of that edge or relation

  constexpr std::size_t slot(std::uint64_t wanted) const {
    std::size_t s = (wanted ^ (wanted >> 29)) % slots;
    while (key[s] != 0 && key[s] != wanted) {
      s = s + 1 == slots ? 0 : s + 1;
    }
    return s;
  }
  constexpr bool contains(std::uint64_t wanted) const { return key[slot(wanted)] == wanted; }
  constexpr std::size_t row_of(std::uint64_t wanted) const {
    const std::size_t s = slot(wanted);
    return key[s] == wanted ? row[s] : nowhere;
  }
  /// Whether a row is that of the class with this very name, not of another class whose name reads the same.
  constexpr bool has_name(std::size_t r, const char* class_name) const { return name[r] == class_name; }
  constexpr bool row_precedes(std::size_t o, std::size_t i) const { return ((after[o][i / 64] >> (i % 64)) & 1U) != 0; }
  /// True if a path leads from the class `outer_key` to the class `inner_key`. False for an unknown one.
  constexpr bool precedes(std::uint64_t outer_key, std::uint64_t inner_key) const {
    const std::size_t o = row_of(outer_key);
    const std::size_t i = row_of(inner_key);
    return o != nowhere && i != nowhere && row_precedes(o, i);
  }

  /// The same for a row that this table has.
  constexpr bool precedes_row(std::uint64_t outer_key, std::size_t i) const {
    const std::size_t s = slot(outer_key);
    return key[s] == outer_key && row_precedes(row[s], i);
  }

  // Building, in this order: add_base, add_edge, add_leaf, close, compare.

  constexpr std::uint16_t add_class(std::uint64_t class_key, const char* class_name, std::size_t class_place) {
    const std::size_t s = slot(class_key);
    if (key[s] == 0) {
      if (class_key == 0) {
        unfit = class_place;
        return 0;
      }
      if (count == Rows) {
        too_many_classes = true;
        return 0;
      }
      key[s] = class_key;
      row[s] = static_cast<std::uint16_t>(count);
      row_key[count] = class_key;
      place[count] = class_place;
      name[count++] = class_name;
    }
    if (name[row[s]] != class_name && !duplicate_name) {
      duplicate_name = true;
      same_name[0] = place[row[s]];
      same_name[1] = class_place;
    }
    return row[s];
  }
  /// `outer_place` and `inner_place` say where the declaration mentions the two.
  constexpr void add_edge(std::uint64_t outer_key, const char* outer_name, std::size_t outer_place, std::uint64_t inner_key,
                          const char* inner_name, std::size_t inner_place) {
    outer[edges] = add_class(outer_key, outer_name, outer_place);
    inner[edges++] = add_class(inner_key, inner_name, inner_place);
  }
  constexpr void add_leaf(std::uint64_t class_key, const char* class_name, std::size_t class_place) {
    leaf[add_class(class_key, class_name, class_place)] = true;
  }
  template <class Base>
  constexpr void add_base(const Base& base) {
    for (std::size_t r = 0; r != base.count; ++r) {
      const std::size_t mine = add_class(base.row_key[r], base.name[r], nowhere);
      leaf[mine] = leaf[mine] || base.leaf[r];
    }
    for (std::size_t e = 0; e != base.edges; ++e) {
      outer[edges] = static_cast<std::uint16_t>(row_of(base.row_key[base.outer[e]]));
      inner[edges++] = static_cast<std::uint16_t>(row_of(base.row_key[base.inner[e]]));
    }
  }

  /// False if the declaration is malformed.
  [[nodiscard]] constexpr bool sound() const {
    return unfit == nowhere && !too_many_classes && !duplicate_name && !edge_from_leaf && cycle_length == 0 && !relates_anew;
  }

  constexpr void close() {
    if (unfit != nowhere || too_many_classes || duplicate_name) {
      return;
    }
    // Edges grouped by their inner class, so that finishing a class visits exactly the classes before it.
    std::uint16_t open_edges[Rows]{};  // edges out of a class that are not closed yet
    std::uint16_t first[Rows + 1]{};
    std::uint16_t filled[Rows]{};
    std::uint16_t sources[Edges + 1]{};
    for (std::size_t e = 0; e != edges; ++e) {
      ++open_edges[outer[e]];
      ++first[inner[e] + 1U];
      if (leaf[outer[e]]) {
        edge_from_leaf = true;
        pair[0] = outer[e];
        pair[1] = inner[e];
      }
    }
    for (std::size_t c = 0; c != count; ++c) {
      first[c + 1] = static_cast<std::uint16_t>(first[c + 1] + first[c]);
    }
    for (std::size_t e = 0; e != edges; ++e) {
      sources[first[inner[e]] + filled[inner[e]]++] = outer[e];
    }
    std::uint16_t ready[Rows]{};
    std::size_t waiting = 0;
    std::size_t done = 0;
    for (std::size_t c = 0; c != count; ++c) {
      if (open_edges[c] == 0) {
        ready[waiting++] = static_cast<std::uint16_t>(c);
      }
    }
    while (waiting != 0) {
      const std::size_t in = ready[--waiting];
      ++done;
      for (std::size_t s = first[in]; s != first[in + 1]; ++s) {
        const std::size_t out = sources[s];
        for (std::size_t w = 0; w != words; ++w) {
          after[out][w] |= after[in][w];
        }
        after[out][in / 64] |= std::uint64_t{1} << (in % 64);
        if (--open_edges[out] == 0) {
          ready[waiting++] = static_cast<std::uint16_t>(out);
        }
      }
    }
    if (done != count) {
      find_cycle(open_edges);
      return;
    }
    close_leaves();
  }

  /// Notes a pair of classes that this order relates and the base does not.
  template <class Base>
  constexpr void compare(const Base& base) {
    const auto found = new_relation(base);
    if (found.first != nowhere && !relates_anew && !edge_from_leaf) {
      relates_anew = true;
      pair[0] = row_of(base.row_key[found.first]);
      pair[1] = row_of(base.row_key[found.second]);
    }
  }
  /// A pair of rows of `base` that this order relates and the base does not: {outer, inner}, or nowhere.
  template <class Base>
  constexpr std::pair<std::size_t, std::size_t> new_relation(const Base& base) const {
    if (!sound()) {
      return {nowhere, nowhere};  // reported by itself
    }
    std::size_t mine[Base::rows]{};
    bool in_place = true;
    for (std::size_t r = 0; r != base.count; ++r) {
      mine[r] = row_of(base.row_key[r]);
      in_place = in_place && mine[r] == r;
    }
    for (std::size_t o = 0; o != base.count; ++o) {
      bool differs = !in_place;
      for (std::size_t w = 0; in_place && w != Base::words && w != words; ++w) {
        const std::size_t rest = base.count - (w * 64 < base.count ? w * 64 : base.count);
        const std::uint64_t mask = rest >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << rest) - 1;
        differs = differs || (after[o][w] & mask) != base.after[o][w];
      }
      for (std::size_t i = 0; differs && i != base.count; ++i) {
        if (row_precedes(mine[o], mine[i]) != base.row_precedes(o, i)) {
          return {o, i};
        }
      }
    }
    return {nowhere, nowhere};
  }

 private:
  // A leaf comes after everything that is not one.
  constexpr void close_leaves() {
    std::uint64_t mask[words]{};
    for (std::size_t c = 0; c != count; ++c) {
      mask[c / 64] |= leaf[c] ? std::uint64_t{1} << (c % 64) : 0;
    }
    for (std::size_t c = 0; c != count; ++c) {
      for (std::size_t w = 0; !leaf[c] && w != words; ++w) {
        after[c][w] |= mask[w];
      }
    }
  }
  // Every class that is left has an edge to a class that is left: following them must return to one already seen.
  constexpr void find_cycle(const std::uint16_t (&open_edges)[Rows]) {
    std::size_t seen_at[Rows]{};
    std::size_t path[Rows + 1]{};
    std::size_t length = 0;
    std::size_t at = 0;
    while (open_edges[at] == 0) {
      ++at;
    }
    while (seen_at[at] == 0) {
      path[length++] = at;
      seen_at[at] = length;
      for (std::size_t e = 0; e != edges; ++e) {
        if (outer[e] == at && open_edges[inner[e]] != 0) {
          at = inner[e];
          break;
        }
      }
    }
    for (std::size_t p = seen_at[at] - 1; p != length; ++p) {
      cycle[cycle_length++] = path[p];
    }
    cycle[cycle_length++] = at;
  }
};

}  // namespace devlock::detail

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

/// Rows that a hierarchy of `edges` edges can need, in whole words.
constexpr std::size_t table_capacity(std::size_t edges) {
  const std::size_t bound = edges == 0 ? 1 : 2 * edges;
  const std::size_t rows = bound > max_classes ? max_classes : bound;
  return (rows + 63) / 64 * 64;
}

template <std::size_t Capacity>
struct OrderTable {
  static constexpr std::size_t words = Capacity / 64;
  static constexpr std::size_t slots = 4 * Capacity - 3;  // odd, at most a quarter full

  std::size_t count = 0;
  std::uint64_t key[slots]{};
  const char* name[slots]{};  // identity: the address of the class's name
  std::uint16_t row[slots]{};
  std::size_t named_by[slots]{};  // the end of an edge that brought it: an outer one by its edge, an inner one after all outers
  std::uint64_t after[Capacity][words]{};
  std::size_t cycle[Capacity + 1]{};
  std::size_t cycle_length = 0;
  bool duplicate_name = false;
  std::size_t same_name[2]{};  // two ends of edges, if so
  bool too_many_classes = false;

  constexpr std::size_t slot(std::uint64_t wanted) const {
    std::size_t s = (wanted ^ (wanted >> 29)) % slots;
    while (key[s] != 0 && key[s] != wanted) {
      s = s + 1 == slots ? 0 : s + 1;
    }
    return s;
  }
  constexpr bool contains(std::uint64_t wanted) const { return key[slot(wanted)] == wanted; }
  /// True if a path leads from the class `outer` to the class `inner`. False for an unknown one.
  constexpr bool precedes(std::uint64_t outer, std::uint64_t inner) const {
    const std::size_t o = slot(outer);
    const std::size_t i = slot(inner);
    return key[o] == outer && key[i] == inner && ((after[row[o]][row[i] / 64] >> (row[i] % 64)) & 1U) != 0;
  }
};

template <std::size_t Capacity, std::size_t Edges>
constexpr OrderTable<Capacity> make_order_table(const char* const (&outer_name)[Edges],
                                                const char* const (&inner_name)[Edges],
                                                const std::uint64_t (&outer_key)[Edges],
                                                const std::uint64_t (&inner_key)[Edges]) {
  OrderTable<Capacity> t;
  std::uint16_t from[Edges]{};
  std::uint16_t to[Edges]{};
  const auto row_of = [&t](std::uint64_t key, const char* name, std::size_t end) -> std::uint16_t {
    const std::size_t s = t.slot(key);
    if (t.key[s] == 0) {
      if (t.count == Capacity) {
        t.too_many_classes = true;
        return 0;
      }
      t.key[s] = key;
      t.name[s] = name;
      t.named_by[s] = end;
      t.row[s] = static_cast<std::uint16_t>(t.count++);
    }
    if (t.name[s] != name && !t.duplicate_name) {
      t.duplicate_name = true;
      t.same_name[0] = t.named_by[s];
      t.same_name[1] = end;
    }
    return t.row[s];
  };
  for (std::size_t e = 0; e < Edges; ++e) {
    from[e] = row_of(outer_key[e], outer_name[e], e);
    to[e] = row_of(inner_key[e], inner_name[e], Edges + e);
  }
  if (t.too_many_classes) {
    return t;
  }

  // Edges grouped by their inner class, so that finishing a class visits exactly the classes before it.
  std::uint16_t open_edges[Capacity]{};  // edges out of a class that are not closed yet
  std::uint16_t first[Capacity + 1]{};
  std::uint16_t filled[Capacity]{};
  std::uint16_t sources[Edges]{};
  for (std::size_t e = 0; e < Edges; ++e) {
    ++open_edges[from[e]];
    ++first[to[e] + 1U];
  }
  for (std::size_t c = 0; c < t.count; ++c) {
    first[c + 1] = static_cast<std::uint16_t>(first[c + 1] + first[c]);
  }
  for (std::size_t e = 0; e < Edges; ++e) {
    sources[first[to[e]] + filled[to[e]]++] = from[e];
  }
  std::uint16_t ready[Capacity]{};
  std::size_t waiting = 0;
  std::size_t done = 0;
  for (std::size_t c = 0; c < t.count; ++c) {
    if (open_edges[c] == 0) {
      ready[waiting++] = static_cast<std::uint16_t>(c);
    }
  }
  while (waiting != 0) {
    const std::size_t inner = ready[--waiting];
    ++done;
    for (std::size_t s = first[inner]; s < first[inner + 1]; ++s) {
      const std::size_t outer = sources[s];
      for (std::size_t w = 0; w < OrderTable<Capacity>::words; ++w) {
        t.after[outer][w] |= t.after[inner][w];
      }
      t.after[outer][inner / 64] |= std::uint64_t{1} << (inner % 64);
      if (--open_edges[outer] == 0) {
        ready[waiting++] = static_cast<std::uint16_t>(outer);
      }
    }
  }
  if (done == t.count) {
    return t;
  }

  // Every class that is left has an edge to a class that is left: following them must return to one already seen.
  std::size_t seen_at[Capacity]{};
  std::size_t path[Capacity + 1]{};
  std::size_t length = 0;
  std::size_t at = 0;
  while (open_edges[at] == 0) {
    ++at;
  }
  while (seen_at[at] == 0) {
    seen_at[at] = length + 1;
    for (std::size_t e = 0; e < Edges; ++e) {
      if (from[e] == at && open_edges[to[e]] != 0) {
        path[length++] = e;
        at = to[e];
        break;
      }
    }
  }
  const std::size_t start = seen_at[at] - 1;
  for (std::size_t p = start; p < length; ++p) {
    t.cycle[t.cycle_length++] = path[p];
  }
  t.cycle[t.cycle_length++] = path[start];
  return t;
}

}  // namespace devlock::detail

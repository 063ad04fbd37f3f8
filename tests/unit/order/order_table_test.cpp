// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The closure against a slow one that is obviously right, over random graphs; and the cycle that it reports.
#include "devlock/order/order_table.hpp"

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <vector>

#include "devlock/order/lock_class.hpp"
#include "support/catch.hpp"

namespace {

constexpr std::size_t class_count = 20;

const std::vector<std::string>& names() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> made;
    for (std::size_t c = 0; c != 300; ++c) {
      made.push_back("class " + std::to_string(c));
    }
    return made;
  }();
  return all;
}
std::uint64_t key_of(std::size_t c) { return devlock::detail::hash_name(names()[c].c_str()); }

template <std::size_t Edges>
struct Graph {
  std::size_t outer[Edges];
  std::size_t inner[Edges];

  [[nodiscard]] auto table() const {
    const char* outer_name[Edges];
    const char* inner_name[Edges];
    std::uint64_t outer_key[Edges];
    std::uint64_t inner_key[Edges];
    for (std::size_t e = 0; e != Edges; ++e) {
      outer_name[e] = names()[outer[e]].c_str();
      inner_name[e] = names()[inner[e]].c_str();
      outer_key[e] = key_of(outer[e]);
      inner_key[e] = key_of(inner[e]);
    }
    devlock::detail::OrderTable<devlock::detail::table_rows(2 * Edges), Edges> table;
    for (std::size_t e = 0; e != Edges; ++e) {
      table.add_edge(outer_key[e], outer_name[e], e, inner_key[e], inner_name[e], Edges + e);
    }
    table.close();
    return table;
  }
  // Floyd and Warshall.
  [[nodiscard]] auto closure() const {
    std::array<std::array<bool, class_count>, class_count> reaches{};
    for (std::size_t e = 0; e != Edges; ++e) {
      reaches[outer[e]][inner[e]] = true;
    }
    for (std::size_t via = 0; via != class_count; ++via) {
      for (std::size_t a = 0; a != class_count; ++a) {
        for (std::size_t b = 0; b != class_count; ++b) {
          reaches[a][b] = reaches[a][b] || (reaches[a][via] && reaches[via][b]);
        }
      }
    }
    return reaches;
  }
};

// Edges between random classes. Acyclic: along a random permutation.
template <std::size_t Edges>
Graph<Edges> random_graph(std::mt19937& random, bool acyclic) {
  std::array<std::size_t, class_count> rank{};
  for (std::size_t c = 0; c != class_count; ++c) {
    rank[c] = c;
  }
  std::shuffle(rank.begin(), rank.end(), random);
  Graph<Edges> graph;
  for (std::size_t e = 0; e != Edges; ++e) {
    std::size_t a = 0;
    std::size_t b = 0;
    while (a == b) {
      a = random() % class_count;
      b = random() % class_count;
    }
    if (acyclic && a > b) {
      std::swap(a, b);
    }
    graph.outer[e] = rank[a];
    graph.inner[e] = rank[b];
  }
  return graph;
}

template <std::size_t Edges>
void agrees_with_closure(std::mt19937& random) {
  for (int round = 0; round != 200; ++round) {
    const auto graph = random_graph<Edges>(random, true);
    const auto table = graph.table();
    const auto reaches = graph.closure();
    REQUIRE(table.cycle_length == 0);
    REQUIRE_FALSE(table.duplicate_name);
    bool equal = true;
    for (std::size_t a = 0; a != class_count; ++a) {
      for (std::size_t b = 0; b != class_count; ++b) {
        equal = equal && table.precedes(key_of(a), key_of(b)) == reaches[a][b];
      }
    }
    REQUIRE(equal);
  }
}

TEST_CASE("The closure of a random acyclic graph is that of Floyd and Warshall") {
  std::mt19937 random(20240901);
  agrees_with_closure<5>(random);
  agrees_with_closure<20>(random);
  agrees_with_closure<60>(random);
}

TEST_CASE("A random graph has a cycle if and only if one is reported, and it is one") {
  std::mt19937 random(7);
  int cyclic = 0;
  int acyclic = 0;
  for (int round = 0; round != 500; ++round) {
    constexpr std::size_t edges = 16;
    const auto graph = random_graph<edges>(random, false);
    const auto table = graph.table();
    const auto reaches = graph.closure();
    bool has_cycle = false;
    for (std::size_t c = 0; c != class_count; ++c) {
      has_cycle = has_cycle || reaches[c][c];
    }
    REQUIRE((table.cycle_length != 0) == has_cycle);
    has_cycle ? ++cyclic : ++acyclic;
    if (has_cycle) {
      REQUIRE(table.cycle_length >= 3);  // two classes and the first one again
      REQUIRE(table.cycle[0] == table.cycle[table.cycle_length - 1]);
      for (std::size_t step = 0; step + 1 != table.cycle_length; ++step) {
        bool is_edge = false;
        for (std::size_t e = 0; e != table.edges; ++e) {
          is_edge = is_edge || (table.outer[e] == table.cycle[step] && table.inner[e] == table.cycle[step + 1]);
        }
        REQUIRE(is_edge);
      }
    }
  }
  REQUIRE(cyclic > 50);
  REQUIRE(acyclic > 50);
}

TEST_CASE("A class with an edge to itself is a cycle of one") {
  const auto table = Graph<1>{{3}, {3}}.table();
  REQUIRE(table.cycle_length == 2);
  REQUIRE(table.cycle[0] == 0);
  REQUIRE(table.cycle[1] == 0);
}

TEST_CASE("The table knows the classes of its edges and no other") {
  const auto table = Graph<2>{{0, 1}, {1, 2}}.table();
  REQUIRE(table.count == 3);
  REQUIRE(table.contains(key_of(0)));
  REQUIRE(table.contains(key_of(1)));
  REQUIRE(table.contains(key_of(2)));
  REQUIRE_FALSE(table.contains(key_of(3)));
  REQUIRE_FALSE(table.precedes(key_of(0), key_of(3)));
  REQUIRE_FALSE(table.precedes(key_of(3), key_of(0)));
  REQUIRE_FALSE(table.precedes(key_of(3), key_of(3)));
}

TEST_CASE("An edge that is declared twice counts once") {
  const auto table = Graph<3>{{0, 0, 1}, {1, 1, 2}}.table();
  REQUIRE(table.count == 3);
  REQUIRE(table.cycle_length == 0);
  REQUIRE(table.precedes(key_of(0), key_of(2)));
}

TEST_CASE("Two classes of one name are found by the addresses of their names") {
  static constexpr char one[] = "same";
  static constexpr char other[] = "same";
  static constexpr char third[] = "third";
  const auto key = devlock::detail::hash_name(one);
  devlock::detail::OrderTable<64, 2> table;
  table.add_edge(key, one, 0, devlock::detail::hash_name(third), third, 2);
  REQUIRE_FALSE(table.duplicate_name);
  table.add_edge(key, other, 1, devlock::detail::hash_name(third), third, 3);
  REQUIRE(table.duplicate_name);
  REQUIRE(table.same_name[0] == 0);
  REQUIRE(table.same_name[1] == 1);
  const auto third_key = devlock::detail::hash_name(third);
  devlock::detail::OrderTable<64, 2> across;
  across.add_edge(third_key, third, 0, key, other, 2);
  across.add_edge(key, one, 1, third_key, third, 3);
  REQUIRE(across.duplicate_name);
  REQUIRE(across.same_name[0] == 2);  // the inner end of edge 0, then the outer end of edge 1
  REQUIRE(across.same_name[1] == 1);
}

TEST_CASE("A row is that of one class, not of another one of its name") {
  static constexpr char one[] = "same";
  static constexpr char other[] = "same";
  static constexpr char third[] = "third";
  const auto key = devlock::detail::hash_name(one);
  devlock::detail::OrderTable<64, 1> table;
  table.add_edge(key, one, 0, devlock::detail::hash_name(third), third, 1);
  table.close();
  REQUIRE(table.sound());
  REQUIRE(table.has_name(table.row_of(key), one));
  REQUIRE_FALSE(table.has_name(table.row_of(key), other));
  REQUIRE(table.precedes_row(key, table.row_of(devlock::detail::hash_name(third))));
  REQUIRE_FALSE(table.precedes_row(devlock::detail::hash_name(third), table.row_of(key)));
}

TEST_CASE("A table says what is wrong with its declaration") {
  const auto key = [](const char* name) { return devlock::detail::hash_name(name); };
  static constexpr char one[] = "one";
  static constexpr char two[] = "two";
  static constexpr char three[] = "three";
  devlock::detail::OrderTable<64, 1> unfit;
  unfit.add_edge(key(one), one, 0, 0, nullptr, 1);
  unfit.close();
  REQUIRE(unfit.unfit == 1);
  REQUIRE_FALSE(unfit.sound());
  devlock::detail::OrderTable<64, 1> leaf;
  leaf.add_edge(key(one), one, 0, key(two), two, 1);
  leaf.add_leaf(key(one), one, 2);
  leaf.close();
  REQUIRE(leaf.edge_from_leaf);
  REQUIRE(leaf.pair[0] == leaf.row_of(key(one)));
  REQUIRE(leaf.pair[1] == leaf.row_of(key(two)));
  REQUIRE_FALSE(leaf.sound());
  devlock::detail::OrderTable<64, 2> base;
  base.add_edge(key(one), one, 0, key(two), two, 2);
  base.add_edge(key(one), one, 1, key(three), three, 3);
  base.close();
  REQUIRE(base.sound());
  devlock::detail::OrderTable<64, 3> extension;
  extension.add_base(base);
  extension.add_edge(key(three), three, 0, key(two), two, 1);
  extension.close();
  REQUIRE(extension.sound());
  extension.compare(base);
  REQUIRE(extension.relates_anew);
  REQUIRE(extension.pair[0] == extension.row_of(key(three)));
  REQUIRE(extension.pair[1] == extension.row_of(key(two)));
  REQUIRE_FALSE(extension.sound());
}

TEST_CASE("One class at several ends has one name") {
  REQUIRE_FALSE(Graph<3>{{0, 1, 0}, {1, 2, 2}}.table().duplicate_name);
}

// A chain of `classes` classes.
template <std::size_t Classes>
auto chain() {
  Graph<Classes - 1> graph;
  for (std::size_t e = 0; e != Classes - 1; ++e) {
    graph.outer[e] = e;
    graph.inner[e] = e + 1;
  }
  return graph.table();
}

TEST_CASE("256 classes have room, 257 are refused") {
  const auto full = chain<256>();
  REQUIRE_FALSE(full.too_many_classes);
  REQUIRE(full.count == 256);
  REQUIRE(full.precedes(key_of(0), key_of(255)));
  REQUIRE(full.precedes(key_of(254), key_of(255)));
  REQUIRE_FALSE(full.precedes(key_of(255), key_of(0)));
  REQUIRE_FALSE(full.precedes(key_of(128), key_of(128)));
  REQUIRE(chain<257>().too_many_classes);
}

TEST_CASE("A table has a row for each class that its edges can name, in whole words") {
  using devlock::detail::table_rows;
  REQUIRE(table_rows(0) == 64);
  REQUIRE(table_rows(1) == 64);
  REQUIRE(table_rows(64) == 64);
  REQUIRE(table_rows(65) == 128);
  REQUIRE(table_rows(256) == 256);
  REQUIRE(table_rows(2048) == 256);
}

}  // namespace

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The declared order as a picture or as data, from the declaration that the types use: DOT for graphviz, Mermaid for pages, JSON for
// programs, indented text for terminals.
//
//   devlock::write_dot<MyOrder>([](const char* text) { std::fputs(text, stdout); });
//
// The sink gets the text piece by piece. Edges are those declared, not the closure; leaves come after everything and are
// listed rather than linked. Nothing is allocated, and it works freestanding.
#pragma once

#include <cstddef>

#include "devlock/order/hierarchy.hpp"

namespace devlock {

namespace detail {

// A number as text, for node names.
template <class Sink>
void put_number(Sink& sink, std::size_t number) {
  char digits[24];
  std::size_t at = sizeof digits;
  digits[--at] = '\0';
  do {
    digits[--at] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  sink(static_cast<const char*>(digits + at));
}

// A class's name inside double quotes, for all four formats.
template <class Sink>
void put_quoted(Sink& sink, const char* name) {
  sink("\"");
  for (; *name != '\0'; ++name) {
    const char escaped[] = {*name == '"' || *name == '\\' ? '\\' : *name, *name == '"' || *name == '\\' ? *name : '\0', '\0'};
    sink(static_cast<const char*>(escaped));
  }
  sink("\"");
}

template <class Table>
constexpr bool has_outer(const Table& table, std::size_t row) {
  for (std::size_t e = 0; e != table.edges; ++e) {
    if (table.inner[e] == row) {
      return true;
    }
  }
  return false;
}

template <class Table, class Sink>
void put_tree(const Table& table, std::size_t row, std::size_t depth, bool (&printed)[Table::rows], Sink& sink) {
  for (std::size_t d = 0; d != depth; ++d) {
    sink("  ");
  }
  sink(table.name[row]);
  bool leads_on = false;
  for (std::size_t e = 0; e != table.edges; ++e) {
    leads_on = leads_on || table.outer[e] == row;
  }
  sink(printed[row] && leads_on ? "  (as above)\n" : "\n");
  if (printed[row]) {
    return;
  }
  printed[row] = true;
  for (std::size_t e = 0; e != table.edges; ++e) {
    if (table.outer[e] == row) {
      put_tree(table, table.inner[e], depth + 1, printed, sink);
    }
  }
}

}  // namespace detail

/// Graphviz: an arrow leads from the lock taken first to the lock taken under it.
template <class Order, class Sink>
void write_dot(Sink sink) {
  const auto& table = Order::table;
  sink("digraph lock_order {\n  node [shape=box, style=rounded, fontname=\"monospace\"];\n");
  for (std::size_t r = 0; r != table.count; ++r) {
    sink("  c");
    detail::put_number(sink, r);
    sink(" [label=");
    detail::put_quoted(sink, table.name[r]);
    sink(table.leaf[r] ? ", style=\"rounded,dashed\", xlabel=\"after everything\"];\n" : "];\n");
  }
  for (std::size_t e = 0; e != table.edges; ++e) {
    sink("  c");
    detail::put_number(sink, table.outer[e]);
    sink(" -> c");
    detail::put_number(sink, table.inner[e]);
    sink(";\n");
  }
  sink("}\n");
}

/// Mermaid, for a page that renders it.
template <class Order, class Sink>
void write_mermaid(Sink sink) {
  const auto& table = Order::table;
  sink("graph TD\n");
  for (std::size_t r = 0; r != table.count; ++r) {
    sink("  c");
    detail::put_number(sink, r);
    sink(table.leaf[r] ? "([" : "[");
    detail::put_quoted(sink, table.name[r]);
    sink(table.leaf[r] ? "])\n" : "]\n");
  }
  for (std::size_t e = 0; e != table.edges; ++e) {
    sink("  c");
    detail::put_number(sink, table.outer[e]);
    sink(" --> c");
    detail::put_number(sink, table.inner[e]);
    sink("\n");
  }
}

/// JSON: {"classes": [{"name", "leaf"}], "before": [["outer", "inner"]]}.
template <class Order, class Sink>
void write_json(Sink sink) {
  const auto& table = Order::table;
  sink("{\n  \"classes\": [");
  for (std::size_t r = 0; r != table.count; ++r) {
    sink(r == 0 ? "\n    {\"name\": " : ",\n    {\"name\": ");
    detail::put_quoted(sink, table.name[r]);
    sink(table.leaf[r] ? ", \"leaf\": true}" : ", \"leaf\": false}");
  }
  sink("\n  ],\n  \"before\": [");
  for (std::size_t e = 0; e != table.edges; ++e) {
    sink(e == 0 ? "\n    [" : ",\n    [");
    detail::put_quoted(sink, table.name[table.outer[e]]);
    sink(", ");
    detail::put_quoted(sink, table.name[table.inner[e]]);
    sink("]");
  }
  sink("\n  ]\n}\n");
}

/// Indented text: what stands under a class is taken under it. A class that was shown before is not unfolded again.
template <class Order, class Sink>
void write_text(Sink sink) {
  const auto& table = Order::table;
  bool printed[Order::table.rows]{};
  for (std::size_t r = 0; r != table.count; ++r) {
    if (!detail::has_outer(table, r) && !table.leaf[r]) {
      detail::put_tree(table, r, 0, printed, sink);
    }
  }
  bool first = true;
  for (std::size_t r = 0; r != table.count; ++r) {
    if (table.leaf[r]) {
      sink(first ? "after everything: " : ", ");
      sink(table.name[r]);
      first = false;
    }
  }
  sink(first ? "" : "\n");
}

}  // namespace devlock

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The four forms of the graph, compared with what a small order must print.
#include "devlock/order/graph.hpp"

#include <string>

#include "support/catch.hpp"
#include "support/classes.hpp"

namespace {

using namespace devlock;

struct odd {
  static constexpr char name[] = "a \"quoted\" \\ name";
};
struct last {
  static constexpr char name[] = "last";
};
struct Drawn : Hierarchy<Extends<test::Order>, Leaves<last>, Before<odd, test::first>> {};

template <class Writer>
std::string text_of(Writer writer) {
  std::string text;
  writer([&text](const char* piece) { text += piece; });
  return text;
}

TEST_CASE("Text shows what is taken under what, each class unfolded once, leaves at the end") {
  REQUIRE(text_of([](auto sink) { write_text<Drawn>(sink); }) ==
          "a \"quoted\" \\ name\n"
          "  first\n"
          "    second\n"
          "      third\n"
          "    aside\n"
          "after everything: last\n");
}

struct Diamond : Hierarchy<Before<test::first, test::second>, Before<test::first, test::aside>,
                           Before<test::second, test::third>, Before<test::aside, test::second>> {};

TEST_CASE("A class below two others is unfolded below the first") {
  REQUIRE(text_of([](auto sink) { write_text<Diamond>(sink); }) ==
          "first\n"
          "  second\n"
          "    third\n"
          "  aside\n"
          "    second  (as above)\n");
}

TEST_CASE("DOT has a node for each class and an arrow for each edge") {
  const std::string dot = text_of([](auto sink) { write_dot<test::Order>(sink); });
  REQUIRE(dot.find("digraph lock_order {") == 0);
  REQUIRE(dot.find("c0 [label=\"first\"];") != std::string::npos);
  REQUIRE(dot.find("c0 -> c1;") != std::string::npos);
  REQUIRE(dot.find("c1 -> c2;") != std::string::npos);
  REQUIRE(dot.find("c0 -> c3;") != std::string::npos);
  REQUIRE(dot.find("c1 -> c3;") == std::string::npos);
}

TEST_CASE("Mermaid draws the same") {
  REQUIRE(text_of([](auto sink) { write_mermaid<test::Order>(sink); }) ==
          "graph TD\n"
          "  c0[\"first\"]\n"
          "  c1[\"second\"]\n"
          "  c2[\"third\"]\n"
          "  c3[\"aside\"]\n"
          "  c0 --> c1\n"
          "  c1 --> c2\n"
          "  c0 --> c3\n");
}

TEST_CASE("JSON escapes names and says which classes are leaves") {
  const std::string json = text_of([](auto sink) { write_json<Drawn>(sink); });
  REQUIRE(json.find("{\"name\": \"a \\\"quoted\\\" \\\\ name\", \"leaf\": false}") != std::string::npos);
  REQUIRE(json.find("{\"name\": \"last\", \"leaf\": true}") != std::string::npos);
  REQUIRE(json.find("[\"first\", \"second\"]") != std::string::npos);
}

}  // namespace

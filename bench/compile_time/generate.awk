# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# Prints one file with `sites` lock sites over `classes` classes, four edges out of each class, as
#   -v kind=standard   std::mutex and std::lock_guard
#   -v kind=devlock    the same locks in the same places under a hierarchy
# Each function nests three guards along a path of edges. One seed, so that both kinds and every run are the same program.
#
#   awk -v classes=64 -v sites=200 -v kind=devlock -f generate.awk

function random(below) {  # Park and Miller; exact in a double
  state = (state * 16807) % 2147483647
  return state % below
}

BEGIN {
  state = 20011
  edges = 0
  for (outer = 0; outer < classes; ++outer) {
    last = outer + 39 < classes - 1 ? outer + 39 : classes - 1
    split("", chosen)
    wanted = last - outer < 4 ? last - outer : 4
    for (count[outer] = 0; count[outer] < wanted;) {
      inner = outer + 1 + random(last - outer)
      if (!(inner in chosen)) {
        chosen[inner] = 1
        next_of[outer, count[outer]++] = inner
        list = list (edges++ ? ",\n    " : "\n    ") "devlock::Before<class_" outer ", class_" inner ">"
      }
    }
  }
  if (kind == "edges") {
    print edges
    exit
  }
  print "#include <mutex>"
  if (kind == "devlock") {
    print "#include \"devlock/lock/ordered.hpp\""
    print "#include \"devlock/order/guard.hpp\""
    for (c = 0; c < classes; ++c) {
      print "struct class_" c " {\n  static constexpr char name[] = \"class_" c "\";\n};"
    }
    print "struct Order : devlock::Hierarchy<" list "> {};"
  }
  for (c = 0; c < classes; ++c) {
    print "extern " (kind == "devlock" ? "devlock::Ordered<class_" c ", std::mutex>" : "std::mutex") " lock_" c ";"
  }
  for (site = 0; site < sites;) {
    do {
      at = random(classes)
      middle = count[at] ? next_of[at, random(count[at])] : 0
    } while (!count[at] || !count[middle])
    place[0] = at
    place[1] = middle
    place[2] = next_of[middle, random(count[middle])]
    print "void function_" site "() {"
    if (kind == "devlock") {
      print "  devlock::ThreadContext<Order> guard_0;"
    }
    for (depth = 0; depth < 3 && site < sites; ++depth) {
      ++site
      if (kind == "devlock") {
        print "  devlock::Guard guard_" depth + 1 "{guard_" depth ", lock_" place[depth] "};"
      } else {
        print "  std::lock_guard guard_" depth + 1 "{lock_" place[depth] "};"
      }
    }
    print "}"
  }
}

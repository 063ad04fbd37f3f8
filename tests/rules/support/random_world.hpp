// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A random World: three to seven classes, edges from lower to higher indices (an index says nothing to the rules), a few features, and
// two to eight locks. Each world has few features, so that those that it has meet each other.
#pragma once

#include "rules/support/random.hpp"
#include "rules/support/weakening.hpp"
#include "rules/support/world.hpp"

namespace rules {

class WorldMaker {
 public:
  /// Some weakenings are about a world that the library refuses to declare; they get one.
  WorldMaker(World& world, Random& random, Weakening weakened) : world_(world), random_(random), weakened_(weakened) {
    choose_features();
    choose_classes();
    choose_edges();
    choose_locks();
    choose_conditions();
    world.threads = random.percent(35) ? 3 : 2;
  }

 private:
  [[nodiscard]] bool with(Feature feature) const { return world_.with(feature); }

  void choose_features() {
    for (std::size_t left = 1 + random_.below(3); left != 0; --left) {
      world_.has[random_.below(feature_count)] = true;
    }
    bool& descriptors = world_.has[static_cast<std::size_t>(Feature::descriptors)];
    descriptors = descriptors || with(Feature::parked);
  }
  // A class that has no part yet, not before `first`; a new one if there is none.
  std::size_t take_class(std::size_t first = 0) {
    if (first < world_.classes) {
      const std::size_t start = first + random_.below(world_.classes - first);
      for (std::size_t c = start; c != world_.classes; ++c) {
        if (!taken_[c]) {
          taken_[c] = true;
          return c;
        }
      }
    }
    if (world_.classes == max_classes) {
      return none;
    }
    taken_[world_.classes] = true;
    return world_.classes++;
  }
  void choose_classes() {
    world_.classes = 3 + random_.below(2);
    if (with(Feature::nest)) {
      const bool under_open = weakened_ == Weakening::nest_under_open && with(Feature::descriptors);
      const std::size_t owner = take_class(under_open ? 1 : 0);
      const std::size_t inner = take_class(owner + 1);
      world_.of_class[inner].owner = owner;
      world_.of_class[inner].keyed = weakened_ == Weakening::nest_and_keys;
      world_.of_class[owner].shared = random_.percent(30);
      needed_[needed_count_++] = {owner, inner};
      world_.open_class = under_open ? owner : none;
    }
    if (with(Feature::descriptors) && world_.open_class == none) {
      world_.open_class = take_class(1);
    }
    if (with(Feature::instances)) {
      const std::size_t keyed = take_class();
      if (keyed != none) {
        world_.of_class[keyed].keyed = true;
        world_.of_class[keyed].shared = random_.percent(20);
      }
    }
    if (with(Feature::scopes)) {
      const std::size_t scope = take_class();
      if (scope != none) {
        world_.of_class[scope].scope = true;
        world_.of_class[scope].keyed = weakened_ == Weakening::walk_over_keys;
        const std::size_t partner = random_.percent(40) ? take_class(scope + 1) : none;
        if (partner != none) {
          world_.of_class[scope].partner = partner;
          needed_[needed_count_++] = {scope, partner};
        }
      }
    }
    if (with(Feature::shared)) {
      world_.of_class[random_.below(world_.classes)].shared = true;
    }
  }
  void choose_edges() {
    const unsigned density = 30 + static_cast<unsigned>(random_.below(5)) * 15;
    bool edge[max_classes][max_classes]{};
    for (std::size_t o = 0; o != world_.classes; ++o) {
      for (std::size_t i = o + 1; i != world_.classes; ++i) {
        edge[o][i] = random_.percent(density);
      }
    }
    for (std::size_t n = 0; n != needed_count_; ++n) {
      edge[needed_[n].outer][needed_[n].inner] = true;
    }
    if (world_.open_class != none && world_.open_class != 0) {
      edge[random_.below(world_.open_class)][world_.open_class] = true;  // unbind waits under some lock
    }
    fill(world_.table, edge, none, none);
    if (weakened_ == Weakening::two_extensions) {
      extend(edge);
    }
  }
  // Two classes that the order leaves open are ordered one way in one table and the other way in the other.
  void extend(const bool (&edge)[max_classes][max_classes]) {
    for (std::size_t a = 0; a != world_.classes; ++a) {
      for (std::size_t b = a + 1; b != world_.classes; ++b) {
        if (!world_.precedes(a, b) && !world_.precedes(b, a)) {
          world_.table = Table{};
          fill(world_.table, edge, a, b);
          fill(world_.other, edge, b, a);
          return;
        }
      }
    }
    world_.other = world_.table;
  }
  void fill(Table& table, const bool (&edge)[max_classes][max_classes], std::size_t more_outer,
            std::size_t more_inner) {
    const auto add = [&table](std::size_t o, std::size_t i) {
      table.add_edge(class_keys[o], class_names[o], o, class_keys[i], class_names[i], i);
    };
    if (more_outer != none) {
      add(more_outer, more_inner);
    }
    for (std::size_t o = 0; o != world_.classes; ++o) {
      for (std::size_t i = o + 1; i != world_.classes; ++i) {
        if (edge[o][i]) {
          add(o, i);
        }
      }
    }
    // A class without an edge comes last, as one that the declaration calls a leaf.
    for (std::size_t c = 0; c != world_.classes; ++c) {
      if (!table.contains(class_keys[c])) {
        table.add_leaf(class_keys[c], class_names[c], c);
      }
    }
    table.close();
  }
  void add_lock(std::size_t c, unsigned key, std::size_t group) {
    if (world_.locks != max_locks) {
      world_.lock[world_.locks++] = {c, key, group};
    }
  }
  void choose_locks() {
    // What nests and what comes in several instances first, so that there is room.
    for (std::size_t c = 0; c != world_.classes; ++c) {
      const ClassTraits& traits = world_.of_class[c];
      if (traits.owner != none) {
        const std::size_t groups = random_.percent(70) ? 2 : 1;
        for (std::size_t g = 0; g != groups && traits.owner != world_.open_class; ++g) {
          add_lock(traits.owner, 0, g);
        }
        for (std::size_t n = 0; n != 3; ++n) {
          add_lock(c, static_cast<unsigned>(n), groups == 2 && n == 2 ? 1 : 0);
        }
        placed_[c] = placed_[traits.owner] = true;
      }
    }
    for (std::size_t c = 0; c != world_.classes; ++c) {
      const ClassTraits& traits = world_.of_class[c];
      if (placed_[c] || !(traits.keyed || traits.scope)) {
        continue;
      }
      const std::size_t instances = traits.partner == none ? 2 + random_.below(2) : 2;
      for (std::size_t n = 0; n != instances; ++n) {
        // A walk goes up the lock numbers; where a walk and keys may meet, the keys go down.
        add_lock(c, traits.scope ? 9U - static_cast<unsigned>(n) : 1U + static_cast<unsigned>(random_.below(3)), 0);
      }
      for (std::size_t n = 0; traits.partner != none && n != instances; ++n) {
        add_lock(traits.partner, 0, 0);
      }
      placed_[c] = true;
      if (traits.partner != none) {
        placed_[traits.partner] = true;
      }
    }
    for (std::size_t c = 0; c != world_.classes; ++c) {
      if (!placed_[c] && c != world_.open_class) {
        add_lock(c, 0, 0);
        if (random_.percent(25)) {
          add_lock(c, 0, 0);
        }
      }
    }
    world_.devices = world_.open_class == none                                           ? 0
                     : random_.percent(weakened_ == Weakening::nest_under_open ? 0 : 70) ? 1
                                                                                         : 2;
  }
  void choose_conditions() {
    if (with(Feature::conditions)) {
      world_.conditions = 1 + random_.below(max_conditions);
      for (std::size_t c = 0; c != world_.conditions; ++c) {
        world_.condition_lock[c] = random_.below(world_.locks);
      }
    }
  }

  struct Edge {
    std::size_t outer;
    std::size_t inner;
  };
  World& world_;
  Random& random_;
  Weakening weakened_;
  bool taken_[max_classes]{};
  bool placed_[max_classes]{};
  Edge needed_[3]{};
  std::size_t needed_count_ = 0;
};

}  // namespace rules

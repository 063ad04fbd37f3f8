// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Locking by intention under every schedule: exclusion as the table says, failed attempts without a trace, one winner if nobody
// gives back, no lost wakeup at any level; and rules that lack one thing each, which must be found.
//
//   root - bridge - {left, right}
#include "devlock/lock/intention_node.hpp"

#include "devlock/check/gate.hpp"
#include "devlock/check/mark.hpp"
#include "devlock/check/require.hpp"
#include "devlock/sync/relacy.hpp"
#include "model/support/expect.hpp"

namespace {

using namespace model;
using devlock::Intention;
using devlock::IntentionRules;
using devlock::check::mark;
using devlock::check::require;
using Sync = devlock::RelacySync;

enum Place { root, bridge, left, right, places };
struct Ask {
  Place place;
  Intention what;
};
constexpr Ask whole_root{root, Intention::subtree};
constexpr Ask whole_bridge{bridge, Intention::subtree};
constexpr Ask bridge_alone{bridge, Intention::alone};
constexpr Ask left_alone{left, Intention::alone};
constexpr Ask right_alone{right, Intention::alone};

template <class Rules>
struct Tree {
  using Node = devlock::IntentionNode<Sync, Rules>;
  Node node[places];
  Sync::var<unsigned> data[places];  // whoever has the node writes it

  Tree() {
    node[bridge].set_parent(&node[root]);
    node[left].set_parent(&node[bridge]);
    node[right].set_parent(&node[bridge]);
    constexpr const char* names[] = {"root", "bridge", "left", "right"};
    for (unsigned i = 0; i != places; ++i) {
      devlock::check::name(node[i], names[i]);
      devlock::check::name(data[i], "data of", i);
    }
  }
  // A place and, for a subtree, all that is below it.
  void use(const Ask& ask) {
    for (unsigned i = ask.place; i != places; ++i) {
      const bool below = ask.place == root || (ask.place == bridge && i > bridge);
      if (i == static_cast<unsigned>(ask.place) || (ask.what == Intention::subtree && below)) {
        data[i].set(data[i].get() + 1U);
      }
    }
  }
  void after() {
    for (auto& one : node) {
      require(one.marks() == 0U, "no mark is left");
      require(!one.held_alone() && !one.held_subtree(), "everything is free");
    }
  }
};

// Each thread tries once.
template <class Rules, const Ask&... asks>
struct Tries : Tree<Rules> {
  static constexpr unsigned threads = sizeof...(asks);
  static constexpr Ask of_threads[] = {asks...};
  void thread(unsigned index) {
    const Ask ask = of_threads[index];
    auto& mine = this->node[ask.place];
    const bool taken = mine.try_take(ask.what);
    mark(taken ? "taken" : "refused");
    if (taken) {
      this->use(ask);
      mine.give(ask.what);
    }
  }
};
// Nobody gives back before all have tried.
template <class Rules, const Ask&... asks>
struct Race : Tree<Rules> {
  static constexpr unsigned threads = sizeof...(asks);
  static constexpr Ask of_threads[] = {asks...};
  void thread(unsigned index) {
    const Ask ask = of_threads[index];
    auto& mine = this->node[ask.place];
    const bool taken = mine.try_take(ask.what);
    winners_ += taken ? 1U : 0U;
    gate_.arrive(taken);
    if (taken) {
      mine.give(ask.what);
    }
    gate_.leave();
  }
  void after() {
    require(winners_ != 0U, "one racer succeeds");
    mark(winners_ == 1U ? "one winner" : "several winners");
    Tree<Rules>::after();
  }

 private:
  devlock::check::Gate<threads> gate_;
  unsigned winners_ = 0;
};
// Each thread waits for its turn.
template <class Rules, const Ask&... asks>
struct Waits : Tree<Rules> {
  static constexpr unsigned threads = sizeof...(asks);
  static constexpr Ask of_threads[] = {asks...};
  void thread(unsigned index) {
    const Ask ask = of_threads[index];
    auto& mine = this->node[ask.place];
    mine.take(ask.what);
    mark(devlock::check::times_blocked() == 0 ? "at once" : "after a sleep");
    this->use(ask);
    mine.give(ask.what);
  }
};

// While a thread sleeps, the marks are the holders'. One holds the left device and looks; the other waits for it, or for what is above.
template <class Rules, const Ask& waited>
struct Asleep : Tree<Rules> {
  static constexpr unsigned threads = 2;
  Sync::atomic<unsigned> told{0U};  // which sleep this is; who reads it sees what was given back before
  unsigned asleep = 0;              // the same now, plain: the simulated threads share one real thread
  void thread(unsigned index) {
    if (index == 0) {
      this->node[left].take(Intention::alone);
      this->use(left_alone);
      look();
      this->node[left].give(Intention::alone);
      return;
    }
    auto& mine = this->node[waited.place];
    for (unsigned sleep = 1; !mine.try_take(waited.what); ++sleep) {
      told.store(sleep, std::memory_order_release);  // pairs with the load in look()
      asleep = sleep;
      mine.sleep_until_changed(waited.what);
      asleep = 0;
    }
    this->use(waited);
    mine.give(waited.what);
  }
  void look() {
    const unsigned sleep = told.load(std::memory_order_acquire);  // pairs with the store in thread()
    const unsigned above = this->node[root].marks();
    const unsigned here = this->node[bridge].marks();
    if (sleep != 0U && sleep == asleep) {
      mark("looked at a sleeper");
      require(above == 1U && here == 1U, "a sleeper holds no mark");
    }
  }
  void after() {}  // what is left in the end is Waits' to find
};

TEST_CASE("Tries exclude each other as the table says, and leave nothing behind") {
  const std::vector<const char*> both = {"taken", "refused"};
  expect_verified<Tries<IntentionRules, whole_bridge, left_alone>>("subtree, device", both);
  expect_verified<Tries<IntentionRules, whole_root, left_alone>>("subtree two levels up, device", both);
  expect_verified<Tries<IntentionRules, left_alone, left_alone>>("one device twice", both);
  expect_verified<Tries<IntentionRules, bridge_alone, left_alone>>("bridge alone, device", {"taken"});
  expect_verified<Tries<IntentionRules, bridge_alone, whole_bridge>>("bridge alone, subtree", both);
  expect_verified<Tries<IntentionRules, whole_root, whole_bridge>>("subtree in a subtree", both);
  expect_verified<Tries<IntentionRules, whole_bridge, left_alone, right_alone>>("subtree, two devices", both);
  expect_verified<Tries<IntentionRules, whole_root, whole_bridge, left_alone>>("three levels", both);
}
TEST_CASE("If nobody gives back during a race, one of the racers succeeds") {
  expect_verified<Race<IntentionRules, whole_bridge, left_alone>>("race: subtree, device", {"one winner"});
  expect_verified<Race<IntentionRules, whole_root, whole_bridge, left_alone>>("race: three levels", {"one winner"});
  expect_verified<Race<IntentionRules, whole_bridge, left_alone, right_alone>>("race: subtree, two devices",
                                                                               {"one winner", "several winners"});
}
TEST_CASE("Who waits gets its turn, at every level, and no wakeup is lost") {
  const std::vector<const char*> both = {"at once", "after a sleep"};
  expect_verified<Waits<IntentionRules, whole_bridge, left_alone>>("waits: subtree, device", both);
  expect_verified<Waits<IntentionRules, whole_root, left_alone>>("waits: subtree two levels up, device", both);
  expect_verified<Waits<IntentionRules, left_alone, left_alone>>("waits: one device twice", both);
  expect_verified<Waits<IntentionRules, whole_root, whole_bridge>>("waits: subtree in a subtree", both);
  expect_verified<Waits<IntentionRules, bridge_alone, whole_bridge>>("waits: bridge alone, subtree", both);
}

TEST_CASE("Who waits holds no mark while it sleeps") {
  expect_verified<Asleep<IntentionRules, left_alone>>("asleep: device", {"looked at a sleeper"});
  expect_verified<Asleep<IntentionRules, whole_bridge>>("asleep: subtree", {"looked at a sleeper"});
}

struct OneMark : IntentionRules {
  static constexpr unsigned most_marks = 1;
};
TEST_CASE("One mark too many is refused, or waited for") {
  expect_verified<Tries<OneMark, left_alone, right_alone>>("marks: tries", {"taken", "refused"});
  expect_verified<Waits<OneMark, left_alone, right_alone>>("marks: waits", {"at once", "after a sleep"});
}

struct MarksInASubtree : IntentionRules {
  static constexpr bool subtree_refuses_mark = false;
};
struct TwoAlone : IntentionRules {
  static constexpr bool alone_refuses_alone = false;
};
struct SubtreeOverMarks : IntentionRules {
  static constexpr bool marks_refuse_subtree = false;
};
struct LastMarkIsSilent : IntentionRules {
  static constexpr bool last_mark_wakes = false;
};
struct ReleaseIsSilent : IntentionRules {
  static constexpr bool release_wakes = false;
};
struct KeepsMarks : IntentionRules {
  static constexpr bool takes_marks_back = false;
};
struct TakesRelaxed : IntentionRules {
  static constexpr std::memory_order taking = std::memory_order_relaxed;
};
struct GivesRelaxed : IntentionRules {
  static constexpr std::memory_order giving = std::memory_order_relaxed;
};
TEST_CASE("Rules that lack one thing are found") {
  expect_found<Tries<MarksInASubtree, whole_bridge, left_alone>>("a mark in a held subtree", Outcome::data_race, 1000);
  expect_found<Tries<TwoAlone, left_alone, left_alone>>("a device held alone twice", Outcome::data_race, 100000);
  expect_found<Tries<SubtreeOverMarks, whole_bridge, left_alone>>("a subtree over a mark", Outcome::data_race, 1000);
  expect_found<Waits<LastMarkIsSilent, whole_bridge, left_alone>>("the last mark wakes nobody", Outcome::lost_wakeup,
                                                                  100000);
  expect_found<Waits<ReleaseIsSilent, left_alone, left_alone>>("a release wakes nobody", Outcome::lost_wakeup, 100000,
                                                               "", {Search::random});
  expect_found<Tries<KeepsMarks, left_alone, left_alone>>("a failed attempt keeps its marks", Outcome::assertion, 1000,
                                                          "no mark is left");
  expect_found<Asleep<KeepsMarks, left_alone>>("a sleeper keeps its marks", Outcome::assertion, 100000,
                                               "a sleeper holds no mark", {Search::full});
  expect_found<Tries<TakesRelaxed, left_alone, left_alone>>("taken without acquire", Outcome::data_race, 1000);
  expect_found<Tries<GivesRelaxed, left_alone, left_alone>>("given back without release", Outcome::data_race, 1000);
}

}  // namespace

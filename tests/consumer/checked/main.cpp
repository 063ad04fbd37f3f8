// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What a first user of the checker writes: his own protocol over a Sync policy, a scenario of two threads, and the same with
// a mistake, which must be found.
#include <cstdio>
#include <string>

#include <devlock/check/check.hpp>

namespace {

// One owner at a time, by a flag.
template <class Sync>
struct Turnstile {
  typename Sync::template atomic<unsigned> taken{0};

  bool enter() { return taken.exchange(1, std::memory_order_acquire) == 0; }  // pairs with leave
  void leave() { taken.store(0, std::memory_order_release); }                 // pairs with enter
  bool enter_wrongly() {
    if (taken.load(std::memory_order_acquire) != 0) {
      return false;
    }
    taken.store(1, std::memory_order_relaxed);  // somebody else may have done so meanwhile
    return true;
  }
};

template <bool Wrong>
struct TwoVisitors {
  static constexpr unsigned threads = 2;
  static constexpr const char* thread_names[] = {"visitor A", "visitor B"};
  Turnstile<devlock::RelacySync> turnstile;
  int inside = 0;

  TwoVisitors() { devlock::check::name(turnstile, "turnstile"); }
  void thread(unsigned) {
    if (Wrong ? turnstile.enter_wrongly() : turnstile.enter()) {
      devlock::check::require(++inside == 1, "one visitor at a time");
      devlock::check::step();
      --inside;
      turnstile.leave();
      devlock::check::mark("entered");
    } else {
      devlock::check::mark("turned away");
    }
  }
};

}  // namespace

int main() {
  using namespace devlock::check;
  const Result right = check<TwoVisitors<false>>({.must_reach = {"entered", "turned away"}});
  const Result wrong = check<TwoVisitors<true>>();
  std::printf("right: %s\n%swrong: %s\n%s", to_string(right).c_str(), to_string(right.marks).c_str(), to_string(wrong).c_str(),
              wrong.report.diagram.c_str());
  const bool named = wrong.report.diagram.find("visitor B") != std::string::npos &&
                     wrong.report.diagram.find("turnstile = ") != std::string::npos &&
                     wrong.report.diagram.find("main.cpp:") != std::string::npos;
  return right.verified() && wrong.outcome == Outcome::assertion && wrong.message == "one visitor at a time" && named ? 0 : 1;
}

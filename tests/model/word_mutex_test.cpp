// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The mutex in one word under every schedule: exclusion, memory order, no lost wakeup with two sleepers; and its wrong variants.
#include "devlock/lock/word_mutex.hpp"

#include "devlock/check/mark.hpp"
#include "devlock/sync/relacy.hpp"
#include "model/support/expect.hpp"

namespace {

using namespace model;
using devlock::TryWord;
using devlock::WordMutex;
using devlock::WordRules;
using Sync = devlock::RelacySync;

template <class Rules, unsigned Threads>
struct Waits {
  static constexpr unsigned threads = Threads;
  WordMutex<Sync, Rules> mutex;
  Sync::var<unsigned> data{0U};
  void thread(unsigned) {
    mutex.lock();
    devlock::check::mark(devlock::check::times_blocked() == 0 ? "at once" : "after a sleep");
    data.set(data.get() + 1U);
    mutex.unlock();
  }
  void after() { devlock::check::require(data.get() == threads, "everybody had a turn"); }
};
template <class Mutex>
struct Tries {
  static constexpr unsigned threads = 2;
  Mutex mutex;
  Sync::var<unsigned> data{0U};
  void thread(unsigned) {
    const bool taken = mutex.try_lock();
    devlock::check::mark(taken ? "taken" : "refused");
    if (taken) {
      data.set(data.get() + 1U);
      mutex.unlock();
    }
  }
};

TEST_CASE("Two and three threads wait for a word and all have their turn") {
  expect_verified<Waits<WordRules, 2>>("word: two wait", {"at once", "after a sleep"});
  expect_verified<Waits<WordRules, 3>>("word: three wait", {"at once", "after a sleep"});
}
TEST_CASE("Two threads try a word, waited for or not") {
  expect_verified<Tries<WordMutex<Sync>>>("word: two try", {"taken", "refused"});
  expect_verified<Tries<TryWord<Sync>>>("word without waiters: two try", {"taken", "refused"});
}

struct UnlocksInSilence : WordRules {
  static constexpr bool unlock_wakes = false;
};
struct LosesTheSign : WordRules {
  static constexpr bool sleeper_keeps_the_sign = false;
};
struct TakesRelaxed : WordRules {
  static constexpr std::memory_order taking = std::memory_order_relaxed;
};
struct GivesRelaxed : WordRules {
  static constexpr std::memory_order giving = std::memory_order_relaxed;
};
TEST_CASE("Words that lack one thing are found") {
  expect_found<Waits<UnlocksInSilence, 2>>("word: wakes nobody", Outcome::lost_wakeup, 1000);
  expect_found<Waits<TakesRelaxed, 2>>("word: taken without acquire", Outcome::data_race, 1000);
  expect_found<Waits<GivesRelaxed, 2>>("word: given back without release", Outcome::data_race, 1000);
  expect_found<Tries<TryWord<Sync, TakesRelaxed>>>("word without waiters: taken without acquire", Outcome::data_race,
                                                   1000);
  expect_found<Tries<TryWord<Sync, GivesRelaxed>>>("word without waiters: given back without release",
                                                   Outcome::data_race, 1000);
  expect_found<Waits<LosesTheSign, 3>>("word: a sleeper forgets that others sleep", Outcome::lost_wakeup, 1000000);
}

}  // namespace

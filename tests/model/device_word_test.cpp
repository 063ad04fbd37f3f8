// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The two locks of a device in one word, under every schedule: exclusion of each part, memory order, tries that fail only because of a
// holder, no lost wakeup with sleepers for either part and for both; walks over such words; and rules that lack one thing each.
#include "devlock/lock/device_word.hpp"

#include "devlock/check/gate.hpp"
#include "devlock/check/mark.hpp"
#include "devlock/lock/word_mutex.hpp"
#include "devlock/sync/relacy.hpp"
#include "model/support/expect.hpp"
#include "model/support/race.hpp"

namespace {

using namespace model;
using devlock::DeviceParts;
using devlock::DeviceWord;
using devlock::DeviceWordRules;
using devlock::check::mark;
using Sync = devlock::RelacySync;

constexpr DeviceParts device = DeviceParts::device;
constexpr DeviceParts config = DeviceParts::config;
constexpr DeviceParts both = DeviceParts::both;

template <class Rules>
struct Word {
  DeviceWord<Sync, Rules> word;
  Sync::var<unsigned> device_data{0U};
  Sync::var<unsigned> config_data{0U};
  unsigned turns = 0;

  // Whoever has a part writes its data.
  void use(DeviceParts parts) {
    if (parts != config) {
      device_data.set(device_data.get() + 1U);
    }
    if (parts != device) {
      config_data.set(config_data.get() + 1U);
    }
    ++turns;
  }
};
void mark_sleep() { mark(devlock::check::times_blocked() == 0 ? "at once" : "after a sleep"); }

// Each thread waits for its parts.
template <class Rules, DeviceParts... asked>
struct Waits : Word<Rules> {
  static constexpr unsigned threads = sizeof...(asked);
  static constexpr DeviceParts of_threads[] = {asked...};
  void thread(unsigned index) {
    this->word.lock(of_threads[index]);
    mark_sleep();
    this->use(of_threads[index]);
    this->word.unlock(of_threads[index]);
  }
  void after() {
    require(this->turns == threads, "everybody had a turn");
    require(this->word.try_lock(both), "everything is free");
  }
};
// Each thread tries its parts once.
template <class Rules, DeviceParts... asked>
struct Tries : Word<Rules> {
  static constexpr unsigned threads = sizeof...(asked);
  static constexpr DeviceParts of_threads[] = {asked...};
  void thread(unsigned index) {
    const bool taken = this->word.try_lock(of_threads[index]);
    require(devlock::check::times_blocked() == 0, "a try never waits");
    mark(taken ? "taken" : "refused");
    if (taken) {
      this->use(of_threads[index]);
      this->word.unlock(of_threads[index]);
    }
  }
  void after() { require(this->word.try_lock(both), "everything is free"); }
};
// Nobody gives back before all have tried.
template <class Rules, DeviceParts... asked>
struct Racers : Word<Rules> {
  static constexpr unsigned threads = sizeof...(asked);
  static constexpr DeviceParts of_threads[] = {asked...};
  void thread(unsigned index) {
    const bool taken = this->word.try_lock(of_threads[index]);
    winners_ += taken ? 1U : 0U;
    gate_.arrive(taken);
    if (taken) {
      this->word.unlock(of_threads[index]);
    }
    gate_.leave();
  }
  void after() {
    require(winners_ != 0U, "one racer succeeds");
    mark(winners_ == 1U ? "one winner" : "several winners");
  }

 private:
  devlock::check::Gate<threads> gate_;
  unsigned winners_ = 0;
};
// One thread waits for the parts one after the other, and gives them back in this order or in the other; the next waits for `asked`.
template <class Rules, DeviceParts first_back, DeviceParts... asked>
struct OneByOne : Word<Rules> {
  static constexpr unsigned threads = 1 + sizeof...(asked);
  static constexpr DeviceParts of_threads[] = {both, asked...};
  static constexpr DeviceParts kept = first_back == device ? config : device;
  void thread(unsigned index) {
    const DeviceParts parts = of_threads[index];
    if (index != 0) {
      this->word.lock(parts);
      mark_sleep();
      this->use(parts);
      this->word.unlock(parts);
      return;
    }
    this->word.lock(device);
    this->word.lock(config);
    this->use(both);
    this->word.unlock(first_back);
    this->use(kept);
    this->word.unlock(kept);
  }
  void after() {
    require(this->turns == threads + 1, "everybody had a turn");
    require(this->word.try_lock(both), "everything is free");
  }
};
// One thread tries a part while another takes the other part and gives it back: nobody is in the way. Of three, the second waits for
// the other part, and the third sleeps for it.
template <class Rules, DeviceParts tried, unsigned Threads>
struct Aside : Word<Rules> {
  static constexpr unsigned threads = Threads;
  static constexpr DeviceParts other = tried == device ? config : device;
  void thread(unsigned index) {
    const DeviceParts mine = index == 0 ? tried : other;
    if (index == 0 || threads == 2) {
      const bool taken = this->word.try_lock(mine);
      require(taken, "a try fails only because of a holder");
    } else {
      this->word.lock(mine);
      mark_sleep();
    }
    this->use(mine);
    this->word.unlock(mine);
  }
};

using Rules = DeviceWordRules;
const std::vector<const char*> slept = {"at once", "after a sleep"};

TEST_CASE("Threads that wait for a device, its config access or both all have their turn") {
  expect_verified<Waits<Rules, both, both>>("word of a device: both, both", slept);
  expect_verified<Waits<Rules, both, device>>("word of a device: both, device", slept);
  expect_verified<Waits<Rules, both, config>>("word of a device: both, config", slept);
  expect_verified<Waits<Rules, device, device>>("word of a device: device, device", slept);
  expect_verified<Waits<Rules, config, config>>("word of a device: config, config", slept);
  expect_verified<Waits<Rules, device, config>>("word of a device: device, config", {"at once"});
}
TEST_CASE("Three threads that wait for parts of one word all have their turn") {
  expect_verified<Waits<Rules, both, device, config>>("word of a device: both, device, config", slept);
  expect_verified<Waits<Rules, device, device, config>>("word of a device: device, device, config", slept);
  expect_verified<Waits<Rules, config, config, device>>("word of a device: config, config, device", slept);
}
TEST_CASE("The parts are taken one after the other and given back in either order") {
  expect_verified<OneByOne<Rules, config, both>>("word of a device: one by one, in reverse; both", slept);
  expect_verified<OneByOne<Rules, device, both>>("word of a device: one by one, device first; both", slept);
  expect_verified<OneByOne<Rules, config, device>>("word of a device: one by one; device", slept);
  expect_verified<OneByOne<Rules, device, config>>("word of a device: one by one; config", slept);
}
TEST_CASE("Tries of a word exclude each other, and fail only because of a holder") {
  const std::vector<const char*> either = {"taken", "refused"};
  expect_verified<Tries<Rules, both, both>>("word of a device: tries of both", either);
  expect_verified<Tries<Rules, both, device, config>>("word of a device: tries of both, device, config", either);
  expect_verified<Racers<Rules, both, both, both>>("word of a device: race for both", {"one winner"});
  expect_verified<Racers<Rules, both, device, config>>("word of a device: race for both, device, config",
                                                       {"one winner", "several winners"});
  expect_verified<Aside<Rules, device, 2>>("word of a device: a try of the device beside config access");
  expect_verified<Aside<Rules, config, 2>>("word of a device: a try of config access beside the device");
  expect_verified<Aside<Rules, device, 3>>("word of a device: a try of the device beside a sleeper for config", slept);
  expect_verified<Aside<Rules, config, 3>>("word of a device: a try of config access beside a sleeper", slept);
}

// Both locks of a word as one mutex, for walks.
struct BothOfAWord {
  [[nodiscard]] bool try_lock() { return word.try_lock(both); }
  void unlock() { word.unlock(both); }
  DeviceWord<Sync> word;
};
template <class Mutex>
using Walked = devlock::Ordered<devlock::vfio::device_lock, WatchedMutex<Mutex>>;
struct BusAndBothEnds {
  static constexpr Request of_threads[] = {
      {ScopeKind::bus, down0}, {ScopeKind::function, end0}, {ScopeKind::function, end1}};
};
template <class Mutex>
void walks(const char* what) {
  using Releases = Race<Walked<Mutex>, BusAndBothEnds, Winners::release>;
  using Keeps = Race<Walked<Mutex>, BusAndBothEnds, Winners::keep_until_all_tried>;
  const std::vector<const char*> all = {"took all", "contended at once", "rollback of 1 lock", "rollback of 3 locks"};
  expect_verified<Releases>(what, all);
  expect_verified<Keeps>(what, all);
}
TEST_CASE("Walks over words are all or nothing, and one of three racers succeeds") {
  walks<BothOfAWord>("walk over words of devices");
  walks<devlock::WordMutex<Sync>>("walk over words");
  walks<devlock::TryWord<Sync>>("walk over words that nobody waits for");
}

struct LetsBothIn : Rules {
  static constexpr bool one_refuses_both = false;
};
struct LooksOnce : Rules {
  static constexpr bool looks_again = false;
};
struct UnlocksInSilence : Rules {
  static constexpr bool unlock_wakes = false;
};
struct ForgetsConfigSleepers : Rules {
  static constexpr bool wakes_config_sleepers = false;
};
struct WakesOne : Rules {
  static constexpr bool wakes_all = false;
};
struct SleepsInSecret : Rules {
  static constexpr bool says_that_it_sleeps = false;
};
struct GivesTheOther : Rules {
  static constexpr bool leaves_the_other = false;
};
struct TakesRelaxed : Rules {
  static constexpr std::memory_order taking = std::memory_order_relaxed;
};
struct GivesRelaxed : Rules {
  static constexpr std::memory_order giving = std::memory_order_relaxed;
};
TEST_CASE("Words of a device that lack one thing are found") {
  expect_found<Tries<LetsBothIn, both, config>>("word of a device: both over config", Outcome::data_race, 1000);
  expect_found<Aside<LooksOnce, device, 2>>("word of a device: looks once", Outcome::assertion, 1000,
                                            "a try fails only because of a holder");
  expect_found<Waits<UnlocksInSilence, both, both>>("word of a device: wakes nobody", Outcome::lost_wakeup, 1000);
  expect_found<Waits<ForgetsConfigSleepers, both, config>>("word of a device: forgets who sleeps for config",
                                                           Outcome::lost_wakeup, 100000);
  expect_found<Waits<WakesOne, both, device, device>>("word of a device: wakes one", Outcome::lost_wakeup, 1000000);
  expect_found<Waits<SleepsInSecret, both, device>>("word of a device: sleeps in secret", Outcome::lost_wakeup, 100000);
  expect_found<OneByOne<GivesTheOther, config, device>>("word of a device: gives back both", Outcome::data_race, 100000);
  expect_found<Waits<TakesRelaxed, both, device>>("word of a device: taken without acquire", Outcome::data_race, 1000);
  expect_found<Waits<GivesRelaxed, both, device>>("word of a device: given back without release", Outcome::data_race,
                                                  1000);
}

}  // namespace

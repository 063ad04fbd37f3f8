// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What comes after a finding: the token that repeats it, whichever search found it, the schedule with the fewest
// preemptions, and the ladder of all searches.
#include "devlock/check/search/ladder.hpp"
#include "model/support/expect.hpp"

namespace {

using namespace model;
using devlock::RelacySync;
using devlock::SpuriousRelacySync;
using devlock::check::check;
using devlock::check::climb;
using devlock::check::LadderResult;
using devlock::check::replay;
using devlock::check::require;
using devlock::check::detail::Choice;
using devlock::check::detail::number_of;
using devlock::check::detail::to_hex;
using devlock::check::detail::Token;
using devlock::check::detail::TokenReader;
using Order = std::memory_order;


struct Inversion {
  static constexpr unsigned threads = 2;
  RelacySync::mutex first;
  RelacySync::mutex second;
  void thread(unsigned index) {
    auto& outer = index == 0 ? first : second;
    auto& inner = index == 0 ? second : first;
    outer.lock();
    inner.lock();
    inner.unlock();
    outer.unlock();
  }
};
struct InversionCorrected : Inversion {
  void thread(unsigned) { Inversion::thread(0); }
};

// Fails only if a load answers an old value: a choice of data.
struct ReadsOld {
  static constexpr unsigned threads = 2;
  RelacySync::atomic<unsigned> data;
  RelacySync::atomic<unsigned> ready;
  void thread(unsigned index) {
    if (index == 0) {
      data.store(1, Order::relaxed);
      ready.store(1, Order::relaxed);
    } else if (ready.load(Order::relaxed) == 1) {
      require(data.load(Order::relaxed) == 1, "who sees it ready sees the data");
    }
  }
};

// Fails only if the timed wait times out although it was notified before, and then only if the try of the mutex fails.
struct TimesOut {
  static constexpr unsigned threads = 2;
  RelacySync::mutex mutex;
  RelacySync::condition_variable ready;
  bool full = false;
  void thread(unsigned index) {
    std::unique_lock lock(mutex);
    if (index == 0) {
      full = true;
      ready.notify_one();
    } else if (!full) {
      require(ready.wait_for(lock, 1) == std::cv_status::no_timeout, "a notification comes before the timeout");
    }
  }
};

// Fails only if the wait ends without a notification.
struct WakesForNothing {
  static constexpr unsigned threads = 2;
  SpuriousRelacySync::mutex mutex;
  SpuriousRelacySync::condition_variable ready;
  bool full = false;
  void thread(unsigned index) {
    std::unique_lock lock(mutex);
    if (index == 0) {
      full = true;
      ready.notify_one();
    } else if (!full) {
      ready.wait(lock);
      require(full, "who wakes up finds it full");
    }
  }
};

// The one who waits for a mutex says so: what a reduced search counts must be counted again.
struct Waits {
  static constexpr unsigned threads = 2;
  RelacySync::mutex mutex;
  void thread(unsigned) {
    mutex.lock();
    require(devlock::check::times_blocked() == 0, "nobody waits");
    mutex.unlock();
  }
};

template <class S>
void expect_replay(Outcome outcome) {
  for (const Search search : all_searches) {
    for (const std::uint64_t shorten : {std::uint64_t{0}, std::uint64_t{10000}}) {
      const Result found = check<S>({.search = search, .preemptions = 3, .executions = 20000, .shorten = shorten});
      INFO("search " << static_cast<int>(search) << ": " << to_string(found) << "\n" << found.token);
      REQUIRE(found.outcome == outcome);
      const Result again = replay<S>(found.token);
      CHECK(again.outcome == outcome);
      CHECK(again.executions == 1);
      CHECK(again.message == found.message);
      CHECK(again.trace == found.trace);
      CHECK(again.token == found.token);
    }
  }
}
TEST_CASE("A token repeats the finding of every search in one execution, with the same trace") {
  expect_replay<Inversion>(Outcome::deadlock);
  expect_replay<ReadsOld>(Outcome::assertion);
  expect_replay<TimesOut>(Outcome::assertion);
  expect_replay<WakesForNothing>(Outcome::assertion);
  expect_replay<Waits>(Outcome::assertion);
}
TEST_CASE("A token of another scenario, of a changed one or of nothing is refused in words") {
  const Result found = check<Inversion>();
  const Result other = replay<Waits>(found.token);
  CHECK(other.outcome == Outcome::other);
  CHECK(other.message.find("another scenario") != std::string::npos);
  for (const std::string& garbled : {std::string(), std::string("devlock1:"), std::string("nonsense"),
                                     found.token + "0", found.token.substr(1), found.token.substr(0, 20)}) {
    INFO(garbled);
    const Result refused = replay<Inversion>(garbled);
    CHECK(refused.outcome == Outcome::other);
    CHECK(refused.message.find("no token") != std::string::npos);
    CHECK(refused.executions == 0);
  }
  // Well formed, but the scenario offers no such choices.
  Token token;
  REQUIRE(TokenReader(found.token).read(token).empty());
  token.choices[1] = {Choice::Kind::data, 1};
  const Result changed = replay<Inversion>(to_text(token));
  CHECK(changed.outcome == Outcome::not_deterministic);
  token.choices.clear();
  CHECK(replay<Inversion>(to_text(token)).outcome == Outcome::not_deterministic);
}
TEST_CASE("A token keeps a depth of any size, and a count that no execution can have is refused") {
  Token token;
  token.threads = 2;
  token.depth = 0xffffffffU;
  token.choices = {{Choice::Kind::runs, 1}, {Choice::Kind::data, 0xfffffffeU}};
  Token read;
  REQUIRE(TokenReader(to_text(token)).read(read).empty());
  CHECK(read.depth == token.depth);
  CHECK(read.choices == token.choices);
  const auto accepts = [](const std::string& choices) {
    const std::string text = "devlock1:00000000:2:10:d:" + choices + ':';
    Token ignored;
    return TokenReader(text + to_hex(number_of(text))).read(ignored).empty();
  };
  CHECK(accepts("a11"));
  CHECK_FALSE(accepts("a12"));
  CHECK_FALSE(accepts("a4294967297"));
  CHECK_FALSE(accepts("a99999999999999999999"));
}
TEST_CASE("A token survives being written and read, and any changed letter is noticed") {
  Token token;
  token.scenario = 0x1234abcd;
  token.threads = 3;
  token.depth = 77;
  token.reuse_memory = true;
  token.sampled = true;
  using Kind = Choice::Kind;
  token.choices = {{Kind::runs, 0}, {Kind::runs, 0},  {Kind::data, 12}, {Kind::data, 12},           {Kind::times_out, 1},
                   {Kind::runs, 2}, {Kind::runs, 1},  {Kind::runs, 1},  {Kind::wakes_spuriously, 2}, {Kind::runs_after_wait, 0}};
  const std::string text = to_text(token);
  CHECK(text.substr(0, text.rfind(':')) == "devlock1:1234abcd:3:77:rs:a2,12,12Bcb2~c^a");
  Token read;
  REQUIRE(TokenReader(text).read(read).empty());
  CHECK(to_text(read) == text);
  CHECK(read.choices == token.choices);
  for (std::size_t i = 0; i != text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == 'a' ? 'b' : 'a';
    Token ignored;
    CHECK_FALSE(TokenReader(changed).read(ignored).empty());
  }
}

TEST_CASE("A finding is reported with the fewest preemptions that lead there") {
  const Result deadlock = check<Inversion>({.search = Search::random, .executions = 1000});
  CHECK(deadlock.preemptions == 1);
  CHECK(check<Waits>().preemptions == 1);
  CHECK(check<Inversion>({.shorten = 0}).preemptions == -1);
}

// Fails without a preemption if thread 5 is first, which a search depth first tries late, and with one early.
struct FailsEarlyAndLate {
  static constexpr unsigned threads = 6;
  RelacySync::atomic<unsigned> word;
  void thread(unsigned index) {
    const unsigned seen = word.fetch_add(1);
    require(index != 5 || seen != 0, "as it should be");
    require(index != 4 || word.fetch_add(1) == seen + 1, "as it should be");
  }
};
TEST_CASE("A schedule is not called the one with the fewest preemptions if there was no time to look at fewer") {
  const Result hasty = check<FailsEarlyAndLate>({.search = Search::random, .time = std::chrono::seconds(0)});
  INFO(to_string(hasty));
  REQUIRE(hasty.outcome == Outcome::assertion);
  CHECK(hasty.preemptions == -1);
  CHECK(check<FailsEarlyAndLate>({.search = Search::random}).preemptions == 0);
}

TEST_CASE("A ladder runs every search and says how few preemptions are enough") {
  const LadderResult climbed = climb<Inversion>();
  INFO(to_string(climbed));
  REQUIRE(climbed.finding() != nullptr);
  CHECK(climbed.finding()->search == Search::reduced);
  CHECK(climbed.smallest_bound() == 1);
  CHECK_FALSE(climbed.verified());
  CHECK_FALSE(climbed.contradiction);
  CHECK(to_string(climbed).find("bounded               1") != std::string::npos);
  const LadderResult corrected = climb<InversionCorrected>();
  std::printf("%s%s", to_string(climbed).c_str(), to_string(corrected).c_str());
  CHECK(corrected.verified());
  CHECK(corrected.smallest_bound() == -1);
  CHECK(corrected.rungs.size() == 8);
}

// What the reduced search cannot see: plain data between two schedule points.
struct Hidden {
  static constexpr unsigned threads = 2;
  RelacySync::atomic<unsigned> words[2];
  int order = 0;
  void thread(unsigned index) {
    words[index].store(1);
    order = order * 2 + static_cast<int>(index);
  }
  void after() { require(order == 1, "thread 0 is first"); }
};
TEST_CASE("A ladder shows a scenario that hides from the reduction what its threads share") {
  const LadderResult climbed = climb<Hidden>();
  INFO(to_string(climbed));
  CHECK(climbed.rungs[0].result.verified());
  CHECK(climbed.contradiction);
  CHECK_FALSE(climbed.verified());
}

}  // namespace

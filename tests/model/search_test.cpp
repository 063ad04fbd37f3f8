// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The checker itself: limits that end a search, each kind of finding, marks, traces, and what RelacySync promises to
// locks.
#include "model/support/expect.hpp"

namespace {

using namespace model;
using devlock::RelacySync;
using devlock::check::check;
using devlock::check::Extent;
using devlock::check::mark;
using devlock::check::require;
using devlock::check::step;
using namespace std::chrono_literals;
using Order = std::memory_order;

template <class T>
using Atomic = RelacySync::atomic<T>;

// Limits.

// Far more schedules than any search can run.
struct Endless {
  static constexpr unsigned threads = 4;
  Atomic<unsigned> word;
  void thread(unsigned) {
    for (int i = 0; i != 20; ++i) {
      word.fetch_add(1);
    }
  }
};
using devlock::check::detail::samples;
TEST_CASE("A limit on executions ends each search, and the answer does not say verified") {
  for (const Search search : all_searches) {
    const Result result = check<Endless>({.search = search, .preemptions = 8, .executions = 1000});
    CHECK(result.outcome == Outcome::passed);
    CHECK(result.extent == (samples(search) ? Extent::sampled : Extent::budget_hit));
    CHECK(result.executions == 1000);
    CHECK_FALSE(result.verified());
  }
}
TEST_CASE("A limit on time ends each search, and the answer does not say verified") {
  for (const Search search : all_searches) {
    const Result result = check<Endless>({.search = search, .preemptions = 8, .time = 50ms});
    CHECK(result.outcome == Outcome::passed);
    CHECK(result.extent == (samples(search) ? Extent::sampled : Extent::budget_hit));
    CHECK(result.seconds >= 0.05);
    CHECK(result.seconds < 10);
    CHECK_FALSE(result.verified());
  }
}

// Two operations cut a thread into three stretches; two threads of three stretches have 6! / (3! 3!) = 20 orders.
struct TwoTimesTwo {
  static constexpr unsigned threads = 2;
  Atomic<unsigned> word;
  void thread(unsigned) {
    word.fetch_add(1);
    word.fetch_add(1);
  }
  void after() { require(word.load() == 4, "no addition is lost"); }
};
TEST_CASE("A full search runs each schedule once and is complete; a limit beyond its end changes nothing") {
  const Result result = expect_verified<TwoTimesTwo>("two threads of two operations");
  CHECK(result.executions == 6);  // the operations of one thread between those of the other: 4! / (2! 2!)
  CHECK(check<TwoTimesTwo>({.executions = 6}).extent == Extent::complete);
  CHECK(check<TwoTimesTwo>({.executions = 5}).extent == Extent::budget_hit);
  const auto full = [](std::uint64_t most) { return check<TwoTimesTwo>({.search = Search::full, .executions = most}); };
  CHECK(full(0).executions == 20);
  CHECK(full(20).extent == Extent::complete);
  CHECK(full(21).extent == Extent::complete);
  CHECK(full(19).extent == Extent::budget_hit);
}
TEST_CASE("A bounded or random search of everything there is stays a sample") {
  CHECK(check<TwoTimesTwo>({.search = Search::bounded, .preemptions = 50}).extent == Extent::sampled);
  CHECK(check<TwoTimesTwo>({.search = Search::random, .executions = 1000}).extent == Extent::sampled);
}

// Plain data of an enumeration, handed over by a flag.
struct HandedOver {
  static constexpr unsigned threads = 2;
  enum class State : unsigned char { closed, open };
  RelacySync::var<State> state{State::closed};
  Atomic<unsigned> ready;
  void thread(unsigned index) {
    if (index == 0) {
      state.set(State::open);
      ready.store(1, Order::release);
    } else if (ready.load(Order::acquire) == 1) {
      require(state.get() == State::open, "the flag comes after the state");
      mark("handed over");
    }
  }
};
TEST_CASE("A var holds an enumerator") {
  const Result result = check<HandedOver>({.must_reach = {"handed over"}});
  CHECK(result.verified());
}

TEST_CASE("A limit that no clock can count to is none, and one that is no number has passed") {
  using Seconds = std::chrono::duration<double>;
  for (const Seconds time : {Seconds::max(), Seconds(1e12), Seconds(std::chrono::hours::max())}) {
    CHECK(check<Endless>({.search = Search::full, .executions = 1000, .time = time}).executions == 1000);
  }
  for (const Seconds time : {Seconds(0), Seconds(-5), Seconds::min(), Seconds(std::numeric_limits<double>::quiet_NaN())}) {
    const Result result = check<Endless>({.time = time});
    CHECK(result.extent == Extent::budget_hit);
    CHECK(result.executions < 100);
  }
}
TEST_CASE("A plan without depth is refused") {
  const Result result = check<Endless>({.depth = 0});
  CHECK(result.outcome == Outcome::other);
  CHECK(result.executions == 0);
  CHECK(result.message.find("Plan::depth") != std::string::npos);
}

// Findings.

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
TEST_CASE("An inversion is a deadlock under every search, and needs one preemption") {
  expect_found<Inversion>("inversion", Outcome::deadlock, 100);
  CHECK(check<Inversion>({.search = Search::bounded, .preemptions = 0}).outcome == Outcome::passed);
  CHECK(check<Inversion>({.search = Search::bounded, .preemptions = 1}).outcome == Outcome::deadlock);
  CHECK(check<Inversion>({.search = Search::random, .executions = 1000}).outcome == Outcome::deadlock);
}
TEST_CASE("A random search is a function of its seed") {
  const Plan plan{.search = Search::random, .executions = 1000, .seed = 7};
  Plan other = plan;
  other.seed = 8;
  const Result result = check<Inversion>(plan);
  CHECK(result.executions == check<Inversion>(plan).executions);
  CHECK(result.trace == check<Inversion>(plan).trace);
  // The schedule that fails first under seed 7 is, under seed 8, met one execution earlier.
  CHECK(check<Inversion>(other).executions == (result.executions > 1 ? result.executions - 1 : result.executions));
}
TEST_CASE("The trace is the same in every run and holds no address") {
  const Result result = check<Inversion>();
  CHECK(result.trace == check<Inversion>().trace);
  CHECK(result.trace.find("thread 1") != std::string::npos);
  CHECK(result.trace.find("0x") == std::string::npos);
}

struct SaysNo {
  static constexpr unsigned threads = 2;
  Atomic<unsigned> word;
  void thread(unsigned index) {
    word.fetch_add(1);
    require(index == 0 || word.load() == 1, "the other comes first");
  }
};
struct BreaksInvariant {
  static constexpr unsigned threads = 2;
  int inside = 0;
  void thread(unsigned) {
    ++inside;
    step();
    --inside;
  }
  void invariant() { require(inside < 2, "one inside at a time"); }
};
struct Races {
  static constexpr unsigned threads = 2;
  RelacySync::var<int> data;
  void thread(unsigned index) { data.set(static_cast<int>(index)); }
};
struct Spins {
  static constexpr unsigned threads = 2;
  Atomic<unsigned> word;
  void thread(unsigned index) {
    while (index == 0 && word.load() == 0) {
      RelacySync::pause();
    }
  }
};
struct UnlocksOfAnother {
  static constexpr unsigned threads = 2;
  RelacySync::mutex mutex;
  void thread(unsigned index) {
    if (index == 0) {
      mutex.lock();
    }
    mutex.unlock();
  }
};
struct LocksTwice {
  static constexpr unsigned threads = 2;
  RelacySync::mutex mutex;
  void thread(unsigned index) {
    if (index == 0) {
      mutex.lock();
      mutex.lock();
    }
  }
};
struct KeepsLocked {
  static constexpr unsigned threads = 2;
  RelacySync::mutex mutex;
  void thread(unsigned index) {
    if (index == 0) {
      mutex.lock();
    }
  }
};
struct UsesFreed {
  static constexpr unsigned threads = 2;
  Atomic<unsigned>* word = new Atomic<unsigned>(1);
  void thread(unsigned index) {
    if (index == 0) {
      delete word;
    } else {
      word->load();
    }
  }
};
struct NotifiesFreed {
  static constexpr unsigned threads = 2;
  Atomic<unsigned>* word = new Atomic<unsigned>(1);
  void thread(unsigned index) {
    if (index == 0) {
      word->wait(1);
      delete word;
    } else {
      word->store(0);
      word->notify_all();
    }
  }
};
struct LocksDestroyed {
  static constexpr unsigned threads = 2;
  RelacySync::mutex* mutex = new RelacySync::mutex;
  void thread(unsigned index) {
    mutex->lock();
    mutex->unlock();
    if (index == 0) {
      delete mutex;
    }
  }
};
struct Leaks {
  static constexpr unsigned threads = 2;
  Atomic<unsigned>* volatile word = nullptr;
  void thread(unsigned index) {
    if (index == 0) {
      word = new Atomic<unsigned>(1);
    }
  }
};
// A lock from before the threads begin is nobody's, whoever gives it back.
template <unsigned GivesBack>
struct LocksBefore {
  static constexpr unsigned threads = 2;
  RelacySync::mutex mutex;
  void before() { mutex.lock(); }
  void thread(unsigned index) {
    if (index == GivesBack) {
      mutex.unlock();
    }
  }
};
struct LocksWhenMade {
  static constexpr unsigned threads = 2;
  RelacySync::shared_mutex mutex;
  LocksWhenMade() { mutex.lock_shared(); }
  void thread(unsigned) {}
};
struct LocksAround {
  static constexpr unsigned threads = 2;
  RelacySync::mutex mutex;
  LocksAround() { locked(); }
  ~LocksAround() { locked(); }
  void before() { locked(); }
  void thread(unsigned) { locked(); }
  void after() { locked(); }
  void locked() { const std::lock_guard lock(mutex); }
};
TEST_CASE("A lock that is held when the threads begin is a finding of every search") {
  expect_found<LocksBefore<0>>("locks before, 0 unlocks", Outcome::assertion, 1, "a lock is held when the threads begin");
  expect_found<LocksBefore<1>>("locks before, 1 unlocks", Outcome::assertion, 1, "a lock is held when the threads begin");
  expect_found<LocksWhenMade>("locks when made", Outcome::assertion, 1, "a lock is held when the threads begin");
  expect_verified<LocksAround>("locks and unlocks before and after");
  CHECK(check<LocksBefore<0>>({.shorten = 0}).message == check<LocksBefore<0>>().message);
}
TEST_CASE("Each kind of error is told apart") {
  expect_found<SaysNo>("assertion", Outcome::assertion, 10, "the other comes first");
  expect_found<BreaksInvariant>("invariant", Outcome::invariant, 10, "one inside at a time");
  expect_found<Races>("data race", Outcome::data_race, 1);
  expect_found<Spins>("livelock", Outcome::livelock, 1, "after 2000 schedule points");
  expect_found<UnlocksOfAnother>("unlock of another's", Outcome::not_the_owner, 1);
  expect_found<LocksTwice>("locked twice", Outcome::locked_twice, 1);
  expect_found<KeepsLocked>("destroyed while held", Outcome::destroyed_while_held, 1);
  expect_found<UsesFreed>("use after free", Outcome::bad_memory, 10);
  expect_found<NotifiesFreed>("notify after free", Outcome::bad_memory, 100);
  expect_found<Leaks>("leak", Outcome::leak, 1, "not freed");
  expect_found<LocksDestroyed>("lock of a destroyed mutex", Outcome::bad_memory, 100, "lock mutex 1");
}
// Destroyed by one thread and read by the other, ordered by a flag or by nothing.
template <unsigned Destroyer, bool Ordered>
struct DestroysVar {
  static constexpr unsigned threads = 2;
  RelacySync::var<int>* data = new RelacySync::var<int>(1);
  Atomic<unsigned> read;
  void thread(unsigned index) {
    if (index != Destroyer) {
      require(data->get() == 1, "what is read is there");
      read.store(1, Order::release);  // pairs with the wait
      read.notify_one();
    } else {
      if (Ordered) {
        read.wait(0, Order::acquire);  // pairs with the store
      }
      delete data;
    }
  }
};
TEST_CASE("The end of a var clashes with an access that nothing orders before it, whichever thread runs first") {
  for (const Search search : {Search::reduced, Search::full}) {
    const Result late = check<DestroysVar<1, false>>({.search = search});
    INFO(to_string(late));
    CHECK(late.outcome == Outcome::data_race);
    CHECK(late.message.starts_with("thread 1 destroys var 1, thread 0 reads it (thread search_test.cpp:"));
    CHECK(check<DestroysVar<0, false>>({.search = search}).outcome == Outcome::bad_memory);
    CHECK(check<DestroysVar<0, true>>({.search = search}).verified());
    CHECK(check<DestroysVar<1, true>>({.search = search}).verified());
  }
}
TEST_CASE("A finding does not disturb the checks after it") {
  CHECK(check<Inversion>().outcome == Outcome::deadlock);
  CHECK(check<TwoTimesTwo>().verified());
}

struct ChecksInside {
  static constexpr unsigned threads = 2;
  static inline Outcome inner = Outcome::passed;
  void thread(unsigned) {}
  void after() { inner = check<TwoTimesTwo>().outcome; }
};
TEST_CASE("A check inside a check is refused and the outer one goes on") {
  CHECK(check<ChecksInside>().outcome == Outcome::passed);
  CHECK(ChecksInside::inner == Outcome::other);
}

// Depends on how often it ran.
struct Forgetful {
  static constexpr unsigned threads = 2;
  static inline int runs = 0;
  void before() { ++runs; }
  void thread(unsigned) {
    step();
    require(runs != 3, "not the third time");
  }
};
TEST_CASE("A scenario that is not deterministic is reported as such") {
  Forgetful::runs = 0;
  CHECK(check<Forgetful>({.search = Search::full}).outcome == Outcome::not_deterministic);
}

// Does another operation in each execution, and fails in none.
struct Moody {
  static constexpr unsigned threads = 2;
  static inline int runs = 0;
  Atomic<unsigned> words[2];
  void before() { ++runs; }
  void thread(unsigned) {
    for (int i = 0; i != 3; ++i) {
      words[runs % 2].store(1);
    }
  }
};
TEST_CASE("A scenario that passes but does something else when it is run again is not verified") {
  for (const Search search : {Search::reduced, Search::full, Search::bounded}) {
    Moody::runs = 0;
    CHECK(check<Moody>({.search = search, .preemptions = 2}).outcome == Outcome::not_deterministic);
  }
}

// Exceptions.

// Catches what it threw although the other thread throws meanwhile.
struct CatchesItsOwn {
  static constexpr unsigned threads = 2;
  Atomic<unsigned> word;
  struct Unwinding {
    Atomic<unsigned>& word;
    ~Unwinding() {
      word.fetch_add(1);
      require(std::uncaught_exceptions() == 1, "one exception is on its way");
    }
  };
  void thread(unsigned index) {
    try {
      const Unwinding unwinding{word};
      throw index;
    } catch (unsigned) {
      word.fetch_add(1);
      try {
        throw;
      } catch (unsigned caught) {
        require(caught == index, "what is thrown again is what was caught here");
      }
    }
    require(std::uncaught_exceptions() == 0, "no exception is left");
  }
};
TEST_CASE("Each simulated thread has exceptions of its own, and so has who checks") {
  try {
    throw 7;
  } catch (int) {
    for (const Search search : all_searches) {
      CHECK(check<CatchesItsOwn>({.search = search, .executions = 2000}).outcome == Outcome::passed);
    }
    CHECK(check<CatchesItsOwn>().verified());
    CHECK(std::current_exception() != nullptr);
  }
  CHECK(std::current_exception() == nullptr);
}
enum class Part { constructor, before, thread, after };
template <Part P>
struct Throws {
  static constexpr unsigned threads = 2;
  RelacySync::mutex mutex;
  Throws() { maybe(Part::constructor); }
  void before() { maybe(Part::before); }
  void thread(unsigned) {
    const std::lock_guard lock(mutex);
    maybe(Part::thread);
  }
  void after() { maybe(Part::after); }
  static void maybe(Part part) {
    if (part == P) {
      throw std::runtime_error("the device is gone");
    }
  }
};
struct ThrowsANumber {
  static constexpr unsigned threads = 2;
  void thread(unsigned) { throw 7; }
};
TEST_CASE("An exception that leaves a scenario is a finding in words") {
  const auto found = Outcome::exception;
  expect_found<Throws<Part::constructor>>("throws when made", found, 1, "left the scenario's constructor: the device is gone");
  expect_found<Throws<Part::before>>("throws before", found, 1, "left the scenario's before(): the device is gone");
  expect_found<Throws<Part::thread>>("throws", found, 1, "an exception left the scenario's thread(): the device is gone");
  expect_found<Throws<Part::after>>("throws after", found, 1, "left the scenario's after(): the device is gone");
  expect_found<ThrowsANumber>("throws a number", found, 1, "of a type that is no std::exception");
}
TEST_CASE("What belongs into a scenario says so outside of one") {
  CHECK_THROWS_AS(RelacySync::mutex(), std::logic_error);
  CHECK_THROWS_AS(RelacySync::shared_mutex(), std::logic_error);
  CHECK_THROWS_AS(RelacySync::condition_variable(), std::logic_error);
  CHECK_THROWS_AS(Atomic<unsigned>(1), std::logic_error);
  CHECK_THROWS_AS(RelacySync::var<int>(1), std::logic_error);
  CHECK_THROWS_AS(require(false, "never"), std::logic_error);
  require(true, "always");
}

// Marks.

struct Marks {
  static constexpr unsigned threads = 2;
  void thread(unsigned index) { mark(index == 0 ? "zero" : "one"); }
};
TEST_CASE("Marks are counted over all executions, and one that is wanted and missing is a failure") {
  const Result result = check<Marks>({.must_reach = {"zero", "one"}});
  CHECK(result.verified());
  CHECK(result.count_of("zero") == result.executions);
  CHECK(result.count_of("two") == 0);
  const Result missing = check<Marks>({.must_reach = {"zero", "two"}});
  CHECK(missing.outcome == Outcome::not_covered);
  CHECK(missing.message.find("two") != std::string::npos);
  CHECK_FALSE(missing.verified());
  CHECK(check<TwoTimesTwo>({.must_reach = {"zero"}}).outcome == Outcome::not_covered);
}

// What the Sync policy promises.

struct WaitsAndWakes {
  static constexpr unsigned threads = 3;
  Atomic<unsigned> word;
  RelacySync::var<int> data{0};
  void thread(unsigned index) {
    if (index == 0) {
      data.set(1);
      word.store(1, Order::release);  // pairs with the wait
      word.notify_all();
    } else {
      word.wait(0, Order::acquire);  // pairs with the store
      require(data.get() == 1, "a wait that ended saw the change");
      mark(devlock::check::times_blocked() == 0 ? "came late" : "slept");
    }
  }
};
struct WaitsRelaxed : WaitsAndWakes {
  void thread(unsigned index) {
    if (index == 1) {
      word.wait(0, Order::relaxed);
      (void)data.get();
    } else {
      WaitsAndWakes::thread(index);
    }
  }
};
struct WakesOneOfTwo : WaitsAndWakes {
  void thread(unsigned index) {
    if (index == 0) {
      word.store(1);
      word.notify_one();
    } else {
      word.wait(0);
    }
  }
};
TEST_CASE("A wait ends when the value changed, is woken, and orders memory only as it was told") {
  expect_verified<WaitsAndWakes>("wait and wake", {"came late", "slept"});
  expect_found<WaitsRelaxed>("relaxed wait", Outcome::data_race, 10);
  expect_found<WakesOneOfTwo>("notify_one, two sleepers", Outcome::lost_wakeup, 10000);
}

// A thread that slept may still read an old value: a sleep orders nothing, whichever thread constructed the scenario.
template <unsigned Sleeper>
struct ReadsOldAfterSleep {
  static constexpr unsigned threads = 2;
  Atomic<unsigned> data;
  Atomic<unsigned> word;
  void thread(unsigned index) {
    if (index == Sleeper) {
      word.wait(0, Order::relaxed);
      mark(data.load(Order::relaxed) == 0 ? "old" : "new");
    } else {
      data.store(1, Order::relaxed);
      word.store(1, Order::relaxed);
      word.notify_one();
    }
  }
};
// Nor does a turn of a spin loop, but for what the thread read before.
template <unsigned Spinner>
struct ReadsOldAfterTurns : ReadsOldAfterSleep<Spinner> {
  void thread(unsigned index) {
    if (index == Spinner) {
      while (this->word.load(Order::relaxed) == 0) {
        RelacySync::pause();
      }
      mark(this->data.load(Order::relaxed) == 0 ? "old" : "new");
    } else {
      ReadsOldAfterSleep<Spinner>::thread(index);
    }
  }
};
TEST_CASE("What a thread may read after it slept or spun does not depend on which thread ran first") {
  for (const Search search : {Search::reduced, Search::full}) {
    const Plan plan{.search = search, .must_reach = {"old", "new"}};
    CHECK(check<ReadsOldAfterSleep<0>>(plan).verified());
    CHECK(check<ReadsOldAfterSleep<1>>(plan).verified());
    CHECK(check<ReadsOldAfterTurns<0>>(plan).verified());
    CHECK(check<ReadsOldAfterTurns<1>>(plan).verified());
  }
}

template <Order O>
struct StoreBuffering {
  static constexpr unsigned threads = 2;
  Atomic<unsigned> words[2];
  unsigned seen[2] = {};
  void thread(unsigned index) {
    words[index].store(1, O);
    seen[index] = words[1 - index].load(O == Order::release ? Order::acquire : O);
  }
  void after() { mark(seen[0] == 0 && seen[1] == 0 ? "both old" : "one new"); }
};
TEST_CASE("Store buffering shows with every order but sequential consistency") {
  CHECK(check<StoreBuffering<Order::relaxed>>().count_of("both old") != 0);
  CHECK(check<StoreBuffering<Order::release>>().count_of("both old") != 0);
  const Result result = check<StoreBuffering<Order::seq_cst>>();
  CHECK(result.verified());
  CHECK(result.count_of("both old") == 0);
  CHECK(result.count_of("one new") != 0);
}

struct TryOfFreeMutex {
  static constexpr unsigned threads = 2;
  devlock::SpuriousRelacySync::mutex spurious;
  RelacySync::mutex exact;
  void thread(unsigned index) {
    if (index == 0) {
      const bool taken = exact.try_lock();
      require(taken, "the try of a free mutex succeeds");
      exact.unlock();
      if (spurious.try_lock()) {
        spurious.unlock();
      } else {
        mark("failed for nothing");
      }
    }
  }
};
TEST_CASE("The try of a free mutex succeeds, unless the policy is the one by the letter of the standard") {
  expect_verified<TryOfFreeMutex>("try of a free mutex", {"failed for nothing"});
}

// What is about to be touched is read at each schedule point, where a reducing scheduler reads it. Sets of objects are
// compared, not their numbers.
struct Publishes {
  static constexpr unsigned threads = 2;
  Atomic<unsigned> word;
  RelacySync::mutex mutex;
  RelacySync::condition_variable ready;
  void thread(unsigned index) {
    if (index == 0) {
      word.load();
      word.store(1);
      mutex.lock();
      ready.notify_one();
      mutex.unlock();
      RelacySync::fence(Order::seq_cst);
      step();
      RelacySync::pause();
    } else {
      std::unique_lock lock(mutex);
      while (word.load() == 0) {
        ready.wait(lock);
      }
    }
  }
  void invariant() {
    using devlock::relacy::next_touch_of;
    const auto& touch = next_touch_of(static_cast<unsigned>(rl::ctx().current_thread()));
    if (touch.touches_everything()) {
      mark(touch.yields() ? "yields" : "touches everything");
    } else if (touch.writes_to(devlock::relacy::fence_object)) {
      mark("fence");
    } else if (touch.count() == 2) {
      mark(touch.gate() != nullptr && touch.writes_to(touch.gate_id()) ? "condition and mutex" : "two others");
    } else if (touch.gate() != nullptr) {
      mark(touch.waits() ? "waits for the mutex" : "changes the mutex");
    } else if (touch.count() == 1) {
      mark(touch.writes_to(touch.object(0)) ? "writes a word" : "reads a word");
    }
  }
};
TEST_CASE("Each operation publishes what it is about to touch before others may run") {
  const Result result = check<Publishes>({.time = std::chrono::minutes(2),
                                          .must_reach = {"reads a word", "writes a word", "waits for the mutex",
                                                         "changes the mutex", "condition and mutex", "fence",
                                                         "touches everything", "yields"}});
  INFO(to_string(result));
  CHECK(result.outcome == Outcome::passed);
  CHECK(result.count_of("two others") == 0);
}

// Memory.

struct Allocates {
  static constexpr unsigned threads = 2;
  devlock::check::Untracked<std::vector<int>> numbers{std::size_t{100}, 7};
  void thread(unsigned index) {
    const std::string text(50 + index, 'x');
    step();
    require(text.size() == 50 + index && (*numbers)[99] == 7, "memory is what was written");
  }
};
TEST_CASE("A scenario may allocate; reuse of freed memory is explored only if it is asked for") {
  const Result once = check<Allocates>();
  CHECK(once.verified());
  const Result reuse = check<Allocates>({.reuse_memory = true});
  CHECK(reuse.verified());
  CHECK(reuse.executions >= 4 * once.executions);  // two blocks are freed, each now or later
}

}  // namespace

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Reports of executions that the checker found: what reaches them from guards, locks and the operations of RelacySync. How
// a report is made from a recording is tested in unit/check/report.
#include "model/support/expect.hpp"

#include <mutex>

#include "devlock/lock/device_lock.hpp"
#include "devlock/lock/ordered.hpp"
#include "devlock/order/condition.hpp"
#include "devlock/order/guard.hpp"
#include "devlock/order/try_guard.hpp"
#include "devlock/vfio/order.hpp"
#include "support/terminal.hpp"

namespace {

using namespace model;
using devlock::Guard;
using devlock::RelacySync;
using devlock::check::check;
using devlock::check::name;
using devlock::check::require;
namespace vfio = devlock::vfio;

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }
std::string line_above(unsigned line) { return "report_test.cpp:" + std::to_string(line - 1) + ")"; }

template <class Class>
using Mutex = devlock::Ordered<Class, RelacySync::mutex>;

// A cycle over guards.

struct Inversion {
  static constexpr unsigned threads = 2;
  static constexpr const char* thread_names[] = {"close", "open"};
  static inline unsigned taken_by_close = 0;
  static inline unsigned taken_by_open = 0;
  Mutex<vfio::kvm_lock> kvm;
  Mutex<vfio::group_lock> group;
  void thread(unsigned index) {
    vfio::ThreadContext root;
    if (index == 0) {
      Guard vm{root, kvm};
      taken_by_close = __LINE__;
      devlock::unchecked_context<vfio::VfioOrder> unchecked("the wrong order");
      Guard known{unchecked, group};
    } else {
      Guard known{root, group};
      taken_by_open = __LINE__;
      Guard vm{known, kvm};
    }
  }
};
TEST_CASE("A cycle names threads, lock classes and the lines of the guards under every search") {
  for (const Search search : {Search::full, Search::bounded, Search::random}) {
    const Result result = check<Inversion>({.search = search, .executions = 1000});
    INFO(to_string(result) << "\n" << result.trace);
    CHECK(result.outcome == Outcome::deadlock);
    CHECK(result.report.cause == "close waits for vfio_group.group_lock, held by open (thread " +
                                     line_above(Inversion::taken_by_open) +
                                     ", which waits for kvm.lock, held by close (thread " +
                                     line_above(Inversion::taken_by_close) + "\n");
    CHECK(result.message + "\n" == result.report.cause);
  }
}
TEST_CASE("A report is the same in every run") {
  const Result first = check<Inversion>();
  const Result second = check<Inversion>();
  CHECK(first.trace == second.trace);
  CHECK(first.report.diagram == second.report.diagram);
  CHECK(first.report.mermaid == second.report.mermaid);
  CHECK(first.trace == first.report.trace);
}
struct Peaceful {
  static constexpr unsigned threads = 2;
  RelacySync::mutex mutex;
  void thread(unsigned) { const std::lock_guard lock(mutex); }
};
TEST_CASE("A pass has no report") {
  const Result result = check<Peaceful>();
  CHECK(result.verified());
  CHECK(result.trace.empty());
  CHECK(result.report.diagram.empty());
}

// Names.

struct Devices {
  static constexpr unsigned threads = 2;
  devlock::DeviceLock<RelacySync> locks[2];
  RelacySync::atomic<unsigned> words[2];
  Devices() {
    name(locks[0], "0000:01:00.0");
    name(locks[1], std::string("0000:02:00.0"));
    name(words[0], "word", 0);
    name(words[1], "word", 1);
  }
  void thread(unsigned index) {
    vfio::ThreadContext root;
    devlock::TryGuard first{root, locks[index]};
    words[index].store(1);
    require(!first || words[1 - index].load() == 0, "alone");
    if (first) {
      devlock::unchecked_context<vfio::VfioOrder> unchecked("the wrong order");
      Guard other{unchecked, locks[1 - index]};
    }
  }
};
TEST_CASE("A lock class in an object with a name is called by both") {
  const Result result = check<Devices>();
  INFO(to_string(result) << "\n" << result.trace);
  CHECK(result.outcome == Outcome::assertion);
  CHECK(has(result.trace, "try_lock 0000:01:00.0 device_lock"));
  CHECK(has(result.trace, "0000:01:00.0 config_access"));
  CHECK(has(result.trace, "store word 0 = 1"));
  CHECK(has(result.trace, "require failed: alone"));
}

// Sleepers.

template <bool TellsUnderTheLock>
struct Mailbox {
  static constexpr unsigned threads = 2;
  RelacySync::mutex mutex;
  RelacySync::condition_variable arrived;
  RelacySync::atomic<unsigned> full;
  Mailbox() {
    name(mutex, "box");
    name(arrived, "arrived");
  }
  void thread(unsigned index) {
    if (index == 0) {
      std::unique_lock lock(mutex);
      while (full.load() == 0) {
        arrived.wait(lock);
      }
    } else if (TellsUnderTheLock) {
      const std::lock_guard lock(mutex);
      full.store(1);
      arrived.notify_one();
    } else {
      full.store(1);
      arrived.notify_one();
    }
  }
};
TEST_CASE("A notification between the look and the sleep is a lost wakeup; under the lock there is none") {
  const Result result = expect_found<Mailbox<false>>("mailbox, told past the lock", Outcome::lost_wakeup, 10000);
  CHECK(has(result.report.cause, "thread 0 sleeps on arrived (thread report_test.cpp:"));
  CHECK(has(result.report.cause, "nobody is left to notify it, and thread 1 (thread report_test.cpp:"));
  CHECK(has(result.report.cause, "did so before it slept"));
  CHECK(has(result.trace, "sleeps on arrived, gives back box"));
  CHECK(has(result.trace, "notify_one arrived: nobody sleeps there"));
  expect_verified<Mailbox<true>>("mailbox, told under the lock");
}

struct SleepsWithALock {
  static constexpr unsigned threads = 2;
  RelacySync::mutex kept;
  RelacySync::atomic<unsigned> word;
  void thread(unsigned index) {
    const std::lock_guard lock(kept);
    if (index == 0) {
      word.wait(0);
    } else {
      word.store(1);
      word.notify_all();
    }
  }
};
TEST_CASE("A sleeper that keeps its waker from the lock is a deadlock") {
  const Result result = expect_found<SleepsWithALock>("sleeps with a lock", Outcome::deadlock, 1000);
  CHECK(has(result.report.cause, "and keeps thread 1 from waking it"));
}

struct ReaderBehindWriter {
  static constexpr unsigned threads = 3;
  RelacySync::shared_mutex shared;
  RelacySync::mutex inner;
  void thread(unsigned index) {
    if (index == 0) {
      shared.lock_shared();
      inner.lock();
      inner.unlock();
      shared.unlock_shared();
    } else if (index == 1) {
      inner.lock();
      shared.lock_shared();
      shared.unlock_shared();
      inner.unlock();
    } else {
      shared.lock();
      shared.unlock();
    }
  }
};
TEST_CASE("A cycle of two readers goes through the writer that waits") {
  const Result result = expect_found<ReaderBehindWriter>("readers and a writer", Outcome::deadlock, 100000);
  CHECK(has(result.report.cause, "which waits for shared mutex 1, behind the writer thread 2, which waits for shared mutex 1, "
                                 "held by thread 0"));
}

// A condition wait through the order has the caller's line.
struct box_lock {
  static constexpr char name[] = "box_lock";
};
struct BoxOrder : devlock::Hierarchy<devlock::Leaves<box_lock>> {};
struct NobodyTells {
  static constexpr unsigned threads = 2;
  static inline unsigned waits = 0;
  Mutex<box_lock> box;
  devlock::Condition<RelacySync::condition_variable> arrived;
  void thread(unsigned index) {
    devlock::ThreadContext<BoxOrder> root;
    Guard inside{root, box};
    if (index == 0) {
      arrived.wait(inside, [] { return false; });
      waits = 0;
    } else {
      waits = __LINE__ - 3;
    }
  }
};
TEST_CASE("A wait for a condition is shown where it was called") {
  const Result result = expect_found<NobodyTells>("nobody tells", Outcome::lost_wakeup, 1000);
  CHECK(has(result.report.cause, "sleeps on condition 1 (thread report_test.cpp:" + std::to_string(NobodyTells::waits) + ")"));
}

// Other findings.

struct OwnerMixedUp {
  static constexpr unsigned threads = 2;
  RelacySync::mutex mutex;
  void thread(unsigned index) {
    if (index == 0) {
      mutex.lock();
      return;
    }
    while (mutex.try_lock()) {
      mutex.unlock();
      RelacySync::pause();
    }
    mutex.unlock();
  }
};
TEST_CASE("A refused try is shown with the holder, and an unlock of another's lock with its owner") {
  const Result result = expect_found<OwnerMixedUp>("owner mixed up", Outcome::not_the_owner, 100);
  CHECK(has(result.report.cause, "thread 1 unlocks mutex 1 (thread report_test.cpp:"));
  CHECK(has(result.report.cause, "held by thread 0 (thread report_test.cpp:"));
  CHECK(has(result.trace, "try_lock mutex 1: busy, held by thread 0"));
  CHECK(has(result.trace, "unlock mutex 1: fails"));
}
struct Spins {
  static constexpr unsigned threads = 2;
  RelacySync::atomic<unsigned> word;
  void thread(unsigned index) {
    while (index == 0 && word.load() == 0) {
      RelacySync::pause();
    }
  }
};
TEST_CASE("A livelock is shown by one turn of its loop") {
  const Result result = expect_found<Spins>("spin", Outcome::livelock, 10);
  CHECK(has(result.report.diagram, "the last 2 lines repeat, "));
  CHECK(result.report.diagram.size() < 1000);
}
struct Allocates {
  static constexpr unsigned threads = 2;
  RelacySync::atomic<unsigned> word;
  void thread(unsigned index) {
    const std::string text(100 + index, 'x');
    name(word, text);
    for (int i = 0; i != 300; ++i) {
      word.fetch_add(1);
    }
    require(index == 0, "only the first");
  }
};
TEST_CASE("A record grows while a scenario allocates, and is no leak of the scenario") {
  const Result result = check<Allocates>({.search = Search::random, .executions = 10});
  CHECK(result.outcome == Outcome::assertion);
  CHECK(result.message == "only the first");
  CHECK(has(result.trace, "fetch " + std::string(63, 'x') + " = 299"));
}

struct Points {
  static constexpr unsigned threads = 2;
  int first = 0;
  int second = 0;
  RelacySync::atomic<int*> word;
  Points() { name(second, "second"); }
  void thread(unsigned index) {
    word.store(index == 0 ? &first : &second);
    require(word.load() != &second || index == 0, "never the second");
  }
};
TEST_CASE("A pointer is shown by the name of what it points to or by a number, never as an address") {
  const Result result = check<Points>();
  INFO(result.trace);
  CHECK(has(result.trace, "store atomic 1 = pointer 1 "));
  CHECK(has(result.trace, "load atomic 1 = &second "));
  CHECK(has(result.report.diagram, "= pointer 1"));
}
struct OddlyNamed : Inversion {
  static constexpr const char* thread_names[] = {"", nullptr};
  OddlyNamed() {
    name(kvm, "two\nlines\t\x1b[31m");
    name(group, std::string(62, 'x') + "\u00e4");
  }
};
TEST_CASE("Names without text, of several lines and cut within a character leave a report whole") {
  const Result result = check<OddlyNamed>();
  INFO(result.trace);
  CHECK(has(result.report.cause, "thread 0 waits for " + std::string(62, 'x') + ", held by thread 1 ("));
  CHECK(has(result.report.cause, "which waits for two lines  [31m, held by"));
  CHECK(std::count(result.report.cause.begin(), result.report.cause.end(), '\n') == 1);
  CHECK(std::count(result.trace.begin(), result.trace.end(), '\n') == 5);
}
struct SaysTwoLines {
  static constexpr unsigned threads = 2;
  void thread(unsigned) { require(false, "one\ntwo"); }
};
TEST_CASE("A message of two lines is one") { CHECK(check<SaysTwoLines>().message == "one two"); }

// Wrong use of locks, in words.

struct WaitsWithoutLock {
  static constexpr unsigned threads = 2;
  RelacySync::mutex mutex;
  RelacySync::condition_variable ready;
  void thread(unsigned index) {
    if (index == 0) {
      mutex.lock();
      mutex.unlock();
      ready.wait(mutex);
    }
  }
};
template <bool SharedFirst>
struct UnlocksOtherwise {
  static constexpr unsigned threads = 2;
  RelacySync::shared_mutex mutex;
  void thread(unsigned index) {
    if (index == 0) {
      SharedFirst ? mutex.lock_shared() : mutex.lock();
      SharedFirst ? mutex.unlock() : mutex.unlock_shared();
    }
  }
};
struct TimesOut {
  static constexpr unsigned threads = 2;
  RelacySync::mutex mutex;
  RelacySync::condition_variable ready;
  void thread(unsigned index) {
    if (index == 0) {
      std::unique_lock lock(mutex);
      require(ready.wait_for(lock, std::chrono::seconds(1)) == std::cv_status::no_timeout, "somebody tells");
    }
  }
};
struct UsesDestroyed {
  static constexpr unsigned threads = 2;
  RelacySync::atomic<unsigned>* word = new RelacySync::atomic<unsigned>(1);
  void thread(unsigned index) {
    if (index == 0) {
      delete word;
    } else {
      word->store(2);
    }
  }
};
TEST_CASE("Wrong use of a lock or of what is destroyed is said in its own words") {
  const Result waits = check<WaitsWithoutLock>();
  CHECK(waits.outcome == Outcome::not_the_owner);
  CHECK(waits.message.starts_with("thread 0 waits on condition 1 (thread report_test.cpp:"));
  CHECK(waits.message.ends_with(") with mutex 1, which nobody holds"));
  CHECK(has(waits.trace, "wait on condition 1: fails"));
  CHECK(check<UnlocksOtherwise<true>>().message.starts_with("thread 0 unlocks shared mutex 1 ("));
  CHECK(has(check<UnlocksOtherwise<true>>().message, ", shared by itself ("));
  CHECK(check<UnlocksOtherwise<false>>().message.starts_with("thread 0 gives back its share of shared mutex 1 ("));
  CHECK(has(check<UnlocksOtherwise<false>>().message, ", held by itself ("));
  CHECK(has(check<TimesOut>().trace, "time out on condition 1 "));
  const Result destroyed = check<UsesDestroyed>();
  CHECK(destroyed.outcome == Outcome::bad_memory);
  CHECK(destroyed.message.starts_with("thread 1: store atomic 1 (thread report_test.cpp:"));
  CHECK(destroyed.message.ends_with("), which does not exist, or no longer"));
}

// Progress.

struct Endless {
  static constexpr unsigned threads = 4;
  RelacySync::atomic<unsigned> word;
  void thread(unsigned) {
    for (int i = 0; i != 20; ++i) {
      word.fetch_add(1);
    }
  }
};
TEST_CASE("A long search tells a terminal how far it is, and wipes that in the end") {
  const support::Terminal terminal;
  REQUIRE(terminal.screen() >= 0);
  {
    const support::ErrorOutputOn screen(terminal.screen());
    CHECK(check<Endless>({.search = Search::random, .time = std::chrono::milliseconds(900)}).outcome == Outcome::passed);
  }
  const std::string seen = terminal.until(" left\r\033[K");
  CHECK(has(seen, "searching: "));
  CHECK(has(seen, " executions, depth "));
  CHECK(seen.ends_with(" s left\r\033[K"));
}

}  // namespace

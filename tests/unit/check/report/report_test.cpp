// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Reports of recordings written by hand: who waits for whom, what is a lost wakeup, how names come about, and what the
// diagrams look like. Each judgement has a twin that differs in one event and must be judged otherwise.
#include "support/catch.hpp"

#include "script.hpp"

namespace {

using namespace script;
using devlock::check::detail::Mermaid;
using devlock::check::detail::width_of;
using devlock::check::detail::wrapped;

// Objects to name; never touched.
char objects[64];
const void* const a = objects;
const void* const b = objects + 8;
const void* const c = objects + 16;
const void* const d = objects + 24;

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }
std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

Script inversion() {
  return Script().name(a, 8, "kvm_lock").name(b, 8, "group_lock")
      .does(0, Operation::lock, a, 12)
      .does(1, Operation::lock, b, 31)
      .sleeps_in(0, Operation::lock, b, 13)
      .sleeps_in(1, Operation::lock, a, 32);
}

// Deadlocks.

TEST_CASE("A cycle names threads, locks and where each was taken") {
  const Report report = inversion().report(Outcome::deadlock);
  CHECK(report.cause ==
        "thread 0 waits for group_lock, held by thread 1 (work code.hpp:31), which waits for kvm_lock, held by "
        "thread 0 (work code.hpp:12)\n");
  CHECK_FALSE(report.lost_wakeup);
}
TEST_CASE("The owner in a cycle is who holds the lock then, not who held it before") {
  const Report report = Script()
                            .does(2, Operation::lock, b, 1).does(2, Operation::unlock, b, 2)
                            .does(0, Operation::lock, a, 12).does(1, Operation::lock, b, 31)
                            .sleeps_in(0, Operation::lock, b, 13).sleeps_in(1, Operation::lock, a, 32)
                            .report(Outcome::deadlock, 3);
  CHECK(has(report.cause, "waits for mutex 1, held by thread 1 (work code.hpp:31)"));
  CHECK_FALSE(has(report.cause, "thread 2"));
}
TEST_CASE("An unlock gives back") {
  const auto cause = [](bool gives_back) {
    Script text;
    text.does(0, Operation::lock, a, 1);
    if (gives_back) {
      text.does(0, Operation::unlock, a, 2).does(1, Operation::lock, a, 3);
    }
    return text.sleeps_in(2, Operation::lock, a, 4).report(Outcome::deadlock, 3).cause;
  };
  CHECK(cause(false) == "thread 2 waits for mutex 1, held by thread 0 (work code.hpp:1), which has ended\n");
  CHECK(cause(true) == "thread 2 waits for mutex 1, held by thread 1 (work code.hpp:3), which has ended\n");
}
TEST_CASE("A try that was refused holds nothing; one that succeeded holds like a lock") {
  const auto tries = [](bool taken) {
    Script text;
    text.does(0, Operation::lock, a, 1).does(1, Operation::lock, b, 2);
    taken ? text.does(1, Operation::try_lock, c, 3) : text.fails(1, Operation::try_lock, c, 3);
    return text.sleeps_in(0, Operation::lock, c, 4).sleeps_in(1, Operation::lock, a, 5).report(Outcome::deadlock).cause;
  };
  CHECK(has(tries(true), "held by thread 1 (work code.hpp:3), which waits for mutex 1, held by thread 0"));
  CHECK_FALSE(has(tries(false), "which waits"));
}
TEST_CASE("Who waits beside the cycle is named after it") {
  const Report report = inversion().sleeps_in(2, Operation::lock, b, 50).report(Outcome::deadlock, 3);
  CHECK(has(report.cause, "\nthread 2 waits for group_lock, held by thread 1 (work code.hpp:31)\n"));
}
TEST_CASE("A cycle of three is followed to its end") {
  const Report report = Script()
                            .does(0, Operation::lock, a, 1).does(1, Operation::lock, b, 2).does(2, Operation::lock, c, 3)
                            .sleeps_in(2, Operation::lock, a, 4).sleeps_in(1, Operation::lock, c, 5)
                            .sleeps_in(0, Operation::lock, b, 6).report(Outcome::deadlock, 3);
  CHECK(report.cause ==
        "thread 0 waits for mutex 2, held by thread 1 (work code.hpp:2), which waits for mutex 3, held by thread 2 "
        "(work code.hpp:3), which waits for mutex 1, held by thread 0 (work code.hpp:1)\n");
}
TEST_CASE("A lock that a thread kept when it ended") {
  const Report report =
      Script().does(1, Operation::lock, a, 1).sleeps_in(0, Operation::lock, a, 2).report(Outcome::deadlock);
  CHECK(report.cause == "thread 0 waits for mutex 1, held by thread 1 (work code.hpp:1), which has ended\n");
  CHECK_FALSE(report.lost_wakeup);
}
TEST_CASE("Readers hold together, and a reader waits behind a writer that waits") {
  const Report report = Script()
                            .does(0, Operation::lock_shared, a, 1).does(1, Operation::lock, b, 2)
                            .sleeps_in(2, Operation::lock, a, 3).sleeps_in(1, Operation::lock_shared, a, 4)
                            .sleeps_in(0, Operation::lock, b, 5).report(Outcome::deadlock, 3);
  CHECK(report.cause ==
        "thread 0 waits for mutex 1, held by thread 1 (work code.hpp:2), which waits for shared mutex 1, behind the "
        "writer thread 2, which waits for shared mutex 1, held by thread 0 (work code.hpp:1)\n");
  const Report without_writer = Script()
                                    .does(0, Operation::lock_shared, a, 1).does(1, Operation::lock, b, 2)
                                    .does(1, Operation::lock_shared, a, 4).sleeps_in(0, Operation::lock, b, 5)
                                    .report(Outcome::deadlock);
  CHECK(without_writer.cause == "thread 0 waits for mutex 1, held by thread 1 (work code.hpp:2), which has ended\n");
}
TEST_CASE("A lock that is given back in a condition wait is free for others") {
  const auto report = [](const void* given_back) {
    return Script().does(0, Operation::lock, a, 1).does(0, Operation::lock, b, 2)
        .sleeps_in(0, Operation::condition_wait, c, 3, given_back).sleeps_in(1, Operation::lock, a, 4)
        .report(Outcome::deadlock);
  };
  CHECK(has(report(b).cause, "thread 1 waits for mutex 1, held by thread 0 (work code.hpp:1)"));
  CHECK_FALSE(has(report(a).cause, "held by thread 0"));
}

// Lost wakeups.

TEST_CASE("Sleepers whom nobody is left to wake are a lost wakeup, and a notification that came too early is named") {
  const Report report = Script()
                            .does(0, Operation::load, a, 1)
                            .does(1, Operation::store, a, 2, 1).does(1, Operation::notify_one, a, 3)
                            .sleeps_in(0, Operation::futex_wait, a, 4).report(Outcome::deadlock);
  CHECK(report.lost_wakeup);
  CHECK(report.cause == "thread 0 sleeps on atomic 1 (work code.hpp:4); nobody is left to notify it, and thread 1 (work "
                        "code.hpp:3) did so before it slept\n");
  CHECK(has(report.trace, "lost wakeup"));
}
TEST_CASE("A notification that woke somebody else is not called too early") {
  const Report report = Script()
                            .sleeps_in(0, Operation::futex_wait, a, 4).sleeps_in(2, Operation::futex_wait, a, 4)
                            .does(1, Operation::notify_one, a, 3).ends(2, Operation::futex_wait, a, 4)
                            .report(Outcome::deadlock, 3);
  CHECK(report.lost_wakeup);
  CHECK(report.cause == "thread 0 sleeps on atomic 1 (work code.hpp:4); nobody is left to notify it\n");
}
TEST_CASE("A sleeper that keeps its waker waiting for a lock is a deadlock and no lost wakeup") {
  const auto report = [](bool gives_back) {
    Script text;
    text.does(0, Operation::lock, b, 1);
    if (gives_back) {
      text.does(0, Operation::unlock, b, 2);
    }
    return text.sleeps_in(0, Operation::futex_wait, a, 3).sleeps_in(1, Operation::lock, gives_back ? c : b, 4)
        .report(Outcome::deadlock);
  };
  CHECK_FALSE(report(false).lost_wakeup);
  CHECK(has(report(false).cause, "thread 0 sleeps on atomic 1 (work code.hpp:3) and keeps thread 1 from waking it"));
  CHECK(report(true).lost_wakeup);
}
TEST_CASE("A cycle beside a sleeper is a deadlock and no lost wakeup") {
  const Report report = inversion().sleeps_in(2, Operation::futex_wait, c, 9).report(Outcome::deadlock, 3);
  CHECK_FALSE(report.lost_wakeup);
  CHECK(has(report.cause, "thread 2 sleeps on atomic 1"));
}
TEST_CASE("A thread that was woken and goes to sleep again sleeps") {
  const Report report = Script()
                            .sleeps_in(0, Operation::condition_wait, c, 1, a).ends(0, Operation::condition_wait, c, 1, a)
                            .does(0, Operation::lock, a, 1).sleeps_in(0, Operation::condition_wait, c, 1, a)
                            .does(1, Operation::lock, a, 5).report(Outcome::deadlock);
  CHECK(report.lost_wakeup);
  CHECK(count(report.trace, "sleeps on condition 1, gives back mutex 1") == 2);
}
TEST_CASE("A sleeper that was notified is not there for the next notification, unless it may have been another") {
  const auto second = [](unsigned sleepers, Operation first, bool sleeps_again) {
    Script text;
    for (unsigned thread = 0; thread != sleepers; ++thread) {
      text.sleeps_in(thread, Operation::condition_wait, c, 1, a);
    }
    text.does(2, first, c, 5);
    if (sleeps_again) {
      text.ends(0, Operation::condition_wait, c, 1, a).sleeps_in(0, Operation::condition_wait, c, 1, a);
    }
    const std::string trace = text.does(2, Operation::notify_one, c, 6).report(Outcome::deadlock, 3).trace;
    return trace.substr(trace.rfind("notify_one"));
  };
  CHECK(has(second(1, Operation::notify_one, false), "nobody sleeps there"));
  CHECK(has(second(1, Operation::notify_one, true), "sleeping there thread 0"));
  CHECK(has(second(2, Operation::notify_one, false), "sleeping there thread 0 and thread 1"));
  CHECK(has(second(2, Operation::notify_all, false), "nobody sleeps there"));
}

// Wrong uses.

TEST_CASE("An unlock by another names the owner") {
  const Script text = Script().does(0, Operation::lock, a, 1).wants(1, Operation::unlock, a, 2);
  CHECK(text.report(Outcome::not_the_owner).cause ==
        "thread 1 unlocks mutex 1 (work code.hpp:2), held by thread 0 (work code.hpp:1)\n");
  CHECK(Script().wants(1, Operation::unlock, a, 2).report(Outcome::not_the_owner).cause ==
        "thread 1 unlocks mutex 1 (work code.hpp:2), which nobody holds\n");
  CHECK(has(text.report(Outcome::not_the_owner).trace, "unlock mutex 1: fails"));
}
TEST_CASE("A lock taken twice names the first time") {
  CHECK(Script().does(0, Operation::lock, a, 1).wants(0, Operation::lock, a, 2).report(Outcome::locked_twice).cause ==
        "thread 0 asks for mutex 1 (work code.hpp:2), held by itself (work code.hpp:1)\n");
}
TEST_CASE("A lock destroyed while held names the holder") {
  CHECK(Script().does(1, Operation::lock, a, 1).report(Outcome::destroyed_while_held).cause ==
        "mutex 1 is held by thread 1 (work code.hpp:1)\n");
}
TEST_CASE("A data race names both accesses, and a read does not clash with a read") {
  const Report report = Script()
                            .does(0, Operation::read, a, 1).does(0, Operation::write, a, 2).does(2, Operation::read, a, 3)
                            .wants(1, Operation::read, a, 9).report(Outcome::data_race, 3);
  CHECK(report.cause == "thread 1 reads var 1 (work code.hpp:9), thread 0 writes it (work code.hpp:2), and nothing orders "
                        "the two\n");
  const Report write = Script()
                           .does(0, Operation::write, a, 2).does(2, Operation::read, a, 3)
                           .wants(1, Operation::write, a, 9).report(Outcome::data_race, 3);
  CHECK(has(write.cause, "thread 0 writes it (work code.hpp:2) or thread 2 reads it (work code.hpp:3)"));
  CHECK(Script().wants(1, Operation::read, a, 9).report(Outcome::data_race).cause ==
        "thread 1 reads var 1 (work code.hpp:9), which nothing orders after it was made\n");
}

// Names.

TEST_CASE("Objects without a name have their kind and a number, in the order in which they appear") {
  const Report report = Script()
                            .does(0, Operation::lock, b, 1).does(0, Operation::load, c, 1).does(1, Operation::lock, a, 1)
                            .does(1, Operation::lock_shared, d, 1).report(Outcome::assertion);
  CHECK(has(report.trace, "thread 0  lock mutex 1 "));
  CHECK(has(report.trace, "load atomic 1 = 0"));
  CHECK(has(report.trace, "thread 1  lock mutex 2 "));
  CHECK(has(report.trace, "lock_shared shared mutex 1 "));
}
TEST_CASE("A name covers what lies in the object; two of one name are told apart; a lock class adds to a name") {
  const auto trace = [](const Script& named) {
    Script text = named;
    return text.does(0, Operation::load, a, 1).does(0, Operation::load, b, 1).does(0, Operation::lock, c, 1)
        .report(Outcome::assertion).trace;
  };
  CHECK(has(trace(Script().name(a, 16, "rundown")), "load rundown = 0"));
  CHECK(has(trace(Script().name(a, 16, "rundown")), "load rundown 2 = 0"));
  CHECK(has(trace(Script().name(a, 8, "rundown")), "load atomic 2 = 0"));
  CHECK(has(trace(Script().name(c, 8, "device_lock", false)), "lock device_lock "));
  CHECK(has(trace(Script().name(c, 8, "device_lock", false).name(c, 8, "mine")), "lock mine "));
  CHECK(has(trace(Script().name(c, 8, "device_lock", false).name(b, 24, "0000:01:00.0")), "lock 0000:01:00.0 device_lock "));
  CHECK(has(trace(Script().name(objects, 64, "all").name(c, 8, "one")), "lock one "));
}
TEST_CASE("Where the objects lie changes nothing") {
  const auto report = [](const void* first, const void* second) {
    return Script().does(0, Operation::lock, first, 1).does(1, Operation::lock, second, 2)
        .sleeps_in(0, Operation::lock, second, 3).sleeps_in(1, Operation::lock, first, 4).report(Outcome::deadlock);
  };
  CHECK(report(a, b).trace == report(d, a).trace);
  CHECK(report(a, b).diagram == report(d, a).diagram);
  CHECK(report(a, b).mermaid == report(d, a).mermaid);
  CHECK(report(a, b).cause == report(d, a).cause);
}

// Traces and diagrams.

TEST_CASE("A place is a file without its directories and a line, a function has no template arguments") {
  using devlock::check::detail::function;
  using devlock::check::detail::place;
  CHECK(place({"f", "/a/b/c.cpp", 7}) == "c.cpp:7");
  CHECK(place({"f", "c.cpp", 7}) == "c.cpp:7");
  CHECK(place({}).empty());
  CHECK(function({"wait<std::pair<int, int> >", "c.cpp", 7}) == "wait");
  CHECK(function({"wait", "c.cpp", 7}) == "wait");
}
TEST_CASE("The trace has a line for each step") {
  CHECK(inversion().fails(2, Operation::try_lock, a, 77).report(Outcome::deadlock, 3, {"close", "open"}).trace ==
        "   1  close     lock kvm_lock                           code.hpp:12 in work\n"
        "   2  open      lock group_lock                         code.hpp:31 in work\n"
        "   3  close     waits for group_lock, held by open      code.hpp:13 in work\n"
        "   4  open      waits for kvm_lock, held by close       code.hpp:32 in work\n"
        "   5  thread 2  try_lock kvm_lock: busy, held by close  code.hpp:77 in work\n"
        "      deadlock\n");
}
TEST_CASE("The diagram has a column for each thread and the place at the right") {
  CHECK(inversion().report(Outcome::deadlock, 2, {"close", "open"}).diagram ==
        "close                    open\n"
        "├ lock kvm_lock          │                       code.hpp:12\n"
        "│                        ├ lock group_lock       code.hpp:31\n"
        "╳ waits for group_lock   │                       code.hpp:13\n"
        "┆                        ╳ waits for kvm_lock    code.hpp:32\n"
        "deadlock\n");
}
TEST_CASE("No line of a diagram is longer than 100 columns, however many the threads and however long the names") {
  for (const unsigned threads : {1U, 2U, 3U, 4U, 5U, 8U, 16U}) {
    Script text;
    const std::string name = "a lock with a name that is much longer than it should be";
    text.name(a, 8, name);
    std::vector<std::string> names;
    for (unsigned thread = 0; thread != threads; ++thread) {
      names.push_back("thread with a long name, number " + std::to_string(thread));
      text.does(thread, Operation::try_lock, a, 100 + thread).does(thread, Operation::unlock, a, 2);
    }
    const std::string diagram = text.report(Outcome::assertion, threads, names).diagram;
    for (std::size_t at = 0; at != diagram.size(); at = diagram.find('\n', at) + 1) {
      const std::string line = diagram.substr(at, diagram.find('\n', at) - at);
      INFO(diagram);
      CHECK(width_of(line) <= 100);
    }
    CHECK(has(diagram, "code.hpp:" + std::to_string(99 + threads)));
  }
}
TEST_CASE("A loop without end is shown once, a long history by its end") {
  Script text;
  text.does(1, Operation::store, a, 1, 7);
  for (int i = 0; i != 500; ++i) {
    text.does(0, Operation::load, a, 2, 7).does(0, Operation::yield, nullptr, 3);
  }
  const std::string livelock = text.report(Outcome::livelock).diagram;
  CHECK(has(livelock, "the last 2 lines repeat, 500 times so far"));
  CHECK(count(livelock, "\n") == 6);
  CHECK(has(text.report(Outcome::assertion).diagram, "901 lines before are left out"));
  CHECK(count(text.report(Outcome::livelock).trace, "\n") == 1002);
}
TEST_CASE("Equal neighbours are one line") {
  Script text;
  for (int i = 0; i != 5; ++i) {
    text.does(0, Operation::step, nullptr, 3);
  }
  CHECK(has(text.report(Outcome::assertion).diagram, "step ×5"));
  CHECK(has(text.report(Outcome::assertion).mermaid, "step (5 times)"));
}
TEST_CASE("Text breaks at spaces, and within a word that is too long") {
  CHECK(wrapped("waits for a lock", 10) == std::vector<std::string>{"waits for", "a lock"});
  CHECK(wrapped("abcdefgh", 3) == std::vector<std::string>{"abc", "def", "gh"});
  CHECK(wrapped("äöüäöü", 4) == std::vector<std::string>{"äöüä", "öü"});
}
TEST_CASE("Mermaid has participants for threads and objects, and arrows with a cross for what did not succeed") {
  CHECK(inversion().report(Outcome::deadlock, 2, {"close", "open"}).mermaid ==
        "sequenceDiagram\n"
        "  participant t0 as close\n"
        "  participant t1 as open\n"
        "  participant o0 as kvm_lock\n"
        "  participant o1 as group_lock\n"
        "  t0->>o0: lock (code.hpp:12)\n"
        "  t1->>o1: lock (code.hpp:31)\n"
        "  t0-xo1: waits for (code.hpp:13)\n"
        "  t1-xo0: waits for (code.hpp:32)\n"
        "  Note over t0,t1: deadlock\n");
}
TEST_CASE("Names cannot break out of a Mermaid diagram") {
  CHECK(Mermaid::escaped("a;b") == "a#59;b");
  CHECK(Mermaid::escaped("#%%{init}") == "#35;#37;#37;#123;init#125;");
  CHECK(Mermaid::escaped("end") == "#101;nd");
  CHECK(Mermaid::escaped("the end of") == "the #101;nd of");
  CHECK(Mermaid::escaped("sender") == "sender");
  CHECK(Mermaid::escaped("a->>b: x\ny") == "a-#62;#62;b: x y");
  CHECK(Mermaid::escaped("größe") == "größe");
  CHECK(Mermaid::escaped("0000:01:00.0 lock") == "0000:01:00.0 lock");
  CHECK(Mermaid::escaped(": x") == "#58; x");
  CHECK(Mermaid::escaped("wrap: x") == "wrap#58; x");
  const std::string mermaid = inversion().report(Outcome::deadlock, 2, {"x\n  end\n  t1->>t0: lies", "y"}).mermaid;
  CHECK(count(mermaid, "\n") == 10);
}
TEST_CASE("With many objects the threads of a Mermaid diagram stand alone") {
  Script text;
  for (int i = 0; i != 7; ++i) {
    text.does(0, Operation::load, objects + i, 1);
  }
  const std::string mermaid = text.report(Outcome::assertion).mermaid;
  CHECK(count(mermaid, "participant") == 2);
  CHECK(has(mermaid, "Note over t0: load atomic 7 = 0, code.hpp:1\n"));
}
TEST_CASE("A refused requirement and a mark are steps") {
  const Report report = Script()
                            .does(0, Operation::mark, "contended", 4)
                            .fails(1, Operation::mark, "one inside at a time", 5).report(Outcome::assertion);
  CHECK(has(report.trace, "thread 0  mark \"contended\""));
  CHECK(has(report.trace, "thread 1  require failed: one inside at a time"));
}
TEST_CASE("An empty recording has a report that says how it ended") {
  const Report report = Script().report(Outcome::leak);
  CHECK(report.trace == "      leak\n");
  CHECK(report.cause.empty());
  CHECK(has(report.diagram, "thread 0"));
}

}  // namespace

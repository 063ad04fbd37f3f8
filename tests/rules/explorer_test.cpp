// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The search itself, on programs whose answer is known: what it must call a deadlock and what it must not.
#include "rules/support/explorer.hpp"
#include "support/catch.hpp"

namespace {

using namespace rules;
using Steps = std::vector<Step>;

// Lock or device `what`; condition `which`.
constexpr Step lock(unsigned char what) {
  return {Do::lock, what};
}
constexpr Step shared(unsigned char what) {
  return {Do::lock_shared, what};
}
constexpr Step attempt(unsigned char what, unsigned char jump) {
  return {Do::try_lock, what, 0, jump};
}
constexpr Step unlock(unsigned char what) {
  return {Do::unlock, what};
}

struct Found {
  std::optional<Stuck> stuck;
  std::size_t states;
};
Found explore(const Steps& one, const Steps& other, const Steps& third = {}, unsigned readers = 0) {
  Program program;
  program.threads = third.empty() ? 2 : 3;
  program.steps[0] = one;
  program.steps[1] = other;
  program.steps[2] = third;
  program.readers = readers;
  Explorer explorer;
  const auto stuck = explorer.explore(program);
  return {stuck, explorer.states()};
}

const Steps a_then_b{lock(0), lock(1), unlock(1), unlock(0)};
const Steps b_then_a{lock(1), lock(0), unlock(0), unlock(1)};

TEST_CASE("Two threads that take two locks both ways get stuck after two steps") {
  const auto found = explore(a_then_b, b_then_a);
  REQUIRE(found.stuck);
  CHECK(found.stuck->schedule.size() == 2);
  CHECK(found.stuck->at[0] == 1);
  CHECK(found.stuck->at[1] == 1);
}

TEST_CASE("Two threads that take two locks one way do not, and every state is seen once") {
  const auto found = explore(a_then_b, a_then_b);
  CHECK_FALSE(found.stuck);
  CHECK(found.states ==
        16);  // 25 pairs of places, without the 9 in which both threads are between lock(0) and unlock(0)
}

TEST_CASE("A try saves (a, try b) against (b, a), but not (try a, b)") {
  CHECK_FALSE(explore({lock(0), attempt(1, 3), unlock(1), unlock(0)}, b_then_a).stuck);
  CHECK(explore({attempt(0, 4), lock(1), unlock(1), unlock(0)}, b_then_a).stuck);
}

TEST_CASE("A cycle of three threads is found, and two of them alone are no cycle") {
  const Steps b_then_c{lock(1), lock(2), unlock(2), unlock(1)};
  const Steps c_then_a{lock(2), lock(0), unlock(0), unlock(2)};
  CHECK(explore(a_then_b, b_then_c, c_then_a).stuck);
  CHECK_FALSE(explore(a_then_b, b_then_c).stuck);
}

TEST_CASE("Readers share a lock, but a queued writer stops a reader who reads already") {
  const Steps once{shared(0), unlock(0)};
  const Steps twice{shared(0), shared(0), unlock(0), unlock(0)};
  const Steps writes{lock(0), unlock(0)};
  CHECK_FALSE(explore(twice, once, {}, 1).stuck);
  CHECK_FALSE(explore(once, writes, {}, 1).stuck);
  CHECK(explore(twice, writes, {}, 1).stuck);
  // Readers of two locks, both ways: it takes two writers in the queues.
  const Steps reads_both{shared(0), shared(1), unlock(1), unlock(0)};
  const Steps reads_other_way{shared(1), shared(0), unlock(0), unlock(1)};
  CHECK_FALSE(explore(reads_both, reads_other_way, {}, 3).stuck);
}

TEST_CASE("A condition wait gives its own lock back and nothing else") {
  const Steps sleeps{lock(0), {Do::sleep, 0, 0}, {Do::wake, 0, 0}, lock(0), unlock(0)};
  const Steps sleeps_holding{lock(1), lock(0), {Do::sleep, 0, 0}, {Do::wake, 0, 0}, lock(0), unlock(0), unlock(1)};
  const Steps notifies{lock(0), {Do::set, 0, 0}, unlock(0)};
  const Steps notifies_under_b{lock(1), lock(0), {Do::set, 0, 0}, unlock(0), unlock(1)};
  CHECK_FALSE(explore(sleeps, notifies).stuck);
  CHECK_FALSE(explore(sleeps, notifies_under_b).stuck);
  CHECK_FALSE(explore(sleeps_holding, notifies).stuck);
  CHECK(explore(sleeps_holding, notifies_under_b).stuck);
  CHECK(explore(sleeps, {lock(0), unlock(0)}).stuck);  // nobody notifies
}

TEST_CASE("An unbind waits for descriptors, an open does not wait for an unbind") {
  const Steps uses{{Do::open, 0, 0, 4}, lock(0), unlock(0), {Do::close, 0}};
  const Steps unbinds{lock(0), {Do::drain, 0}, {Do::reopen, 0}, unlock(0)};
  const Steps unbinds_alone{{Do::drain, 0}, {Do::reopen, 0}};
  CHECK(explore(uses, unbinds).stuck);  // the blocking operation through a descriptor
  CHECK_FALSE(explore(uses, unbinds_alone).stuck);
  CHECK_FALSE(explore({{Do::open, 0, 0, 4}, attempt(0, 3), unlock(0), {Do::close, 0}}, unbinds).stuck);
  CHECK_FALSE(explore({lock(0), {Do::open, 0, 0, 3}, {Do::close, 0}, unlock(0)}, unbinds).stuck);
}

}  // namespace

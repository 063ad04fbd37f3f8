// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A VMM's own nest, put before the shipped order: the devices that reset together are locked in any order by whoever holds the lock of
// their set, and one at a time by everybody else. The set that is named must be theirs, and held.
#define DEVLOCK_VALIDATE 1
#define DEVLOCK_ASSERT(condition, sentence) ((condition) ? void(0) : throw std::logic_error(sentence))
#include <stdexcept>

#include "devlock/order/nest.hpp"

#include <array>
#include <atomic>
#include <mutex>
#include <string>
#include <thread>

#include "devlock/lock/ordered.hpp"
#include "devlock/order/guard.hpp"
#include "devlock/order/try_guard.hpp"
#include "devlock/validate/report.hpp"
#include "devlock/vfio/order.hpp"
#include "support/catch.hpp"

namespace {

using namespace devlock;

struct set_lock {
  static constexpr char name[] = "vmm.device_set";
};
struct member_lock {
  static constexpr char name[] = "vmm.device";
  using nest_owner = set_lock;
};
struct VmmOrder : Hierarchy<Extends<vfio::VfioOrder>, Before<vfio::group_list_lock, set_lock>,
                            Before<set_lock, member_lock>, Before<member_lock, vfio::group_lock>> {};
using Root = ThreadContext<VmmOrder>;

// A lock of the VMM's own. Thread sanitizer's search for lock order inversions, which knows std::mutex, knows no nest locks.
class Futex {
 public:
  void lock() {
    while (taken_.exchange(true, std::memory_order_acquire)) {  // pairs with unlock
      taken_.wait(true, std::memory_order_relaxed);
    }
  }
  bool try_lock() { return !taken_.exchange(true, std::memory_order_acquire); }  // pairs with unlock
  void unlock() {
    taken_.store(false, std::memory_order_release);  // pairs with lock and try_lock
    taken_.notify_one();
  }

 private:
  std::atomic<bool> taken_{false};
};

class DeviceSet {
 public:
  using Lock = Ordered<set_lock, std::mutex>;
  class Member : public Ordered<member_lock, Futex> {
   public:
    /// The validator asks.
    [[nodiscard]] bool owned_by(const Lock& set) const { return set_ == &set; }
    int resets = 0;  ///< plain, so that a race is one for the sanitizer too

   private:
    friend class DeviceSet;
    const Lock* set_ = nullptr;
  };

  DeviceSet() {
    for (Member& member : members) {
      member.set_ = &lock;
    }
  }
  Lock lock;
  std::array<Member, 3> members;
};

int reports = 0;
std::string reported;
void collect(const validate::Report& report) {
  char text[4096];
  ++reports;
  reported.assign(text, validate::describe(report, text, sizeof text));
}
// The reports of `body`.
template <class Body>
int reports_of(Body body) {
  reports = 0;
  reported.clear();
  const auto before = validate::set_handler(&collect);
  validate::forget_order();
  body();
  validate::set_handler(before);
  return reports;
}

// A hot reset: three members, `first` first.
void reset_all(DeviceSet& set, std::size_t first) {
  Root root;
  Guard owner{root, set.lock};
  auto& a = set.members[first];
  auto& b = set.members[(first + 1) % 3];
  auto& c = set.members[(first + 2) % 3];
  Guard one{owner, a, under(owner)};
  Guard two{one, b, under(owner)};
  Guard three{two, c, under(owner)};
  for (DeviceSet::Member& member : set.members) {
    ++member.resets;
  }
}
}  // namespace

TEST_CASE("Hot resets in different orders and resets of single members do not deadlock, and nothing is reported") {
  DeviceSet set;
  constexpr int rounds = 500;
  CHECK(reports_of([&] {
          std::array<std::thread, 3> threads;
          for (std::size_t number = 0; number != threads.size(); ++number) {
            threads[number] = std::thread([&set, number] {
              for (int round = 0; round != rounds; ++round) {
                reset_all(set, number);
                Root root;
                Guard alone{root, set.members[number]};
                ++set.members[number].resets;
              }
            });
          }
          for (std::thread& thread : threads) {
            thread.join();
          }
        }) == 0);
  INFO(reported);
  for (const DeviceSet::Member& member : set.members) {
    CHECK(member.resets == 4 * rounds);
  }
}

TEST_CASE("What the kernel waits for comes after the members, and the members after the list of groups") {
  DeviceSet set;
  Ordered<vfio::group_list_lock, std::mutex> list;
  Ordered<vfio::group_lock, std::mutex> record;
  CHECK(reports_of([&] {
          Root root;
          Guard groups{root, list};
          Guard owner{groups, set.lock};
          Guard member{owner, set.members[0], under(owner)};
          Guard inner{member, record};
        }) == 0);
}

TEST_CASE("A member of another set is reported, with both classes and what to do") {
  DeviceSet set;
  DeviceSet other;
  CHECK(reports_of([&] {
          Root root;
          Guard owner{root, set.lock};
          Guard mine{owner, set.members[0], under(owner)};
          Guard theirs{mine, other.members[0], under(owner)};
        }) == 1);
  CHECK_THAT(reported, Catch::Matchers::Contains("wrong nest owner"));
  CHECK_THAT(reported, Catch::Matchers::Contains("vmm.device"));
  CHECK_THAT(reported, Catch::Matchers::Contains("vmm.device_set"));
}

TEST_CASE("The members of two sets are taken by who holds and names both") {
  DeviceSet set;
  DeviceSet other;
  const auto take_both = [&](bool name_both) {
    return reports_of([&] {
      Root root;
      Guard owner{root, set.lock};
      TryGuard second_owner{owner, other.lock};
      Guard mine{second_owner, set.members[0], under(owner)};
      if (name_both) {
        Guard theirs{mine, other.members[0], under(owner, second_owner)};
      } else {
        Guard theirs{mine, other.members[0], under(second_owner)};
      }
    });
  };
  CHECK(take_both(true) == 0);
  CHECK(take_both(false) == 1);
  CHECK_THAT(reported, Catch::Matchers::Contains("wrong nest owner"));
}

TEST_CASE("A set whose try failed, or which was given back, covers nothing, in release as well") {
  DeviceSet set;
  const auto take_under = [&](bool released) {
    return reports_of([&] {
      Root root;
      TryGuard owner{root, set.lock};
      const auto take = [&] { Guard member{owner.assume(), set.members[0], under(owner)}; };
      if (released) {
        owner.release();
      }
      REQUIRE_THROWS_AS(take(), std::logic_error);
    });
  };
  CHECK(take_under(true) == 0);
  Root root;
  Guard holder{root, set.lock};
  int seen = 0;
  std::thread([&] { seen = take_under(false); }).join();
  CHECK(seen == 0);
}

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Who may drive a group's DMA: every transition, every refusal, and that a claim gives itself back once.
#include "devlock/lock/group_ownership.hpp"

#include <atomic>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "devlock/sync/std.hpp"
#include "support/catch.hpp"
#include "support/scripted_sync.hpp"

namespace {

using namespace devlock;
using Group = GroupOwnership<StdSync>;

struct Fixture {
  Group group;
  vfio::ThreadContext root;
  int mine = 0;
  int yours = 0;

  // Owner and users in one comparison.
  [[nodiscard]] bool is(Group::Owner owner, int users) {
    root.assume();
    return group.owner(root) == owner && group.users(root) == users;
  }
};

TEST_CASE_METHOD(Fixture, "A new group belongs to nobody") { REQUIRE(is(nullptr, 0)); }

TEST_CASE_METHOD(Fixture, "A user claims a free group and gives it back at the end of the scope") {
  root.assume();
  {
    auto claim = group.claim(root, &mine);
    REQUIRE(claim);
    REQUIRE(claim.error() == ClaimError::none);
    REQUIRE(is(&mine, 1));
  }
  REQUIRE(is(nullptr, 0));
}

TEST_CASE_METHOD(Fixture, "The claim of a group is exclusive, for the same owner too") {
  root.assume();
  auto claim = group.claim(root, &mine);
  auto again = group.claim(root, &mine);
  auto other = group.claim(root, &yours);
  REQUIRE_FALSE(again);
  REQUIRE(again.error() == ClaimError::in_use);
  REQUIRE_FALSE(other);
  REQUIRE(other.error() == ClaimError::in_use);
  REQUIRE(is(&mine, 1));
}

TEST_CASE_METHOD(Fixture, "A refused claim gives nothing back") {
  root.assume();
  auto claim = group.claim(root, &mine);
  { auto refused = group.claim(root, &yours); }
  REQUIRE(is(&mine, 1));
}

TEST_CASE_METHOD(Fixture, "A claim without an owner is invalid") {
  root.assume();
  REQUIRE(group.claim(root, nullptr).error() == ClaimError::invalid);
  REQUIRE(group.claim_device(root, nullptr).error() == ClaimError::invalid);
  REQUIRE(is(nullptr, 0));
}

TEST_CASE_METHOD(Fixture, "Devices of one owner are counted, and the last one frees the group") {
  root.assume();
  auto one = group.claim_device(root, &mine);
  auto two = group.claim_device(root, &mine);
  REQUIRE(is(&mine, 2));
  one.give_back();
  REQUIRE(is(&mine, 1));
  one.give_back();
  REQUIRE(is(&mine, 1));
  two.give_back();
  REQUIRE(is(nullptr, 0));
}

TEST_CASE_METHOD(Fixture, "A device of a group that another user owns is refused as owned") {
  root.assume();
  auto device = group.claim_device(root, &mine);
  auto other = group.claim_device(root, &yours);
  REQUIRE_FALSE(other);
  REQUIRE(other.error() == ClaimError::owned);
  REQUIRE(group.claim(root, &mine).error() == ClaimError::in_use);
  REQUIRE(is(&mine, 1));
}

TEST_CASE_METHOD(Fixture, "Drivers that do DMA are counted and keep users out") {
  root.assume();
  REQUIRE(group.use_dma_api(root) == ClaimError::none);
  REQUIRE(group.use_dma_api(root) == ClaimError::none);
  REQUIRE(is(nullptr, 2));
  REQUIRE(group.claim(root, &mine).error() == ClaimError::in_use);
  REQUIRE(group.claim_device(root, &mine).error() == ClaimError::in_use);
  group.unuse_dma_api(root);
  REQUIRE(group.claim(root, &mine).error() == ClaimError::in_use);
  group.unuse_dma_api(root);
  REQUIRE(is(nullptr, 0));
  REQUIRE(group.claim(root, &mine));
}

TEST_CASE_METHOD(Fixture, "A driver cannot start DMA while a user owns the group or a device of it") {
  root.assume();
  {
    auto claim = group.claim(root, &mine);
    REQUIRE(group.use_dma_api(root) == ClaimError::owned);
    REQUIRE(is(&mine, 1));
  }
  {
    auto device = group.claim_device(root, &mine);
    REQUIRE(group.use_dma_api(root) == ClaimError::owned);
    REQUIRE(is(&mine, 1));
  }
  REQUIRE(group.use_dma_api(root) == ClaimError::none);
}

TEST_CASE_METHOD(Fixture, "Releasing the group ends the claims of its devices too") {
  root.assume();
  auto whole = group.claim(root, &mine);
  auto device = group.claim_device(root, &mine);
  REQUIRE(device);
  REQUIRE(is(&mine, 2));
  whole.give_back();
  REQUIRE(is(nullptr, 0));
  SECTION("and a device claim that outlives it takes nothing off the count") {
    device.give_back();
    REQUIRE(is(nullptr, 0));
  }
  SECTION("nor off the claim of the next owner") {
    auto next = group.claim_device(root, &yours);
    device.give_back();
    REQUIRE(is(&yours, 1));
  }
  SECTION("nor off the drivers that use the group since") {
    REQUIRE(group.use_dma_api(root) == ClaimError::none);
    device.give_back();
    REQUIRE(is(nullptr, 1));
  }
}

TEST_CASE_METHOD(Fixture, "A claim moves, and is given back once") {
  root.assume();
  auto one = group.claim(root, &mine);
  auto two = std::move(one);
  REQUIRE_FALSE(one);  // NOLINT(bugprone-use-after-move): a moved-from claim is empty
  REQUIRE(two);
  one.give_back();
  REQUIRE(is(&mine, 1));
  Group::Claim empty;
  two = std::move(empty);
  REQUIRE_FALSE(two);
  REQUIRE(is(nullptr, 0));
  REQUIRE_FALSE(std::is_copy_constructible_v<Group::Claim>);
  REQUIRE_FALSE(std::is_copy_assignable_v<Group::Claim>);
}

TEST_CASE_METHOD(Fixture, "Assigning to a claim gives back what it was") {
  root.assume();
  Group other;
  auto here = group.claim(root, &mine);
  auto there = other.claim(root, &mine);
  here = std::move(there);
  REQUIRE(is(nullptr, 0));
  REQUIRE(other.owner(root) == &mine);
  auto& itself = here;
  here = std::move(itself);
  REQUIRE(here);
  here.give_back();
  REQUIRE(other.owner(root) == nullptr);
}

TEST_CASE_METHOD(Fixture, "A refusal that is moved keeps its reason") {
  root.assume();
  auto claim = group.claim(root, &mine);
  auto refused = group.claim(root, &yours);
  auto moved = std::move(refused);
  REQUIRE(moved.error() == ClaimError::in_use);
  Group::Claim assigned;
  assigned = std::move(moved);
  REQUIRE(assigned.error() == ClaimError::in_use);
}

TEST_CASE_METHOD(Fixture, "An owned group blocks all DMA, and gets its default domain back when the ownership ends") {
  root.assume();
  REQUIRE(group.domain(root) == DomainKind::standard);
  {
    auto claim = group.claim(root, &mine);
    REQUIRE(group.domain(root) == DomainKind::blocking);
    REQUIRE(group.attach(root) == ClaimError::none);
    REQUIRE(group.domain(root) == DomainKind::user);
    group.detach(root);
    REQUIRE(group.domain(root) == DomainKind::blocking);
    REQUIRE(group.attach(root) == ClaimError::none);
  }
  REQUIRE(group.domain(root) == DomainKind::standard);
  auto one = group.claim_device(root, &mine);
  auto two = group.claim_device(root, &mine);
  REQUIRE(group.domain(root) == DomainKind::blocking);
  one.give_back();
  REQUIRE(group.domain(root) == DomainKind::blocking);
  two.give_back();
  REQUIRE(group.domain(root) == DomainKind::standard);
}

TEST_CASE_METHOD(Fixture, "A driver's DMA goes through the default domain") {
  root.assume();
  REQUIRE(group.use_dma_api(root) == ClaimError::none);
  REQUIRE(group.domain(root) == DomainKind::standard);
  REQUIRE_FALSE(group.claim(root, &mine));
  REQUIRE(group.domain(root) == DomainKind::standard);
  group.unuse_dma_api(root);
  REQUIRE(group.domain(root) == DomainKind::standard);
}

TEST_CASE_METHOD(Fixture, "A group that is attached to somebody's domain is neither claimed nor attached again") {
  root.assume();
  REQUIRE(group.attach(root) == ClaimError::none);
  REQUIRE(group.attach(root) == ClaimError::foreign);
  REQUIRE(group.claim(root, &mine).error() == ClaimError::foreign);
  REQUIRE(group.claim_device(root, &mine).error() == ClaimError::foreign);
  REQUIRE(is(nullptr, 0));
  REQUIRE(group.domain(root) == DomainKind::user);
  // The first driver is let in, as in Linux; with one inside, the domain is looked at.
  REQUIRE(group.use_dma_api(root) == ClaimError::none);
  REQUIRE(group.use_dma_api(root) == ClaimError::foreign);
  group.detach(root);
  REQUIRE(group.domain(root) == DomainKind::standard);
  REQUIRE(group.use_dma_api(root) == ClaimError::none);
  REQUIRE(is(nullptr, 2));
}

TEST_CASE("A group without its default domain defers drivers") {
  Group made(DomainKind::none);
  vfio::ThreadContext root;
  root.assume();
  REQUIRE(made.use_dma_api(root) == ClaimError::deferred);
  REQUIRE(made.users(root) == 0);
  made.finish(root);
  REQUIRE(made.domain(root) == DomainKind::standard);
  REQUIRE(made.use_dma_api(root) == ClaimError::none);
  made.finish(root);
  REQUIRE(made.users(root) == 1);
}

TEST_CASE_METHOD(Fixture, "An owner that detaches after the end of its ownership, or never, is harmless: the end does it") {
  root.assume();
  auto claim = group.claim(root, &mine);
  REQUIRE(group.attach(root) == ClaimError::none);
  claim.give_back();
  group.detach(root);
  REQUIRE(group.domain(root) == DomainKind::standard);
  REQUIRE(group.use_dma_api(root) == ClaimError::none);
}

TEST_CASE("Every answer, refusals included, comes under the group's mutex and leaves it free") {
  using test::ScriptedSync;
  ScriptedSync::reset();
  GroupOwnership<ScriptedSync> group;
  vfio::ThreadContext root;
  int mine = 0;
  const auto journal = [] { return ScriptedSync::journal.take(); };
  auto claim = group.claim(root, &mine);
  REQUIRE(journal() == "+m -m ");
  REQUIRE_FALSE(group.claim(root, &mine));
  REQUIRE(journal() == "+m -m ");
  auto device = group.claim_device(root, &mine);
  REQUIRE(journal() == "+m -m ");
  REQUIRE(group.use_dma_api(root) == ClaimError::owned);
  REQUIRE(journal() == "+m -m ");
  claim.give_back();
  REQUIRE(journal() == "+m -m ");
  device.give_back();
  REQUIRE(journal() == "+m -m ");
  REQUIRE(group.use_dma_api(root) == ClaimError::none);
  REQUIRE(journal() == "+m -m ");
  group.unuse_dma_api(root);
  REQUIRE(journal() == "+m -m ");
  REQUIRE(group.owner(root) == nullptr);
  REQUIRE(group.users(root) == 0);
  REQUIRE(journal() == "+m -m +m -m ");
}

template <class Context>
concept Claims = requires(Group& group, Context& context) { group.claim(context, nullptr); };

TEST_CASE("Claiming compiles only where the group's mutex may still be waited for") {
  REQUIRE(Claims<vfio::ThreadContext>);
  REQUIRE(Claims<HeldContext<Held<vfio::VfioOrder, vfio::group_lock>>>);
  REQUIRE_FALSE(Claims<HeldContext<Held<vfio::VfioOrder, vfio::iommu_group_lock>>>);
  REQUIRE_FALSE(Claims<HeldContext<Held<vfio::VfioOrder, vfio::config_access>>>);
}

TEST_CASE("Users and drivers on several threads never have the group together") {
  Group group;
  int user_data = 0;           // written by whoever owns the group, without a lock of its own
  std::atomic<int> driving{0};  // drivers between use and unuse
  std::atomic<int> mixed{0};
  std::atomic<int> claims{0};
  const auto user = [&] {
    vfio::ThreadContext root;
    while (claims.load() < 2000) {
      if (auto claim = group.claim(root, &root)) {
        ++user_data;
        mixed += driving.load();
        claims.fetch_add(1);
      }
    }
  };
  const auto driver = [&] {
    vfio::ThreadContext root;
    while (claims.load() < 2000) {
      if (group.use_dma_api(root) == ClaimError::none) {
        driving.fetch_add(1);
        driving.fetch_sub(1);
        group.unuse_dma_api(root);
      }
    }
  };
  std::thread one(user);
  std::thread two(driver);
  user();
  one.join();
  two.join();
  REQUIRE(mixed == 0);
  REQUIRE(user_data == claims.load());
  vfio::ThreadContext root;
  REQUIRE(group.owner(root) == nullptr);
  REQUIRE(group.users(root) == 0);
}

TEST_CASE("A claim of a group that is not finished leaves no default domain behind") {
  GroupOwnership<StdSync, vfio::VfioOrder, vfio::iommu_group_lock> group(DomainKind::none);
  vfio::ThreadContext root;
  int owner = 0;
  {
    const auto claim = group.claim(root, &owner);
    CHECK(group.use_dma_api(root) == ClaimError::deferred);
  }
  CHECK(group.domain(root) == DomainKind::none);
  CHECK(group.use_dma_api(root) == ClaimError::deferred);
  CHECK(group.attach(root) == ClaimError::none);
  group.detach(root);
  CHECK(group.use_dma_api(root) == ClaimError::deferred);
  group.finish(root);
  CHECK(group.domain(root) == DomainKind::standard);
  CHECK(group.use_dma_api(root) == ClaimError::none);
  group.unuse_dma_api(root);
}

}  // namespace

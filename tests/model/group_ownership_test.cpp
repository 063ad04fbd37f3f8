// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// GroupOwnership: users who claim a group against drivers that start DMA in it. The rules of
// iommu_group_claim_dma_owner and iommu_device_use_default_domain: an owner excludes the DMA API, the count is that of
// the users, refusal is an error and never a crash.

// A broken precondition of the library ends the search as a finding.
#include "devlock/check/require.hpp"
#define DEVLOCK_ASSERT(condition, sentence) devlock::check::require((condition), (sentence))

#include "devlock/lock/group_ownership.hpp"

#include "model/support/expect.hpp"
#include "model/support/wrong_sync.hpp"

namespace {

using namespace model;
using devlock::ClaimError;
using devlock::check::mark;
using devlock::check::require;
using devlock::check::step;
using devlock::vfio::ThreadContext;

// Who drives the DMA of the group, seen from outside: what the claims and the drivers were told.
struct Observer {
  void owned(const void* owner) {
    require(drivers == 0, "no owner while a driver does DMA");
    require(owners == 0 || user == owner, "one owner at a time");
    user = owner;
    ++owners;
  }
  void disowned() { --owners; }
  void driven() {
    require(owners == 0, "no DMA of a driver while a user owns the group");
    ++drivers;
  }
  void parked() { --drivers; }
  int owners = 0;
  int drivers = 0;
  const void* user = nullptr;
};

template <class S>
struct Group {
  using Ownership = devlock::GroupOwnership<S>;
  Ownership ownership;
  Observer observer;
  char users[3] = {};

  void claim(unsigned index) {
    ThreadContext root;
    auto claim = ownership.claim(root, &users[index]);
    if (claim) {
      mark("claimed");
      observer.owned(&users[index]);
      step();
      observer.disowned();
      claim.give_back();
    } else {
      require(claim.error() == ClaimError::in_use, "a claim is refused because the group is in use");
      mark("claim refused");
    }
  }
  void claim_device(const void* user) {
    ThreadContext root;
    auto claim = ownership.claim_device(root, user);
    if (claim) {
      mark("device claimed");
      observer.owned(user);
      step();
      mark(observer.owners == 2 ? "two devices of one owner" : "one device");
      observer.disowned();
    } else {
      mark(claim.error() == ClaimError::owned ? "device claim refused, owned" : "device claim refused, in use");
    }
  }
  void drive() {
    ThreadContext root;
    const ClaimError error = ownership.use_dma_api(root);
    if (error == ClaimError::none) {
      mark("DMA started");
      observer.driven();
      step();
      observer.parked();
      ownership.unuse_dma_api(root);
    } else {
      require(error == ClaimError::owned, "a driver is refused because the group is owned");
      mark("DMA refused");
    }
  }
  void expect_idle() {
    ThreadContext root;
    require(ownership.owner(root) == nullptr, "no owner is left");
    require(ownership.users(root) == 0, "no user is left");
  }
};

template <class S>
struct ClaimAgainstDriver {
  static constexpr unsigned threads = 2;
  void thread(unsigned index) { index == 0 ? group.claim(index) : group.drive(); }
  void after() { group.expect_idle(); }
  Group<S> group;
};
TEST_CASE("A claim and a driver exclude each other") {
  expect_verified<ClaimAgainstDriver<devlock::RelacySync>>("claim against driver",
                                                           {"claimed", "claim refused", "DMA started", "DMA refused"});
}
TEST_CASE("A group without its mutex is found as a data race") {
  expect_found<ClaimAgainstDriver<NoMutex>>("group without its mutex", Outcome::data_race, 10);
}

struct TwoClaimsAndDriver {
  static constexpr unsigned threads = 3;
  void thread(unsigned index) { index == 2 ? group.drive() : group.claim(index); }
  void after() { group.expect_idle(); }
  Group<devlock::RelacySync> group;
};
TEST_CASE("Two claims of the whole group and a driver exclude each other") {
  expect_verified<TwoClaimsAndDriver>("two claims, one driver",
                                      {"claimed", "claim refused", "DMA started", "DMA refused"});
}

struct TwoDriversAndClaim {
  static constexpr unsigned threads = 3;
  void thread(unsigned index) { index == 2 ? group.claim(index) : group.drive(); }
  void after() { group.expect_idle(); }
  Group<devlock::RelacySync> group;
};
TEST_CASE("Two drivers share the group, and a claim excludes both") {
  expect_verified<TwoDriversAndClaim>("two drivers, one claim",
                                      {"claimed", "claim refused", "DMA started", "DMA refused"});
}

struct DevicesOfOneOwner {
  static constexpr unsigned threads = 3;
  void thread(unsigned index) { index == 2 ? group.drive() : group.claim_device(&group); }
  void after() { group.expect_idle(); }
  Group<devlock::RelacySync> group;
};
TEST_CASE("Two devices are claimed for one owner and counted, and a driver is kept out until both are given back") {
  expect_verified<DevicesOfOneOwner>(
      "two devices of one owner, one driver",
      {"two devices of one owner", "device claim refused, in use", "DMA started", "DMA refused"});
}

struct DevicesOfTwoOwners {
  static constexpr unsigned threads = 2;
  void thread(unsigned index) { group.claim_device(&group.users[index]); }
  void after() { group.expect_idle(); }
  Group<devlock::RelacySync> group;
};
TEST_CASE("Devices of one group are not claimed for two owners") {
  expect_verified<DevicesOfTwoOwners>("two devices of two owners", {"device claimed", "device claim refused, owned"});
}

// The old notifier: the bind cannot be refused, whatever the group says.
struct DriverThatCannotBeRefused {
  static constexpr unsigned threads = 2;
  void thread(unsigned index) {
    if (index == 0) {
      group.claim(index);
      return;
    }
    ThreadContext root;
    (void)group.ownership.use_dma_api(root);
    group.observer.driven();
    step();
    group.observer.parked();
  }
  Group<devlock::RelacySync> group;
};
TEST_CASE("A driver that starts DMA although it was refused is found") {
  expect_found<DriverThatCannotBeRefused>("driver ignores the refusal", Outcome::assertion, 1000,
                                          "no DMA of a driver while a user owns the group");
}

// dma_cleanup without a dma_configure that succeeded.
struct CleanupAfterRefusal {
  static constexpr unsigned threads = 2;
  void thread(unsigned index) {
    if (index == 0) {
      group.claim(index);
      return;
    }
    ThreadContext root;
    (void)group.ownership.use_dma_api(root);
    group.ownership.unuse_dma_api(root);
  }
  Group<devlock::RelacySync> group;
};
TEST_CASE("A driver that leaves although it was refused is found by the library's own check") {
  expect_found<CleanupAfterRefusal>("cleanup after a refusal", Outcome::assertion, 1000,
                                    "unuse_dma_api without use_dma_api");
}

}  // namespace

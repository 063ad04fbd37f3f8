// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// mdev: the four bugs of the seed, and the gates that were proposed or landed.
#include "model/catalogue/mdev/scenario.hpp"
#include "model/catalogue/register.hpp"

namespace catalogue {
namespace {

using namespace mdev;

using Closed = TriedSemaphore<StaysClosed>;

template <class Gate>
using CreateAgainstUnregister = Life<Parent<Gate>, 1, 0, Create<0, 1>, Unregister>;
template <class Gate>
using RemoveAgainstUnregister = Life<Parent<Gate>, 1, 1, Remove<0>, Unregister>;
template <class Gate>
using TwoCreates = Life<Parent<Gate>, 2, 0, Create<0, 7>, Create<1, 7>, Unregister>;
template <class Gate>
using TwoRemoves = Life<Parent<Gate>, 1, 1, Remove<0>, Remove<0>, Unregister>;
template <class Gate>
using CreateAndRemove = Life<Parent<Gate>, 2, 1, Remove<0>, Create<1, 7>, Unregister>;
template <class How>
using EarlyRemove = Life<Parent<Closed, How>, 1, 0, Create<0, 7>, Remove<0>>;
template <class How>
using NoMemory = Life<Parent<Closed, How>, 1, 0, Create<0, 7>, CreateWithoutMemory<1, 8>>;
using Landed = TriedSemaphore<OpensAgain>;
using Counted = CountedGate<NotifiesUnderTheLock>;

}  // namespace

std::vector<Entry> mdev_entries() {
  const std::vector<const char*> created = {"created", "create: ENODEV", "create: the file is gone",
                                            "unregister removes a child"};
  const std::vector<const char*> removed = {"removed", "remove: the file is gone", "remove: ENODEV",
                                            "unregister removes a child"};
  return of_system(
      "mdev",
      {
          fix<CreateAgainstUnregister<Landed>>("create, unregister: unreg_sem tried", 1000, created),
          fix<CreateAgainstUnregister<RundownGate>>("create, unregister: Rundown", 1000, created),
          fix<CreateAgainstUnregister<Counted>>("create, unregister: count and condition variable", 1000, created),
          fault<Life<Parent<NoGate, AsItShould, Symptom::orphan>, 1, 0, Create<0, 1>, Unregister>>(
              "1 create, unregister: an orphan", "create, unregister: unreg_sem tried", Outcome::assertion, 1000,
              "after unregister there is no child"),
          fault<Life<Parent<NoGate, AsItShould, Symptom::dying_device>, 1, 0, Create<0, 1>, Unregister>>(
              "2 create, unregister: files for a dying device", "create, unregister: unreg_sem tried", Outcome::assertion,
              1000, "files are added to a device that is there", {Search::full}),
          fault<CreateAgainstUnregister<AwaitedSemaphore>>("create, unregister: waits for unreg_sem",
                                                           "create, unregister: unreg_sem tried", Outcome::deadlock, 1000),
          fault<CreateAgainstUnregister<CountedGate<NotifiesNobody>>>("create, unregister: nobody notifies",
                                                                      "create, unregister: count and condition variable",
                                                                      Outcome::lost_wakeup, 1000),
          fault<CreateAgainstUnregister<CountedGate<LooksOutside>>>("create, unregister: looks at the count outside",
                                                                    "create, unregister: count and condition variable",
                                                                    Outcome::lost_wakeup, 1000),
          fix<RemoveAgainstUnregister<Closed>>("remove, unregister: unreg_sem tried, stays closed", 1000, removed),
          fix<RemoveAgainstUnregister<RundownGate>>("remove, unregister: Rundown", 1000, removed),
          fault<Life<Parent<NoGate, AsItShould, Symptom::freed_parent>, 1, 1, Remove<0>, Unregister>>(
              "3 remove, unregister: the parent is freed first", "remove, unregister: unreg_sem tried, stays closed",
              Outcome::assertion, 1000, "the parent is there", {Search::random}),
          fault<RemoveAgainstUnregister<Landed>>("5 remove, unregister: unreg_sem tried too late (6.12)",
                                                 "remove, unregister: unreg_sem tried, stays closed", Outcome::assertion,
                                                 100, "the parent is there"),
          fault<Life<Parent<NoGate, RecreatesItsFile, Symptom::stale_file>, 1, 1, Remove<0>, Unregister>>(
              "4 remove, unregister: a file for a device that was removed", "remove, unregister: unreg_sem tried, stays closed",
              Outcome::assertion, 1000, "no file is added to a device that was removed"),
          fix<EarlyRemove<AsItShould>>("create, early remove: its file is last", 1000,
                                       {"created", "removed", "remove: no device yet"}),
          fault<EarlyRemove<FileIsFirst>>("create, early remove: the file is lost (6.12)",
                                               "create, early remove: its file is last", Outcome::assertion,
                                               1000, "a device that stays keeps its remove file"),
          fix<NoMemory<AsItShould>>("create, create without memory: the instance is given back", 1000,
                                    {"created", "create: ENOMEM", "create: EUSERS"}),
          fault<NoMemory<LosesAnInstance>>("create, create without memory: the instance is lost (6.12)",
                                           "create, create without memory: the instance is given back", Outcome::assertion,
                                           100, "available + live == max", {Search::full}),
          fix<TwoCreates<Landed>>("two create of one uuid, unregister: unreg_sem tried", 100000,
                                          {"created", "create: EEXIST", "create: ENODEV", "create: the file is gone"}),
          fix<TwoRemoves<Closed>>("two remove, unregister: unreg_sem tried, stays closed", 100000,
                                          {"removed", "remove: another writer was first", "remove: ENODEV"}),
          fix<CreateAndRemove<Closed>>("create, remove, unregister: unreg_sem tried, stays closed", 100000,
                                               {"created", "create: ENODEV", "removed", "remove: ENODEV"}),
          fix<CreateAndRemove<Counted>>("create, remove, unregister: count and condition variable", 100000,
                                        {"created", "create: ENODEV", "removed", "remove: ENODEV"}),
          fix<CreateAndRemove<RundownGate>>("create, remove, unregister: Rundown", 500000,
                                            {"created", "create: ENODEV", "removed", "remove: ENODEV"}),
      });
}

}  // namespace catalogue

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// mdev: the four bugs of the seed, the gates that were proposed or landed, the three bugs of Linux 6.12, and a create that fails.
#include "model/catalogue/mdev/scenario.hpp"
#include "model/catalogue/register.hpp"

namespace catalogue {
namespace {

using namespace mdev;

using Sem = TriedSemaphore<OpensAgain>;
using Counted = CountedGate<NotifiesUnderTheLock>;

template <class Gate, class How = AsItShould, Symptom Looks = Symptom::all>
using CreateAgainstUnregister = Life<Parent<Gate, How, Looks>, 1, 0, Create<0>, Unregister>;
template <class Gate, class How = AsItShould, Symptom Looks = Symptom::all>
using RemoveAgainstUnregister = Life<Parent<Gate, How, Looks>, 1, 1, Remove<0>, Unregister>;
template <class How>
using EarlyRemove = Life<Parent<RundownGate, How>, 1, 0, Create<0>, RemoveEarly<0>>;
template <class How>
using FailedCreateAgainstUnregister = Life<Parent<RundownGate, How>, 1, 0, Create<0, 1, Fails::files>, Unregister>;
template <Fails Where, class How = AsItShould>
using NoMemory = Life<Parent<RundownGate, How>, 1, 0, Create<0>, Create<1, 2, Where>>;
template <class How>
using Held = Life<Parent<RundownGate, How>, 2, 1, Remove<0>, Create<1, 1>, Hold<0>>;
template <class Gate>
using TwoCreates = Life<Parent<Gate>, 2, 0, Create<0, 7>, Create<1, 7>, Unregister>;
template <class Gate, class How = AsItShould, Symptom Looks = Symptom::all>
using TwoRemoves = Life<Parent<Gate, How, Looks>, 1, 1, Remove<0>, Remove<0>, Unregister>;
template <class Gate>
using CreateAndRemove = Life<Parent<Gate>, 2, 1, Remove<0>, Create<1, 7>, Unregister>;

}  // namespace

std::vector<Entry> mdev_entries() {
  const std::vector<const char*> created = {"reserved", "created", "create: ENODEV"};
  const std::vector<const char*> removed = {"removed", "remove: ENODEV"};
  const std::vector<const char*> no_memory = {"created", "create: ENOMEM", "create: EUSERS"};
  return of_system(
      "mdev",
      {
          // Create against unregister.
          fix<CreateAgainstUnregister<RundownGate>>("create, unregister: Rundown", 1000, created),
          fix<CreateAgainstUnregister<Sem>>("create, unregister: unreg_sem tried", 1000, created),
          fix<CreateAgainstUnregister<Counted>>("create, unregister: count and condition variable", 1000, created),
          fault<CreateAgainstUnregister<NoGate, InTheOpen, Symptom::orphan>>(
              "1 create, unregister: an orphan", "create, unregister: Rundown", Outcome::assertion, 1000,
              "after unregister there is no child"),
          fault<CreateAgainstUnregister<NoGate, InTheOpen, Symptom::dying_device>>(
              "2 create, unregister: files for a dying device", "create, unregister: Rundown", Outcome::assertion, 1000,
              "files are added to a device that is there"),
          fault<CreateAgainstUnregister<AwaitedSemaphore>>("create, unregister: waits for unreg_sem",
                                                           "create, unregister: unreg_sem tried", Outcome::deadlock, 1000),
          fault<CreateAgainstUnregister<CountedGate<NotifiesNobody>>>("create, unregister: nobody notifies",
                                                                      "create, unregister: count and condition variable",
                                                                      Outcome::lost_wakeup, 1000),
          fault<CreateAgainstUnregister<CountedGate<LooksOutside>>>("create, unregister: looks at the count outside",
                                                                    "create, unregister: count and condition variable",
                                                                    Outcome::lost_wakeup, 1000),
          // Remove against unregister.
          fix<RemoveAgainstUnregister<RundownGate>>("remove, unregister: Rundown", 1000, removed),
          fix<RemoveAgainstUnregister<Sem>>("remove, unregister: unreg_sem tried", 1000, removed),
          fault<RemoveAgainstUnregister<NoGate, AsItShould, Symptom::freed_parent>>(
              "3 remove, unregister: the parent is freed first", "remove, unregister: Rundown", Outcome::assertion, 1000,
              "the parent is there"),
          fault<RemoveAgainstUnregister<NoGate, RecreatesItsFile, Symptom::stale_file>>(
              "4 remove, unregister: a file for a device that was removed", "remove, unregister: Rundown",
              Outcome::assertion, 1000, "no file is added to a device that was removed", {Search::full}),
          fault<RemoveAgainstUnregister<Sem, FileBeforeGate, Symptom::freed_parent>>(
              "5 remove, unregister: unreg_sem tried too late (6.12)", "remove, unregister: unreg_sem tried",
              Outcome::assertion, 1000, "", {Search::random}),  // a parent that is gone, or a device that is removed twice
          // A remove that comes early, a creation without memory, a reference that stays.
          fix<EarlyRemove<AsItShould>>("create, early remove: its file is last", 1000,
                                       {"created", "removed", "remove: ENODEV", "remove: no device yet"}),
          fault<EarlyRemove<FileIsFirst>>("create, early remove: the file is lost (6.12)",
                                          "create, early remove: its file is last", Outcome::assertion, 1000,
                                          "a device that stays keeps its remove file"),
          fix<NoMemory<Fails::allocate>>("create, create without memory: nothing was taken", 1000, no_memory),
          fix<NoMemory<Fails::name>>("create, create without memory for its name: uuid and instance are given back", 1000,
                                     no_memory),
          fix<NoMemory<Fails::attach>>("create, create without memory to attach: uuid and instance are given back", 1000,
                                       no_memory),
          fix<NoMemory<Fails::files>>("create, create without memory for its files: it is detached again", 1000,
                                      no_memory),
          fault<NoMemory<Fails::allocate, LosesAnInstance>>("create, create without memory: the instance is lost (6.12)",
                                                            "create, create without memory: nothing was taken",
                                                            Outcome::assertion, 100, "available + live == max"),
          fix<FailedCreateAgainstUnregister<AsItShould>>("create without memory for its files, unregister: nobody's child",
                                                         1000, {"create: ENOMEM", "create: ENODEV"}),
          fault<FailedCreateAgainstUnregister<FailedIsAChild>>(
              "create without memory for its files, unregister: still a child",
              "create without memory for its files, unregister: nobody's child", Outcome::assertion, 1000,
              "a device is detached once, after it was attached"),
          fix<Held<AsItShould>>("remove, create of its uuid, a holder: the uuid is its own until the release", 100000,
                                {"removed", "created", "create: EEXIST", "held"}),
          fault<Held<FreesUuidEarly>>("remove, create of its uuid, a holder: a uuid that leaves is free",
                                           "remove, create of its uuid, a holder: the uuid is its own until the release",
                                           Outcome::assertion, 1000, "a uuid is its device's own until the release"),
          // Three at once.
          fix<TwoCreates<RundownGate>>("two create of one uuid, unregister: Rundown", 1000000,
                                       {"created", "create: EEXIST", "create: ENODEV"}),
          fix<TwoRemoves<Sem>>("two remove, unregister: unreg_sem tried", 1000000, removed),
          fault<TwoRemoves<Sem, EachIsFirst, Symptom::second_release>>(
              "two remove, unregister: each thinks that it is first", "two remove, unregister: unreg_sem tried",
              Outcome::assertion, 1000, "", {Search::full}),
          fault<TwoRemoves<Sem, LoserGoesOn, Symptom::second_release>>(
              "two remove, unregister: the second does not wait for the first", "two remove, unregister: unreg_sem tried",
              Outcome::assertion, 1000, "the device is gone when its remove succeeds", {Search::full}),
          fix<CreateAndRemove<RundownGate>>("create, remove, unregister: Rundown", 3000000,
                                            {"created", "create: ENODEV", "removed", "remove: ENODEV"}),
          fix<CreateAndRemove<Counted>>("create, remove, unregister: count and condition variable", 100000,
                                        {"created", "create: ENODEV", "removed", "remove: ENODEV"}),
      });
}

}  // namespace catalogue

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// vfio-ap: the mask store against assignment, unplug and plug; guests that open and close; mdevs that go.
#include "model/catalogue/ap/host.hpp"
#include "model/catalogue/register.hpp"

namespace catalogue {
namespace {

using namespace ap;

template <class Protocol>
using MaskAndAssign = Ap<Protocol, Begin::free, GivesToTheHost, Assigns<0>>;
template <class Protocol>
using TwoAssign = Ap<Protocol, Begin::free, Assigns<0>, Assigns<1>>;
template <class Protocol>
using MaskAndReplug = Ap<Protocol, Begin::free, GivesToTheHost, Replugs>;
template <class Protocol>
using UsedAndUnplug = Ap<Protocol, Begin::used, Unassigns<0>, Unplugs>;
template <class Protocol>
using PointerToTheGone = Ap<Protocol, Begin::partial, UnassignsAndRemoves<0>, Unplugs>;
template <class... Actions>
using Right = Ap<AsLanded, Begin::free, Actions...>;

}  // namespace

std::vector<Entry> ap_entries() {
  const std::vector<const char*> mask_and_assign = {"mask changed", "mask refused, in use", "assigned",
                                                    "assignment refused, the host's"};
  return of_system(
      "ap",
      {
          fix<MaskAndAssign<AsLanded>>("mask store, assign: ap_perms first", 1000, mask_and_assign),
          fault<MaskAndAssign<MatrixThenPerms>>("mask store, assign: ap_perms and the matrix both ways",
                                                "mask store, assign: ap_perms first", Outcome::deadlock, 100, "",
                                                {Search::full}),
          fault<MaskAndAssign<TriesTheMatrix>>("mask store, assign: tries the matrix, the queue is stolen (seed's fix)",
                                               "mask store, assign: ap_perms first", Outcome::assertion, 100,
                                               "an assigned queue is not the host's"),
          fix<TwoAssign<AsLanded>>("two assign: ap_perms first", 1000,
                                   {"assigned", "assignment refused, another mdev's"}),
          fault<TwoAssign<LeavesTheBit>>("two assign: the refused one leaves its bit", "two assign: ap_perms first",
                                         Outcome::assertion, 100, "a refused assignment leaves no trace"),
          fault<TwoAssign<SharesQueues>>("two assign: nobody looks at the other mdev", "two assign: ap_perms first",
                                         Outcome::assertion, 100, "a queue is assigned to one mdev"),
          fix<MaskAndReplug<AsLanded>>("mask store, replug: ap_perms given back before the rebind", 2000,
                                       {"mask changed", "plugged for the host", "plugged for vfio_ap"}),
          fault<MaskAndAssign<RebindsUnderMasks>>("mask store, assign: rebinds under ap_perms",
                                                  "mask store, assign: ap_perms first", Outcome::locked_twice, 100),
          fix<UsedAndUnplug<AsLanded>>("unassign, unplug: a used queue is reset", 1000, {"unassigned", "reset"}),
          fault<UsedAndUnplug<ForgetsTheReset>>("unassign, unplug: the reset is forgotten",
                                                "unassign, unplug: a used queue is reset", Outcome::assertion, 100,
                                                "a queue was reset before its unbind completed"),
          fault<Ap<LeavesItInTheGuest, Begin::assigned, Unplugs, Unassigns<1>>>(
              "unplug: the queue stays in the shadow", "unplug of an assigned queue: it leaves the shadow",
              Outcome::assertion, 100, "a queue in a guest's shadow is assigned and bound"),
          fix<Ap<AsLanded, Begin::assigned, Unplugs, Unassigns<1>>>("unplug of an assigned queue: it leaves the shadow",
                                                                    1000, {"reset", "unassigned"}),
          fix<PointerToTheGone<AsLanded>>("mdev gone, unplug: every queue is unlinked", 1000,
                                          {"mdev removed", "reset"}),
          fault<PointerToTheGone<KeepsThePointer>>("mdev gone, unplug: a queue keeps its pointer (Linux 6.12)",
                                                   "mdev gone, unplug: every queue is unlinked", Outcome::bad_memory,
                                                   100),
          fix<Right<Assigns<0>, Replugs>>("assign, replug: ap_perms first", 2000,
                                          {"assigned", "plugged for vfio_ap", "reset"}),
          fix<Ap<AsLanded, Begin::assigned, Runs<0>, Replugs>>(
              "guest, replug: open and close", 5000,
              {"the guest uses the queue", "the guest has no queue", "plugged for vfio_ap"}),
          fix<Ap<AsLanded, Begin::assigned, Runs<0>, Unassigns<0>>>(
              "guest, unassign: open and close", 5000,
              {"the guest uses the queue", "the guest has no queue", "unassigned"}),
          fix<Right<GivesToTheHost, Assigns<0>, Replugs>>("mask store, assign, replug: ap_perms first", 50000,
                                                          {"mask changed", "mask refused, in use", "assigned",
                                                           "assignment refused, the host's", "plugged for the host"}),
          fix<Right<GivesToTheHost, Assigns<0>, Assigns<1>>>(
              "mask store, two assign: ap_perms first", 20000,
              {"mask changed", "mask refused, in use", "assigned", "assignment refused, the host's",
               "assignment refused, another mdev's"}),
          fix<Ap<AsLanded, Begin::assigned, Runs<0>, GivesToTheHost, Unassigns<0>>>(
              "guest, mask store, unassign: ap_perms first", 100000,
              {"the guest uses the queue", "the guest has no queue", "mask changed", "mask refused, in use"}),
      });
}

}  // namespace catalogue

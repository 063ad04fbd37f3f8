// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// IOMMU group ownership: the count against the notifier and the walk.
#include "model/catalogue/iommu/ownership.hpp"
#include "model/catalogue/register.hpp"

namespace catalogue {

std::vector<Entry> iommu_entries() {
  using namespace iommu;
  return of_system(
      "iommu",
      {
          fix<ClaimAgainstProbe<Counted, 1, true>>("claim against probe: counted", 1000,
                                                   {"claimed", "claim refused", "bound", "probe refused", "removed"}),
          fix<ClaimAgainstProbe<CountByHand<Mistake::none>, 1, true>>(
              "claim against probe: by hand, no fault", 1000,
              {"claimed", "claim refused", "bound", "probe refused", "removed"}),
          fault<ClaimAgainstProbe<Notifier, 1, true>>("claim against probe: a notifier cannot refuse",
                                                      "claim against probe: counted", Outcome::assertion, 100,
                                                      "while a user owns the group"),
          fix<ClaimAgainstProbe<Counted, 2, true>>("one owner claims the group twice, probe: exclusive", 5000,
                                                   {"claimed", "claim refused", "bound", "probe refused"}),
          fix<ClaimAgainstProbe<CountByHand<Mistake::none>, 2, true>>(
              "one owner claims the group twice, probe: by hand, no fault", 5000,
              {"claimed", "claim refused", "bound", "probe refused"}),
          fault<ClaimAgainstProbe<CountByHand<Mistake::nests>, 2, true>>(
              "one owner claims the group twice, probe: nested",
              "one owner claims the group twice, probe: by hand, no fault", Outcome::assertion, 1000, "",
              {Search::full}),
          fix<ClaimAgainstProbe<Counted, 2, false>>(
              "one owner claims two devices, probe: counted per device", 20000,
              {"claimed", "claimed for one owner twice", "claim refused", "bound", "probe refused"}),
          fix<ClaimAgainstProbe<CountByHand<Mistake::none>, 2, false>>(
              "one owner claims two devices, probe: by hand, no fault", 5000,
              {"claimed", "claimed for one owner twice", "claim refused", "bound", "probe refused"}),
          fault<ClaimAgainstProbe<CountByHand<Mistake::device_release_zeroes>, 2, false>>(
              "one owner claims two devices, probe: giving one back zeroes the count",
              "one owner claims two devices, probe: by hand, no fault", Outcome::assertion, 1000, "", {Search::full}),
          fault<ClaimAgainstProbe<CountByHand<Mistake::owner_not_counted>, 1, true>>(
              "claim against probe: an owner is not counted", "claim against probe: by hand, no fault",
              Outcome::assertion, 100, "an owner is counted"),
          fault<ClaimAgainstProbe<CountByHand<Mistake::keeps_default_domain>, 1, true>>(
              "claim against probe: the default domain stays", "claim against probe: by hand, no fault",
              Outcome::assertion, 100, "the default domain is not attached while a user owns the group"),
          fault<ClaimAgainstProbe<CountByHand<Mistake::stays_blocked>, 1, true>>(
              "claim against probe: the group stays blocked", "claim against probe: by hand, no fault",
              Outcome::assertion, 100, "the default domain"),
          fault<TwoProbesAndClaim<CountByHand<Mistake::counts_one_driver>>>(
              "two probes, claim: the second driver is not counted", "two probes, claim: by hand, no fault",
              Outcome::assertion, 1000, "without an owner the count is that of the devices in DMA use", {Search::full}),
          fault<TwoProbesAndClaim<CountByHand<Mistake::cleans_up_the_group>>>(
              "two probes, claim: dma_cleanup of one device for the whole group",
              "two probes, claim: by hand, no fault", Outcome::assertion, 1000, "the count"),
          fix<TwoProbesAndClaim<CountByHand<Mistake::none>>>(
              "two probes, claim: by hand, no fault", 5000,
              {"claimed", "claim refused", "bound", "probe refused", "removed"}),
          fix<TwoProbesAndClaim<Counted>>("two probes, claim: counted", 50000,
                                          {"claimed", "claim refused", "bound", "probe refused", "removed"}),
          fault<TwoProbesAndClaim<Counted, ClearsFirstAlways>>(
              "two probes, claim: a refused probe is cleaned up after", "two probes, claim: counted",
              Outcome::assertion, 1000, "dma_cleanup if and only if dma_configure succeeded", {Search::full}),
          larger<TwoProbesAndClaim<Counted, ClearsAfterwards, 2>>("two probes, two claims: counted", 20000),
          fix<TwoProbesAndClaim<ListWalk, ClearsFirstAlways>>(
              "two probes, claim: walk, cleared first, also if refused", 5000,
              {"claimed", "claim refused", "bound", "probe refused", "removed"}),
          fault<TwoProbesAndClaim<ListWalk, ClearsFirst>>("two probes, claim: walk meets a driver that was refused",
                                                          "two probes, claim: walk, cleared first, also if refused",
                                                          Outcome::assertion, 1000, "an unused group has no owner",
                                                          {Search::full}),
          fault<TwoProbesAndClaim<ListWalk>>("two probes, claim: walk meets a driver that was unloaded",
                                             "two probes, claim: walk, cleared first, also if refused",
                                             Outcome::data_race, 1000, "driver_managed_dma"),
          fix<ClaimAgainstFailure<Counted>>("claim against a probe that fails: counted", 1000,
                                            {"claimed", "claim refused", "probe refused", "probe failed by itself"}),
          fault<ClaimAgainstFailure<Counted, ForgetsAfterFailure>>(
              "claim against a probe that fails: dma_cleanup is forgotten", "claim against a probe that fails: counted",
              Outcome::assertion, 100, "a group that no driver uses can be claimed"),
          fault<ClaimAgainstFailure<Counted, CleansUpTwice>>(
              "claim against a probe that fails: cleaned up after twice", "claim against a probe that fails: counted",
              Outcome::assertion, 100, "dma_cleanup if and only if dma_configure succeeded"),
          fault<ClaimAgainstFailure<Counted, CleansUpRefused>>(
              "claim against a probe that fails: cleaned up after a refusal",
              "claim against a probe that fails: counted", Outcome::assertion, 100,
              "dma_cleanup if and only if dma_configure succeeded"),
          fix<FailureAgainstProbe<Counted>>("a probe that fails against a probe: counted", 5000,
                                            {"bound", "removed", "probe failed by itself"}),
          // The count is too high, and the group cannot be claimed: whichever is seen first.
          fault<FailureAgainstProbe<Counted, ForgetsAfterFailure>>(
              "a probe that fails against a probe: dma_cleanup is forgotten",
              "a probe that fails against a probe: counted", Outcome::assertion, 100),
          fault<FailureAgainstProbe<Counted, CleansUpTwice>>(
              "a probe that fails against a probe: cleaned up after twice",
              "a probe that fails against a probe: counted", Outcome::assertion, 100,
              "dma_cleanup if and only if dma_configure succeeded"),
          fix<FailureAgainstProbe<Counted, ClearsAfterwards, 1>>(
              "a probe that fails, probe, claim: counted", 200000,
              {"bound", "removed", "probe failed by itself", "probe refused", "claimed", "claim refused"}),
          fix<TwoRemoves<Counted, ClearsAfterwards, true>>("two removes: counted", 1000, {"removed"}),
          fix<TwoRemoves<ListWalk, ClearsFirst, true>>("two removes: walk, dev->driver cleared first", 1000,
                                                       {"removed"}),
          fault<TwoRemoves<ListWalk, ClearsAfterwards, true>>("two removes: walk meets a driver that was unloaded",
                                                              "two removes: walk, dev->driver cleared first",
                                                              Outcome::data_race, 1000, "driver_managed_dma"),
          fix<TwoRemoves<ListWalk, ClearsFirst, false>>("two removes, no unload: walk, dev->driver cleared first", 1000,
                                                        {"removed"}),
          fault<TwoRemoves<ListWalk, ClearsAfterwards, false>>(
              "two removes, no unload: walk leaves the group owned",
              "two removes, no unload: walk, dev->driver cleared first", Outcome::assertion, 1000,
              "an unused group has no owner"),
      });
}

}  // namespace catalogue

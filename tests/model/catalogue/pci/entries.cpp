// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// PCI: try-reset and what happened to it since. V0 to V10 are the steps of its history.
#include "model/catalogue/pci/bus_hotplug.hpp"
#include "model/catalogue/pci/consumers.hpp"
#include "model/catalogue/pci/descriptor.hpp"
#include "model/catalogue/pci/failing_reset.hpp"
#include "model/catalogue/pci/hot_reset.hpp"
#include "model/catalogue/pci/recovery_faults.hpp"
#include "model/catalogue/pci/reset_faults.hpp"
#include "model/catalogue/pci/rwsem.hpp"
#include "model/catalogue/pci/sriov.hpp"
#include "model/catalogue/pci/virtual_functions.hpp"
#include "model/catalogue/register.hpp"

namespace catalogue {

std::vector<Entry> pci_entries() {
  using namespace pci;
  return of_system(
      "pci",
      {
          fix<DescriptorAgainstUnbind<IoctlTries>>("VFIO_DEVICE_RESET against unbind: tries", 1000,
                                                   {"acted", "contended, rolled back", "opened too late", "unbound"}),
          fault<DescriptorAgainstUnbind<IoctlWaits>>("V0 VFIO_DEVICE_RESET against unbind: waits",
                                                     "VFIO_DEVICE_RESET against unbind: tries", Outcome::deadlock, 100,
                                                     "", {Search::full}),
          fix<DescriptorAgainstUnbind<AtRelease<IoctlTries>>>(
              "release against unbind: tries", 1000, {"acted", "contended, rolled back", "opened too late", "unbound"}),
          fault<DescriptorAgainstUnbind<AtRelease<IoctlWaits>>>("V0 release against unbind: waits",
                                                                "release against unbind: tries", Outcome::deadlock, 100,
                                                                "", {Search::full}),
          fix<DescriptorAgainstUnbind<SetIrqsNeedsNoDeviceLock>>("SET_IRQS against unbind: no device_lock", 1000,
                                                                 {"acted", "opened too late", "unbound"}),
          fault<DescriptorAgainstUnbind<SetIrqsWaits>>(
              "V0 SET_IRQS against unbind: waits", "SET_IRQS against unbind: no device_lock", Outcome::deadlock, 100),

          fix<Resets<TryReset, ParentAndChild>>("try_reset: function, function below", 1000,
                                                {"reset", "contended, rolled back"}),
          fix<Resets<TryReset, BusAndEnd>>("try_reset: bus, function on it", 1000,
                                           {"reset", "contended, rolled back", "contended further down, rolled back"}),
          fix<Resets<TryReset, SlotAndEnd>>("try_reset: slot, function on it", 1000,
                                            {"reset", "contended, rolled back", "contended further down, rolled back"}),
          fix<Resets<TryReset, BusSlotAndEnd>>(
              "try_reset: bus, slot, function", 1000,
              {"reset", "contended, rolled back", "contended further down, rolled back"}),
          fix<Resets<TryReset, BusSlotAndEnd, 2>>("try_reset: bus, slot, function, twice each", 100000,
                                                  {"reset", "contended further down, rolled back"}),
          larger<Resets<TryReset, FourScopes, 2>>("try_reset: bus, slot, two functions, twice each", 20000),
          fix<Resets<WaitingReset, BusSlotAndEnd>>("reset: bus, slot, function: wait from the top", 10000,
                                                   {"reset", "waited", "found all free"}),
          fix<Resets<WaitingReset, BusAndEnd>>("reset: bus, function on it: wait from the top", 1000,
                                               {"reset", "waited", "found all free"}),
          fault<Resets<WaitsForABusFromBelow, BusAndEnd>>("reset: bus, function on it: a bus is waited for from below",
                                                          "reset: bus, function on it: wait from the top",
                                                          Outcome::deadlock, 1000, "", {Search::full}),
          fix<Resets<RestoresTimes<1>, ParentAndChild>>("try_reset: function, function below: by hand, no fault", 1000,
                                                        {"reset", "contended, rolled back"}),
          fault<Resets<SavesFirst, ParentAndChild>>("V1 saves before it has the locks",
                                                    "try_reset: function, function below", Outcome::assertion, 10,
                                                    "only locked devices are touched"),
          fault<Resets<RestoresTimes<0>, ParentAndChild>>("a reset that does not restore",
                                                          "try_reset: function, function below: by hand, no fault",
                                                          Outcome::assertion, 10, "device state is as it was"),
          fault<Resets<RestoresTimes<2>, ParentAndChild>>("a reset that restores twice",
                                                          "try_reset: function, function below: by hand, no fault",
                                                          Outcome::assertion, 10, "restore only after save"),
          fault<Resets<RollsBack<KeepsTheBridge>, BusAndEnd>>("a rollback that keeps the bridge",
                                                              "try_reset: bus, function on it", Outcome::assertion, 100,
                                                              "what was taken is given back"),
          fault<Resets<ForgetsTheBridge, BusAndEnd>>("V3 bus reset without the bridge's lock",
                                                     "try_reset: bus, function on it", Outcome::assertion, 10,
                                                     "a reset goes through a locked bridge"),
          fault<Resets<ForgetsWhatIsBelow, SlotAndEnd>>("slot reset without the locks of what is below",
                                                        "try_reset: slot, function on it", Outcome::assertion, 10,
                                                        "every function that a reset hits is locked"),
          fault<Resets<LocksAChildTwice, BusAndEnd>>("V4 a bridge below is locked twice",
                                                     "try_reset: bus, function on it", Outcome::locked_twice, 10),
          fault<Resets<WaitsForTheBridge, BusAndEnd>>("V4 waits for the bridge inside the try",
                                                      "try_reset: bus, function on it", Outcome::assertion, 100,
                                                      "a try never waits"),
          fault<Resets<RollsBack<UnlocksTheBridgeOfTheBus>, SlotAndEnd>>(
              "V5 slot rollback unlocks a bridge it does not hold", "try_reset: slot, function on it",
              Outcome::not_the_owner, 100),
          fault<Resets<ForgetsTheBridge, SlotAndEnd>>("V6 slot reset without the bridge's lock",
                                                      "try_reset: slot, function on it", Outcome::assertion, 10,
                                                      "a reset goes through a locked bridge"),
          fault<Resets<ForgetsTheBridge, ParentAndChild>>("V7 function reset without the bridge's lock (6.12)",
                                                          "try_reset: function, function below", Outcome::assertion, 10,
                                                          "a reset goes through a locked bridge"),

          fix<FailsInTurn<TryReset, BusAndEnd, Step::save>>(
              "try_reset: bus, each save fails in turn", 5000,
              {"save failed at 1", "save failed at 2", "save failed at 3", "save failed at 4", "contended, rolled back",
               "contended further down, rolled back", "reset"}),
          fix<FailsInTurn<TryReset, BusAndEnd, Step::reset>>(
              "try_reset: bus, the reset fails at each function in turn", 5000,
              {"reset failed at 1", "reset failed at 2", "reset failed at 3", "reset failed at 4",
               "contended, rolled back", "contended further down, rolled back", "reset"}),
          fix<FailsInTurn<TryReset, SlotAndEnd, Step::save>>(
              "try_reset: slot, each save fails in turn", 5000,
              {"save failed at 1", "save failed at 2", "contended, rolled back", "reset"}),
          fix<FailsInTurn<TryReset, SlotAndEnd, Step::reset>>(
              "try_reset: slot, the reset fails at each function in turn", 5000,
              {"reset failed at 1", "reset failed at 2", "contended, rolled back", "reset"}),
          fix<FailsInTurn<TryReset, ParentAndChild, Step::save>>(
              "try_reset: function, its save fails", 1000, {"save failed at 1", "contended, rolled back", "reset"}),
          fix<FailsInTurn<TryReset, ParentAndChild, Step::reset>>(
              "try_reset: function, its reset fails", 1000, {"reset failed at 1", "contended, rolled back", "reset"}),
          fix<FailsInTurn<Slips<Slip::none>, BusAndEnd, Step::save>>(
              "try_reset: bus, each save fails in turn: by hand, no fault", 5000,
              {"save failed at 1", "save failed at 4", "contended further down, rolled back", "reset"}),
          fix<FailsInTurn<Slips<Slip::none>, BusAndEnd, Step::reset>>(
              "try_reset: bus, the reset fails at each function in turn: by hand, no fault", 5000,
              {"reset failed at 1", "reset failed at 4", "contended further down, rolled back", "reset"}),
          fault<FailsInTurn<Slips<Slip::keeps_saved>, BusAndEnd, Step::save>>(
              "a failed save keeps what was saved before it",
              "try_reset: bus, each save fails in turn: by hand, no fault", Outcome::assertion, 100,
              "what was saved is restored"),
          fault<FailsInTurn<Slips<Slip::restores_one_too_many>, BusAndEnd, Step::save>>(
              "a failed save restores the function whose save failed too",
              "try_reset: bus, each save fails in turn: by hand, no fault", Outcome::assertion, 100,
              "restore only after save"),
          fault<FailsInTurn<Slips<Slip::keeps_quiet>, BusAndEnd, Step::reset>>(
              "a failed reset restores nothing",
              "try_reset: bus, the reset fails at each function in turn: by hand, no fault", Outcome::assertion, 100,
              "what was saved is restored"),
          fault<FailsInTurn<Slips<Slip::keeps_locks>, BusAndEnd, Step::reset>>(
              "a failed reset keeps its locks",
              "try_reset: bus, the reset fails at each function in turn: by hand, no fault", Outcome::assertion, 100,
              "what was taken is given back"),

          fix<SriovAgainstReset<DeviceFirst>>("sriov_numvfs against reset: device_lock first", 1000,
                                              {"reset before", "reset after"}),
          fault<SriovAgainstReset<ConfigFirst>>("V2 sriov_numvfs against reset: config access first",
                                                "sriov_numvfs against reset: device_lock first", Outcome::deadlock,
                                                100),
          fix<HotplugAgainstReset<GivesResetLockBack>>("pciehp against reset: reset_lock given back", 1000,
                                                       {"unbound", "reset", "reset after the unbind"}),
          fault<HotplugAgainstReset<KeepsResetLock>>("V8 pciehp against reset: reset_lock kept",
                                                     "pciehp against reset: reset_lock given back", Outcome::deadlock,
                                                     100),
          fix<Sriov<BeforeTheDevice, 0, Numvfs, Remove>>(
              "sriov_numvfs against remove: topology first", 1000,
              {"virtual functions added", "no driver any more", "removed with virtual functions", "removed without"}),
          fix<Sriov<BeforeTheDevice, 0, Numvfs, Remove, Rescan>>("sriov_numvfs, remove, rescan: topology first", 1000,
                                                                 {"rescan sees virtual functions", "rescan sees none"}),
          fault<Sriov<WithoutTheTopology, 0, Numvfs, Remove, Rescan>>(
              "sriov_numvfs, remove, rescan: no lock of the topology", "sriov_numvfs, remove, rescan: topology first",
              Outcome::data_race, 100),
          fix<Sriov<BeforeTheDevice, 2, UnbindPhysical, Rescan>>(
              "unbind of a PF with VFs, rescan: topology first",
              1000, {"unbound with virtual functions", "rescan sees virtual functions", "rescan sees none"}),
          fault<Sriov<WithoutTheTopology, 2, UnbindPhysical, Rescan>>(
              "unbind of a PF with VFs, rescan: device_lock alone (6.12)",
              "unbind of a PF with VFs, rescan: topology first", Outcome::data_race, 100, "bus->devices"),
          fix<Sriov<BeforeTheDevice, 2, UnbindPhysical, Numvfs>>(
              "unbind of a PF with VFs, sriov_numvfs: topology first", 1000,
              {"unbound with virtual functions", "as many as there are", "no driver any more"}),
          fault<Sriov<KeepsThem<BeforeTheDevice>, 2, Remove, Rescan>>(
              "remove with VFs, rescan: the driver keeps them (6.12)", "remove with VFs, rescan: topology first",
              Outcome::assertion, 100, "no function of a removed device stays on the bus"),
          fix<Sriov<BeforeTheDevice, 2, Remove, Rescan>>(
              "remove with VFs, rescan: topology first",
              1000, {"removed with virtual functions", "rescan sees virtual functions", "rescan sees none"}),
          fault<Sriov<InsideAddAndDelete, 2, Remove, Rescan>>("V9 remove with VFs takes the topology's lock again",
                                                              "remove with VFs, rescan: topology first",
                                                              Outcome::locked_twice, 10),
          fault<Sriov<UnderTheDevice, 0, Numvfs, Remove>>(
              "V10 sriov_numvfs against remove: device_lock first (6.12.117)",
              "sriov_numvfs against remove: topology first", Outcome::deadlock, 100),
          fix<WalkAgainstReset<WaitsAfterwards, true>>("AER walk, reset, hot-add: device_lock outside the list", 1000,
                                                       {"recovered", "reset", "reset sees the new device"}),
          fault<WalkAgainstReset<WaitsUnderTheList, true>>("AER walk, reset, hot-add: device_lock under pci_bus_sem",
                                                           "AER walk, reset, hot-add: device_lock outside the list",
                                                           Outcome::deadlock, 1000),
          fix<ResetAgainstHotAdd<RecordsWhatItTook, WaitsForTheBridgeAbove>>(
              "bus reset, hot-add: waits for the bridge", 1000,
              {"reset one", "reset both", "the list had changed", "contended, rolled back", "added"}),
          fix<ResetAgainstHotAdd<RecordsWhatItTook, TriesTheBridgeAbove>>(
              "bus reset, hot-add: tries the bridge", 1000,
              {"reset one", "reset both", "the list had changed", "contended, rolled back", "added",
               "contended, nothing added"}),
          fault<ResetAgainstHotAdd<RecordsWhatItTook, TakesNoBridge>>(
              "bus reset, hot-add: takes no bridge (Linux)", "bus reset, hot-add: waits for the bridge",
              Outcome::assertion, 100, "every function that a reset hits is locked", {Search::full}),
          fault<ResetAgainstHotAdd<ResetByHand<LooksTooEarly>, WaitsForTheBridgeAbove>>(
              "bus reset, hot-add: looks before it has the locks", "bus reset, hot-add: by hand, no fault",
              Outcome::assertion, 100, "every function that a reset hits is locked", {Search::random}),
          fault<ResetAgainstHotAdd<ResetByHand<UnlockWalksTheList>, WaitsForTheBridgeAbove>>(
              "bus reset, hot-add: unlock walks the live list", "bus reset, hot-add: by hand, no fault",
              Outcome::not_the_owner, 100, "", {Search::random}),
          fix<ResetAgainstHotRemove<RecordsWhatItTook>>(
              "bus reset, hot-remove: what was taken is recorded", 1000,
              {"reset one", "reset both", "gone", "contended, rolled back", "removed"}),
          fault<ResetAgainstHotRemove<ResetByHand<ResetsWhatLeft>>>(
              "bus reset, hot-remove: resets what left", "bus reset, hot-remove: by hand, no fault", Outcome::assertion,
              100, "a device that left is not touched", {Search::full}),
          fault<ResetAgainstHotRemove<ResetByHand<UnlockWalksTheList>>>(
              "bus reset, hot-remove: unlock walks the live list", "bus reset, hot-remove: by hand, no fault",
              Outcome::assertion, 100, "locks are given back in reverse", {Search::full}),
          fix<ResetAgainstHotRemoveAndBind<RecordsWhatItTook>>(
              "bus reset, hot-remove, bind: what was taken is recorded", 10000,
              {"reset one", "reset both", "gone", "contended, rolled back", "removed", "bound"}),
          fault<ResetAgainstHotRemoveAndBind<ResetByHand<RollbackWalksTheList>>>(
              "bus reset, hot-remove, bind: rollback walks the live list",
              "bus reset, hot-remove, bind: by hand, no fault", Outcome::assertion, 1000,
              "locks are given back in reverse", {Search::full}),
          fix<ResetAgainstHotAdd<ResetByHand<NoFault>, WaitsForTheBridgeAbove>>("bus reset, hot-add: by hand, no fault",
                                                                                1000),
          fix<ResetAgainstHotRemove<ResetByHand<NoFault>>>("bus reset, hot-remove: by hand, no fault", 1000),
          fix<ResetAgainstHotRemoveAndBind<ResetByHand<NoFault>>>("bus reset, hot-remove, bind: by hand, no fault",
                                                                  10000),
          fix<RecoveryAgainstReset<Recovers>>("recovery, bus reset: pci::recover", 10000,
                                              {"recovered", "reset both", "contended, rolled back"}),
          fault<RecoveryAgainstReset<RecoversByHand<TakesNoLock>>>("recovery, bus reset: asks without the device_lock",
                                                                   "recovery, bus reset: by hand, no fault",
                                                                   Outcome::assertion, 100,
                                                                   "a driver is asked under its device_lock"),
          fault<RecoveryAgainstReset<RecoversByHand<ResetsFirst>>>(
              "recovery, bus reset: resets before it tells", "recovery, bus reset: by hand, no fault",
              Outcome::assertion, 100, "a driver is told before its function is reset"),
          fault<RecoveryAgainstReset<RecoversByHand<ResumesAtOnce>>>(
              "recovery, bus reset: resumes before all have answered", "recovery, bus reset: by hand, no fault",
              Outcome::assertion, 100, "a driver is resumed only once all have recovered"),
          fault<RecoveryAgainstReset<RecoversByHand<ResumesNobody>>>(
              "recovery, bus reset: resumes nobody", "recovery, bus reset: by hand, no fault", Outcome::assertion, 100,
              "every driver is resumed in the end"),
          fix<RecoveryAgainstUnbind<Recovers>>(
              "recovery, unbind, VFIO_DEVICE_RESET: pci::recover", 100000,
              {"recovered", "a driver was unbound", "unbound", "reset", "contended, rolled back", "opened too late"}),
          fault<RecoveryAgainstUnbind<Recovers, true>>("V0 recovery, unbind, VFIO_DEVICE_RESET: waits",
                                                       "recovery, unbind, VFIO_DEVICE_RESET: pci::recover",
                                                       Outcome::deadlock, 100),
          fix<RecoveryAgainstHotRemove<Recovers>>("recovery, hot-remove: pci::recover", 10000,
                                                  {"recovered", "removed"}),
          fault<RecoveryAgainstHotRemove<RecoversByHand<AsksWhatLeft>>>(
              "recovery, hot-remove: asks what left", "recovery, hot-remove: by hand, no fault", Outcome::assertion,
              100, "what left is not asked"),
          fault<RecoveryAgainstHotRemove<RecoversByHand<LooksOnce>>>(
              "recovery, hot-remove: looks once what is there", "recovery, hot-remove: by hand, no fault",
              Outcome::assertion, 100, "what left keeps nobody from recovering", {Search::full}),
          fix<RecoveryAgainstLookAndHotAdd<Recovers>>("recovery, function reset, hot-add: one device_lock at a time",
                                                      100000,
                                                      {"recovered", "recovered what came too", "alone on the bus",
                                                       "not alone on the bus", "added", "contended, nothing added"}),
          fault<RecoveryAgainstLookAndHotAdd<RecoversByHand<WaitsUnderTheBusList>>>(
              "recovery, function reset, hot-add: device_lock under pci_bus_sem (Linux)",
              "recovery, function reset, hot-add: by hand, no fault", Outcome::deadlock, 1000, "", {Search::full}),
          larger<OnTheBus<false, Recovery<Recovers>, BusReset<RecordsWhatItTook>, HotAdd<TriesTheBridgeAbove>>>(
              "recovery, bus reset, hot-add: pci::recover", 20000),
          fix<RecoveryAgainstHotAdd<Recovers>>("recovery, hot-add: waits for the bridge", 10000,
                                               {"recovered", "recovered what came too", "added"}),
          fault<RecoveryAgainstHotAdd<Recovers, TakesNoBridge>>(
              "recovery, hot-add: takes no bridge (Linux)", "recovery, hot-add: waits for the bridge",
              Outcome::assertion, 100, "every function that a reset hits is locked", {Search::full, Search::random}),
          fix<RecoveryAgainstReset<RecoversByHand<RecoversWell>>>("recovery, bus reset: by hand, no fault", 10000),
          fix<RecoveryAgainstHotRemove<RecoversByHand<RecoversWell>>>("recovery, hot-remove: by hand, no fault", 10000),
          fix<RecoveryAgainstLookAndHotAdd<RecoversByHand<RecoversWell>>>(
              "recovery, function reset, hot-add: by hand, no fault", 100000),
          fix<HotResetAgainst<HotReset>>(
              "hot reset, VFIO_DEVICE_RESET, unbind: tries", 100000,
              {"hot reset", "hot reset: EBUSY, a memory_lock", "hot reset: EAGAIN, a device_lock", "device reset",
               "device reset: EAGAIN", "opened too late", "unbound"}),
          fault<HotResetAgainst<HotResetWith<UnlocksTheWholeSet, TryReset>>>(
              "hot reset, VFIO_DEVICE_RESET, unbind: gives back the whole set",
              "hot reset, VFIO_DEVICE_RESET, unbind: tries", Outcome::not_the_owner, 20000, "", {Search::full}),
          fault<HotResetAgainst<HotResetWith<devlock::ReverseRollback, WaitsForDevices>>>(
              "hot reset, VFIO_DEVICE_RESET, unbind: waits for the devices",
              "hot reset, VFIO_DEVICE_RESET, unbind: tries", Outcome::deadlock, 20000, "", {Search::full}),
          larger<HotResetAgainst<HotReset, 2>>("two hot resets, two VFIO_DEVICE_RESETs, unbind: tries", 20000),

          fix<ResetAgainstDisable<PhysicalFirst>>("reset of a PF with its VF, sriov_numvfs: PF first", 1000,
                                                  {"reset before", "reset after", "virtual function unbound"}),
          fault<ResetAgainstDisable<VirtualFirst>>("reset of a PF with its VF, sriov_numvfs: VF first",
                                                   "reset of a PF with its VF, sriov_numvfs: PF first",
                                                   Outcome::deadlock, 100),
          fix<SupplierAndConsumer<AsLinux, 2, false>>(
              "two unbinds of a supplier: looks at the driver again", 1000,
              {"supplier unbound", "unbound by another", "consumer unbound", "supplier's lock taken again"}),
          fault<SupplierAndConsumer<ForgetsToRecheck, 2, false>>("two unbinds of a supplier: does not look again",
                                                                 "two unbinds of a supplier: looks at the driver again",
                                                                 Outcome::assertion, 100, ".remove runs once"),
          fix<SupplierAndConsumer<AsLinux, 1, true>>(
              "unbind of a supplier, probe of its consumer: claims the link", 1000,
              {"supplier unbound", "consumer unbound", "consumer bound", "consumer's probe deferred"}),
          fault<SupplierAndConsumer<LooksAtTheLinkOnce, 1, true>>(
              "unbind of a supplier, probe of its consumer: only looks at the link",
              "unbind of a supplier, probe of its consumer: claims the link", Outcome::assertion, 100,
              "a consumer that is bound has its supplier"),
          fix<WalkAgainstReset<WaitsUnderTheList, false>>("AER walk, reset: two readers and no writer", 1000,
                                                          {"recovered", "reset"}),
      });
}

}  // namespace catalogue

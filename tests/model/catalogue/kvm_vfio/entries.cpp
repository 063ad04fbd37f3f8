// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// kvm/vfio: the two deadlocks of the seed, what was proposed, and commit 2b48f52f2bff.
#include "model/catalogue/kvm_vfio/pointer.hpp"
#include "model/catalogue/register.hpp"

namespace catalogue {

std::vector<Entry> kvm_vfio_entries() {
  using namespace kvm_vfio;
  return of_system(
      "kvm_vfio",
      {
          fix<OpenAgainstClose<UnderRefLock, GoesWithItsFile>>(
              "open and close, VM closes: kvm_ref_lock", 1000,
              {"opened with the VM", "opened without the VM", "destroyed by the close of its file",
               "destroyed by the last user"}),
          fix<OpenAgainstClose<UnderRefLock, GoesWithTheVm>>(
              "open and close, VM closes: kvm_ref_lock, kvm-vfio goes with the VM", 1000,
              {"opened with the VM", "opened without the VM", "destroyed by the last user"}),
          fault<OpenAgainstClose<UnderGroupLock, GoesWithTheVm>>(
              "A last put under group_lock takes group_lock",
              "open and close, VM closes: kvm_ref_lock, kvm-vfio goes with the VM", Outcome::locked_twice, 100),
          fix<OpenAgainstClose<UnderGroupLock, GoesWithTheVm, PutByWorker, UnderKvmLock, Third::worker>>(
              "A with the put by a worker: the last put is outside group_lock", 1000,
              {"opened with the VM", "opened without the VM"}),
          fault<OpenAgainstClose<UnderGroupLock, GoesWithItsFile>>("B kvm->lock and group_lock both ways (seed's fix)",
                                                                   "open and close, VM closes: kvm_ref_lock",
                                                                   Outcome::deadlock, 100),
          fault<OpenAgainstClose<UnderRefLock, GoesWithItsFile, PutUnderRefLock>>(
              "the last put under kvm_ref_lock", "open and close, VM closes: kvm_ref_lock", Outcome::assertion, 100,
              "nothing sleeps under kvm_ref_lock"),
          fault<OpenAgainstClose<UnderRefLockAlways, GoesWithTheVm>>(
              "a get that does not look whether the last user left",
              "open and close, VM closes: kvm_ref_lock, kvm-vfio goes with the VM", Outcome::assertion, 100),
          fault<OpenAgainstClose<NeverCleared, GoesWithItsFile>>(
              "the group still knows the VM when its kvm-vfio device is gone", "open and close, VM closes: kvm_ref_lock",
              Outcome::assertion, 100, "while the group knows the VM, it is there"),
          fix<OpenAgainstClose<UnderRefLock, GoesWithItsFile, PutInline, UnderKvmLock, Third::fails_to_open>>(
              "open and close, VM closes, an open fails: kvm_ref_lock", 10000,
              {"opened with the VM", "opened without the VM", "failed to open", "destroyed by the close of its file",
               "destroyed by the last user"}),
          fault<OpenAgainstClose<UnderRefLock, GoesWithItsFile, PutInline, UnderKvmLock, Third::fails_to_open, 1,
                                 KeepsIfItFails>>("an open that fails keeps the VM",
                                                  "open and close, VM closes, an open fails: kvm_ref_lock",
                                                  Outcome::assertion, 100, "gets and puts balance"),
          fault<OpenAgainstClose<UnderRefLock, GoesWithItsFile, PutInline, UnderKvmLock, Third::none, 1, KeepsThePointer>>(
              "a device that is closed keeps its pointer to the VM", "open and close, VM closes: kvm_ref_lock",
              Outcome::assertion, 100, "a closed device has no VM"),
          fix<OpenAgainstClose<UnderRefLock, ClosesTheGroup>>(
              "open and close, VM closes, the group too: its file goes later", 1000,
              {"opened with the VM", "opened without the VM", "closed the group"}),
          fault<OpenAgainstClose<UnderRefLock, ClosesTheGroupAtOnce>>(
              "open and close, VM closes, the group too: its file goes at once",
              "open and close, VM closes, the group too: its file goes later", Outcome::deadlock, 100),
          fix<OpenAgainstClose<UnderRefLock, GoesWithItsFile, PutByWorker, UnderKvmLock, Third::worker>>(
              "open and close, VM closes, put by a worker: kvm_ref_lock", 1000,
              {"opened with the VM", "opened without the VM"}),
          fault<OpenAgainstClose<UnderGroupLock, GoesWithItsFile, PutByWorker, UnderKvmLock, Third::worker>>(
              "B with the put by a worker", "open and close, VM closes, put by a worker: kvm_ref_lock", Outcome::deadlock,
              1000, "", {Search::full}),
          fix<OpenAgainstClose<UnderRefLock, GoesWithItsFile, PutInline, UnderKvmLock, Third::creates_a_cpu>>(
              "open and close, VM closes, CPU created: kvm->lock around the shadow", 1000,
              {"opened with the VM", "opened without the VM", "CPU with AP", "CPU without AP"}),
          fault<OpenAgainstClose<UnderGroupLock, GoesWithItsFile, PutInline, UnderALockOfItsOwn, Third::creates_a_cpu>>(
              "open and close, VM closes, CPU created: a lock of its own for the shadow",
              "open and close, VM closes, CPU created: kvm->lock around the shadow", Outcome::data_race, 1000,
              "guest's AP shadow"),
          fix<OpenAgainstClose<UnderRefLock, GoesWithItsFile, PutInline, UnderKvmLock, Third::opens_too>>(
              "two open and close, VM closes: kvm_ref_lock", 1000,
              {"opened with the VM", "opened without the VM", "destroyed by the close of its file",
               "destroyed by the last user"}),
      });
}

}  // namespace catalogue

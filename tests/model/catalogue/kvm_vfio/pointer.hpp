// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The pointer from a VFIO group to its VM: open and close of a vfio-ap device against the close of the VM's kvm-vfio device,
// as Linux did it before the seed, after it, and since 2b48f52f2bff. What guards the pointer, when the kvm-vfio device goes,
// and how the last reference to the VM is given back are types.
// Always: no deadlock; while the group knows the VM, it exists; an open device that got the VM keeps it; nothing sleeps under
// kvm_ref_lock; gets and puts balance and the VM is destroyed once, inline where the last put is.
// Source: virt/kvm/vfio.c, drivers/vfio/vfio_main.c, drivers/s390/crypto/vfio_ap_ops.c; the VM's files are put later, not inline.
#pragma once

#include "model/catalogue/order.hpp"

#include "devlock/check/check.hpp"
#include "devlock/lock/reference.hpp"

namespace catalogue::kvm_vfio {

using devlock::check::mark;
using devlock::check::require;

struct Machine {
  Mutex<group_lock> group;
  Mutex<dev_set_lock> dev_set;
  Mutex<guests_lock> guests;
  Mutex<kvm_lock> kvm;
  Mutex<kvm_vfio_lock> kvm_vfio;
  Mutex<kvm_ref_lock> kvm_ref;
  Mutex<mdevs_lock> mdevs;
  devlock::Reference<Sync, KernelOrder, kvm_vfio_lock> vm;  // one user: the VM's own file
  Var<bool> group_knows_vm{true};
  Var<bool> vm_exists{true};
  Var<int> shadow{0};  // of the guest, under kvm->lock
  int spinning = nobody;   // the thread with a last put under kvm_ref_lock
  static constexpr int nobody = -1;

  Machine() {
    devlock::check::name(vm, "users of the VM");
    devlock::check::name(group_knows_vm, "group->kvm");
    devlock::check::name(vm_exists, "the VM");
    devlock::check::name(shadow, "guest's AP shadow");
  }
};

/// group_lock guards the pointer; who opens a device has it already.
struct UnderGroupLock {
  template <class Context>
  static bool get(Machine& m, const Context&) {
    return m.group_knows_vm.get() && m.vm.get_unless_zero();
  }
  template <class Context>
  static void forget(Machine& m, const Context&) {
    const Unchecked unchecked("what Linux did until 2b48f52f2bff: group_lock inside");
    devlock::Guard known{unchecked, m.group};
    m.group_knows_vm.set(false);
  }
};
/// A spinlock guards the pointer and nothing else.
struct UnderRefLock {
  template <class Context>
  static bool get(Machine& m, const Context& opening) DEVLOCK_REQUIRES(opening) {
    devlock::Guard pointer{opening, m.kvm_ref};
    return m.group_knows_vm.get() && m.vm.get_unless_zero();
  }
  template <class Context>
  static void forget(Machine& m, const Context& context) DEVLOCK_REQUIRES(context) {
    devlock::Guard pointer{context, m.kvm_ref};
    m.group_knows_vm.set(false);
  }
};

/// Before the seed: the kvm-vfio device goes with the VM, so the last put of the VM reaches back to the group.
struct GoesWithTheVm {
  static constexpr bool with_vm = true;
};
/// The seed's fix: it goes when its own file is closed, under kvm->lock.
struct GoesWithItsFile {
  static constexpr bool with_vm = false;
};

/// Under dev_set->lock, inline.
struct PutInline {
  static constexpr bool deferred = false;
  template <class Context, class Destroy>
  static void put(Machine& m, const Context& closing, Destroy destroy) DEVLOCK_REQUIRES(closing) {
    m.vm.put(closing, destroy);
  }
};
/// By a worker. Does for the seed's first deadlock, not for the second.
struct PutByWorker : PutInline {
  static constexpr bool deferred = true;
};
/// Under the spinlock that guards the pointer.
struct PutUnderRefLock {
  static constexpr bool deferred = false;
  template <class Context, class Destroy>
  static void put(Machine& m, const Context& closing, Destroy destroy) DEVLOCK_REQUIRES(closing) {
    devlock::Guard pointer{closing, m.kvm_ref};
    m.spinning = rl::ctx().current_thread();
    const Unchecked unchecked("a last put under the spinlock");
    m.vm.put(unchecked, destroy);
    m.spinning = Machine::nobody;
  }
};

/// What vfio-ap holds to change the guest's shadow.
struct UnderKvmLock {
  template <class Context, class Act>
  static void run(Machine& m, const Context& guest, Act act) DEVLOCK_REQUIRES(guest) {
    devlock::Guard vm{guest, m.kvm};
    act(vm);
  }
};
/// The seed's suggestion of a lock of its own for the shadow: virtual CPUs are still created under kvm->lock.
struct UnderALockOfItsOwn {
  template <class Context, class Act>
  static void run(Machine&, const Context& guest, Act act) DEVLOCK_REQUIRES(guest) {
    act(guest);  // guests_lock is held, and stands for it
  }
};

enum class Third { none, worker, creates_a_cpu, opens_too };

/// Thread 0 opens the device and closes it, thread 1 closes the VM's files; `Times` over.
template <class Pointer, class Life, class Put = PutInline, class Shadow = UnderKvmLock, Third Other = Third::none,
          int Times = 1>
struct OpenAgainstClose : Machine {
  static constexpr unsigned threads = Other == Third::none ? 2 : 3;
  static constexpr const char* thread_names[] = {"open and close of vfio-ap", "close of kvm-vfio and VM", "third"};

  void thread(unsigned index) {
    for (int i = 0; i != Times; ++i) {
      if (index == 0) {
        use();
      } else if (index == 1) {
        close_files(i + 1 == Times);
      } else if (Other == Third::worker) {
        work();
      } else if (Other == Third::opens_too) {
        use();
      } else {
        create_cpu();
      }
    }
  }
  // vfio_device_open, vfio_df_close
  void use() {
    bool got = false;
    {
      ThreadContext root;
      devlock::Guard known{root, group};
      devlock::Guard opening{known, dev_set};
      got = Pointer::get(*this, opening);
      mark(got ? "opened with the VM" : "opened without the VM");
      if (got) {
        set_shadow(opening, 1);
      }
    }
    ThreadContext root;
    devlock::Guard known{root, group};
    devlock::Guard closing{known, dev_set};
    if (got) {
      require(vm_exists.get(), "an open device keeps its VM");
      set_shadow(closing, -1);
    }
    if constexpr (Put::deferred) {
      work_for_worker.store(got ? 2 : 1, std::memory_order_release);  // pairs with the load in work()
      work_for_worker.notify_all();
    } else if (got) {
      Put::put(*this, closing, [this](const auto& context) { context.assume(); this->destroy(context); });
    }
  }
  // vfio_ap_mdev_set_kvm, vfio_ap_mdev_unset_kvm
  template <class Context>
  void set_shadow(const Context& context, int change) DEVLOCK_REQUIRES(context) {
    devlock::Guard guest{context, guests};
    Shadow::run(*this, guest, [&](const auto& masks) {
      masks.assume();
      devlock::Guard data{masks, mdevs};
      shadow.set(shadow.get() + change);
    });
  }
  void work() {
    work_for_worker.wait(0, std::memory_order_acquire);  // pairs with the store in use()
    if (work_for_worker.load(std::memory_order_acquire) == 2) {  // as above
      ThreadContext root;
      vm.put(root, [this](const auto& context) { context.assume(); this->destroy(context); });
    }
  }
  // kvm_device_release, then kvm_vm_release: each file has a reference
  void close_files(bool last) {
    ThreadContext root;
    if (!Life::with_vm) {
      devlock::Guard lock{root, kvm};
      Pointer::forget(*this, lock);
    }
    if (last) {
      vm.put(root, [this](const auto& context) { context.assume(); this->destroy(context); });
    }
  }
  void create_cpu() {
    ThreadContext root;
    devlock::Guard lock{root, kvm};
    mark(shadow.get() == 0 ? "CPU without AP" : "CPU with AP");
  }
  // kvm_destroy_vm
  template <class Context>
  void destroy(const Context& context) DEVLOCK_REQUIRES(context) {
    require(spinning != rl::ctx().current_thread(), "nothing sleeps under kvm_ref_lock");
    if (Life::with_vm) {
      devlock::Guard device{context, kvm_vfio};
      Pointer::forget(*this, device);
    }
    require(vm_exists.get(), "the VM is destroyed once");
    vm_exists.set(false);
    mark(rl::ctx().current_thread() == 1 ? "destroyed by the close of its file" : "destroyed by the last user");
  }
  void after() {
    require(vm.users() == 0 && !vm_exists.get(), "gets and puts balance");
    require(!group_knows_vm.get(), "the group forgot the VM");
    require(shadow.get() == 0, "the shadow is taken back");
  }

 private:
  Sync::atomic<unsigned> work_for_worker{0U};
};

}  // namespace catalogue::kvm_vfio

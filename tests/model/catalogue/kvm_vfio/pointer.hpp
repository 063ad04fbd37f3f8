// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The pointer from a VFIO group to its VM: open and close of a vfio-ap device against the close of the VM's kvm-vfio device,
// as Linux did it before the seed, after it, and since 2b48f52f2bff, which is the library's text (vfio/kvm_pointer.hpp, kvm_vfio.hpp,
// kvm_vm.hpp, device_opens.hpp). What guards the pointer, when the kvm-vfio device goes, and how the last reference to the VM is given
// back are types.
// Always: no deadlock; while the group knows the VM, it has a user; an open device has a pointer to the VM if and only if it has a
// reference; nothing sleeps under kvm_ref_lock; gets and puts balance and the VM is destroyed once, inline where the last put is.
// Source: virt/kvm/vfio.c, drivers/vfio/vfio_main.c, drivers/s390/crypto/vfio_ap_ops.c; the VM's files are put later, not inline.
#pragma once

#include "model/catalogue/order.hpp"

#include "devlock/check/check.hpp"
#include "devlock/vfio/device_opens.hpp"
#include "devlock/vfio/kvm_vfio.hpp"
#include "devlock/vfio/kvm_vm.hpp"

namespace catalogue::kvm_vfio {

using devlock::check::mark;
using devlock::check::require;

inline int self() {
  return rl::ctx().current_thread();
}
inline constexpr int nobody = -1;

/// What the pieces of one machine share, whatever the variant.
struct Machine {
  Mutex<group_lock> group;
  Mutex<dev_set_lock> dev_set;
  Mutex<guests_lock> guests;
  Mutex<mdevs_lock> mdevs;
  Sync::atomic<unsigned> vm_exists_{1U};
  Var<int> shadow{0};     // of the guest, under kvm->lock
  int spinning = nobody;  // the thread with a last put under kvm_ref_lock
  Sync::atomic<unsigned> work_for_worker{0U};

  Machine() {
    devlock::check::name(vm_exists_, "the VM");
    devlock::check::name(shadow, "guest's AP shadow");
  }
  [[nodiscard]] bool vm_exists() const {
    return vm_exists_.load(std::memory_order_acquire) != 0U;
  }  // pairs with destroy()
};

/// The library's: a spinlock guards the pointer and nothing else.
struct UnderRefLock {
  template <class Vm>
  struct Pointer : devlock::vfio::KvmPointer<Sync, Vm, KernelOrder> {
    explicit Pointer(Machine&) {}
  };
};
/// group_lock guards the pointer; who opens a device has it already.
struct UnderGroupLock {
  template <class Vm>
  struct Pointer {
    explicit Pointer(Machine& machine) : m(machine) {}
    template <class Context>
    Vm* get(const Context&) {
      return vm.get() != nullptr && vm.get()->get_unless_zero() ? vm.get() : nullptr;
    }
    template <class Context>
    void set(const Context&, Vm* to) {
      const Unchecked unchecked("what Linux did until 2b48f52f2bff: group_lock inside");
      devlock::Guard known{unchecked, m.group};
      vm.set(to);
    }
    Machine& m;
    Var<Vm*> vm{nullptr};
  };
};
/// Under the spinlock, and a reference is taken whatever the count says.
struct UnderRefLockAlways {
  template <class Vm>
  struct Pointer {
    explicit Pointer(Machine&) {}
    template <class Context>
    Vm* get(const Context& context) DEVLOCK_REQUIRES(context) {
      devlock::Guard guard{context, lock};
      if (vm.get() != nullptr) {
        (void)vm.get()->get_unless_zero();
      }
      return vm.get();
    }
    template <class Context>
    void set(const Context& context, Vm* to) DEVLOCK_REQUIRES(context) {
      devlock::Guard guard{context, lock};
      vm.set(to);
    }
    Mutex<kvm_ref_lock> lock;
    Var<Vm*> vm{nullptr};
  };
};
/// Under the spinlock, and never cleared.
struct NeverCleared {
  template <class Vm>
  struct Pointer : devlock::vfio::KvmPointer<Sync, Vm, KernelOrder> {
    explicit Pointer(Machine&) {}
    template <class Context>
    void set(const Context& context, Vm* to) DEVLOCK_REQUIRES(context) {
      if (to != nullptr) {
        devlock::vfio::KvmPointer<Sync, Vm, KernelOrder>::set(context, to);
      }
    }
  };
};

/// Before the seed: the kvm-vfio device goes with the VM, so the last put of the VM reaches back to the group.
struct GoesWithTheVm {
  static constexpr bool with_vm = true;
  static constexpr bool closes_group = false;
  static constexpr bool closes_at_once = false;
};
/// The seed's fix: it goes when its own file is closed, under kvm->lock.
struct GoesWithItsFile {
  static constexpr bool with_vm = false;
  static constexpr bool closes_group = false;  // it has the last reference to the group's file
  static constexpr bool closes_at_once = false;
};
/// It has the last reference to the group's file, which is closed when the task holds nothing.
struct ClosesTheGroup : GoesWithItsFile {
  static constexpr bool closes_group = true;
};
/// A model without the kernel's deferred fput: the file is closed under kvm->lock.
struct ClosesTheGroupAtOnce : ClosesTheGroup {
  static constexpr bool closes_at_once = true;
};

/// The library's: under dev_set->lock, inline.
struct PutInline {
  static constexpr bool deferred = false;
  template <class Vm, class Pointer>
  static void put(Machine&, Pointer&, Vm& vm, ContextFor<kvm_vfio_lock> closing) DEVLOCK_REQUIRES(closing) {
    vm.put_now(closing.again());
  }
};
/// By a worker. Does for the seed's first deadlock, not for the second.
struct PutByWorker {
  static constexpr bool deferred = true;
  template <class Vm, class Pointer>
  static void put(Machine& m, Pointer&, Vm&, ContextFor<kvm_vfio_lock>) {
    m.work_for_worker.store(2, std::memory_order_release);  // pairs with the load in work()
    m.work_for_worker.notify_all();
  }
};
/// Under the spinlock that guards the pointer.
struct PutUnderRefLock {
  static constexpr bool deferred = false;
  template <class Vm, class Pointer>
  static void put(Machine& m, Pointer& known, Vm& vm, ContextFor<kvm_vfio_lock> closing) DEVLOCK_REQUIRES(closing) {
    devlock::Guard pointer{closing, known.lock};
    m.spinning = self();
    const Unchecked unchecked("a last put under the spinlock");
    vm.put_now(unchecked);
    m.spinning = nobody;
  }
};

/// The library's count of opens.
struct PutsIfItFails {
  template <class Vm>
  using Opens = devlock::vfio::DeviceOpens<Sync, Vm, KernelOrder>;
};
/// A first open that fails keeps the VM.
struct KeepsIfItFails {
  template <class Vm>
  struct Opens : devlock::vfio::DeviceOpens<Sync, Vm, KernelOrder> {
    template <class Context, class Pointer, class First>
    int open(const Context& context, Pointer& pointer, const First& first) DEVLOCK_REQUIRES(context) {
      int error = 0;
      const int counted =
          devlock::vfio::DeviceOpens<Sync, Vm, KernelOrder>::open(context, pointer, [&](const auto& inner, Vm* vm) {
            error = first(inner, vm);
            if (error != 0 && vm != nullptr) {
              (void)vm->get_unless_zero();  // makes up for the put that follows
            }
            return error;
          });
      return counted;
    }
  };
};

/// A device that is closed still has its pointer, which leads to a VM that it gave back.
struct KeepsThePointer {
  template <class Vm>
  struct Opens : devlock::vfio::DeviceOpens<Sync, Vm, KernelOrder> {
    using Base = devlock::vfio::DeviceOpens<Sync, Vm, KernelOrder>;
    template <class Context, class Last>
    void close(const Context& context, const Last& last) DEVLOCK_REQUIRES(context) {
      stale_.set(Base::vm());
      Base::close(context, last);
    }
    [[nodiscard]] Vm* vm() const { return Base::vm() != nullptr ? Base::vm() : stale_.get(); }

   private:
    Var<Vm*> stale_{nullptr};
  };
};

/// What vfio-ap holds to change the guest's shadow.
struct UnderKvmLock {
  template <class Vm, class Context, class Act>
  static void run(Vm& of, const Context& guest, Act act) DEVLOCK_REQUIRES(guest) {
    devlock::Guard vm{guest, of.lock};
    act(vm);
  }
};
/// The seed's suggestion of a lock of its own for the shadow: virtual CPUs are still created under kvm->lock.
struct UnderALockOfItsOwn {
  template <class Vm, class Context, class Act>
  static void run(Vm&, const Context& guest, Act act) DEVLOCK_REQUIRES(guest) {
    act(guest);  // guests_lock is held, and stands for it
  }
};

enum class Third { none, worker, creates_a_cpu, opens_too, fails_to_open };

/// Thread 0 opens the device and closes it, thread 1 closes the VM's files; `Times` over.
template <class Pointer, class Life, class Put = PutInline, class Shadow = UnderKvmLock, Third Other = Third::none,
          int Times = 1, class Count = PutsIfItFails>
struct OpenAgainstClose : Machine {
  static constexpr unsigned threads = Other == Third::none ? 2 : 3;
  static constexpr const char* thread_names[] = {"open and close of vfio-ap", "close of kvm-vfio and VM", "third"};

  struct End {
    OpenAgainstClose* scenario;
    template <class Context, class Vm>
    void destroy(const Context& context, Vm&) DEVLOCK_REQUIRES(context) {
      scenario->destroy(context);
    }
  };
  struct Vm : devlock::vfio::KvmVm<Sync, End, KernelOrder> {
    using Base = devlock::vfio::KvmVm<Sync, End, KernelOrder>;
    explicit Vm(OpenAgainstClose& s) : Base(End{&s}), scenario(s) {}
    bool get_unless_zero() {
      require(scenario.vm_exists(), "while the group knows the VM, it is there");
      return Base::get_unless_zero();
    }
    void put(ContextFor<kvm_vfio_lock> context) DEVLOCK_REQUIRES(context) {
      if (self() == 1) {
        Base::put(context.again());
      } else {
        Put::put(scenario, scenario.file.kvm, *this, context.again());
      }
    }
    void put_now(ContextFor<kvm_vfio_lock> context) DEVLOCK_REQUIRES(context) { Base::put(context.again()); }
    OpenAgainstClose& scenario;
  };
  struct File {
    explicit File(Machine& m) : kvm(m) {}
    typename Pointer::template Pointer<Vm> kvm;
  };

  OpenAgainstClose() : file(*this), vm(*this) {
    devlock::check::name(vm, "users of the VM");
    ThreadContext root;
    if (Life::with_vm) {
      file.kvm.set(root, &vm);
    } else {
      require(kvm_vfio.create(root, vm) == 0 && kvm_vfio.add(root, &file, vm) == 0, "the VM knows the group");
    }
  }

  void thread(unsigned index) {
    for (int i = 0; i != Times; ++i) {
      if (index == 0) {
        use(0);
      } else if (index == 1) {
        close_files(i + 1 == Times);
      } else if (Other == Third::worker) {
        work();
      } else if (Other == Third::opens_too || Other == Third::fails_to_open) {
        use(Other == Third::opens_too ? 0 : ENODEV);
      } else {
        create_cpu();
      }
    }
  }
  // vfio_df_group_open, vfio_df_group_close
  void use(int fails) {
    {
      ThreadContext root;
      devlock::Guard known{root, group};
      devlock::Guard opening{known, dev_set};
      const int error = opens.open(opening, file.kvm, [&](const auto& context, Vm* got) {
        context.assume();
        mark(fails != 0 ? "failed to open" : got != nullptr ? "opened with the VM" : "opened without the VM");
        if (fails == 0 && got != nullptr) {
          this->set_shadow(context, *got, 1);
        }
        return fails;
      });
      if (error != 0) {
        return;
      }
    }
    ThreadContext root;
    devlock::Guard known{root, group};
    devlock::Guard closing{known, dev_set};
    require(opens.vm() == nullptr || vm_exists(), "an open device keeps its VM");
    opens.close(closing, [&](const auto& context, Vm* had) {
      context.assume();
      if (had != nullptr) {
        this->set_shadow(context, *had, -1);
      } else if (Put::deferred) {
        work_for_worker.store(1, std::memory_order_release);  // pairs with the load in work()
        work_for_worker.notify_all();
      }
    });
    require(opens.count() != 0 || opens.vm() == nullptr, "a closed device has no VM");
  }
  // vfio_ap_mdev_set_kvm, vfio_ap_mdev_unset_kvm
  template <class Context>
  void set_shadow(const Context& context, Vm& of, int change) DEVLOCK_REQUIRES(context) {
    devlock::Guard guest{context, guests};
    Shadow::run(of, guest, [&](const auto& masks) {
      masks.assume();
      devlock::Guard data{masks, mdevs};
      shadow.set(shadow.get() + change);
    });
  }
  void work() {
    work_for_worker.wait(0, std::memory_order_acquire);          // pairs with the store in put() and use()
    if (work_for_worker.load(std::memory_order_acquire) == 2) {  // as above
      ThreadContext root;
      vm.put_now(root);
    }
  }
  // kvm_device_release, then kvm_vm_release: each file has a reference
  void close_files(bool last) {
    ThreadContext root;
    if (!Life::with_vm) {
      if (last && Life::closes_at_once) {
        {
          devlock::Guard lock{root, vm.lock};
          file.kvm.set(lock, nullptr);
          const Unchecked unchecked("an fput that is not deferred");
          close_group(unchecked);
        }
        vm.put(root);
      } else if (last) {
        const auto files = kvm_vfio.release(root, vm);
        if (Life::closes_group) {
          require(files.size() == 1, "the files are the caller's");
          close_group(root);
        }
      } else {
        require(kvm_vfio.remove(root, &file) == 0, "the group is taken off");
      }
    }
    if (last) {
      vm.put(root);
    }
  }
  // vfio_group_fops_release
  template <class Context>
  void close_group(const Context& context) DEVLOCK_REQUIRES(context) {
    devlock::Guard known{context, group};
    mark("closed the group");
  }
  void create_cpu() {
    ThreadContext root;
    devlock::Guard lock{root, vm.lock};
    mark(shadow.get() == 0 ? "CPU without AP" : "CPU with AP");
  }
  // kvm_destroy_vm
  template <class Context>
  void destroy(const Context& context) DEVLOCK_REQUIRES(context) {
    require(spinning != self(), "nothing sleeps under kvm_ref_lock");
    if (Life::with_vm) {
      devlock::Guard device{context, kvm_vfio.lock};
      file.kvm.set(device, nullptr);
    }
    require(vm_exists(), "the VM is destroyed once");
    vm_exists_.store(0U, std::memory_order_release);  // pairs with vm_exists()
    mark(self() == 1 ? "destroyed by the close of its file" : "destroyed by the last user");
  }
  void after() {
    require(vm.users() == 0 && !vm_exists(), "gets and puts balance");
    require(opens.vm() == nullptr && opens.count() == 0, "a closed device has no VM");
    require(shadow.get() == 0, "the shadow is taken back");
    ThreadContext root;
    require(file.kvm.get(root) == nullptr, "the group forgot the VM");
  }

  File file;
  Vm vm;
  devlock::vfio::KvmVfio<Sync, File*, Vm, KernelOrder> kvm_vfio;
  typename Count::template Opens<Vm> opens;
};

}  // namespace catalogue::kvm_vfio

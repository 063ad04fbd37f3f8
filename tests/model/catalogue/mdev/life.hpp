// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The life of mdevs: create and remove through sysfs against the unregistering of the parent. The four bugs of the seed, its
// fix and the one that landed, as gates (mdev/gate.hpp) around one text. Scenarios of it: mdev/scenario.hpp.
// Always: after unregister there is no child and nobody is inside create or remove; no file is added to a device that was
// removed; a device that stays can be removed; available + live == max on every path; a release happens once; a uuid is unique
// until its release.
// A sysfs handler holds an active reference: who removes its file waits for it. A remove handler removes its own file first,
// and is not waited for from then on.
// Source: drivers/vfio/mdev/mdev_core.c, mdev_sysfs.c; the bugs: Linux 5.1.
#pragma once

#include "model/catalogue/mdev/gate.hpp"

#include "devlock/order/lifetime.hpp"

namespace catalogue::mdev {

using devlock::check::mark;
using devlock::check::require;

/// What a scenario looks for: a wrong variant for its own symptom, the right ones for all.
enum class Symptom { all, orphan, dying_device, freed_parent, stale_file };

struct AsItShould {
  static constexpr bool recreates_its_file = false;  // remove, of a device that cannot be removed now
  static constexpr bool file_is_last = true;         // create: the file that removes the device appears when all else is done
  static constexpr bool loses_an_instance = false;   // create, without memory
};
struct RecreatesItsFile : AsItShould {
  static constexpr bool recreates_its_file = true;
};
/// Linux 6.12: who removes a device whose creation is not over takes its file away and gets EAGAIN.
struct FileIsFirst : AsItShould {
  static constexpr bool file_is_last = false;
};
/// Linux 6.12: available_instances is not put back.
struct LosesAnInstance : AsItShould {
  static constexpr bool loses_an_instance = true;
};

inline constexpr unsigned most = 3;

template <class Gate, class How = AsItShould, Symptom Looks = Symptom::all>
struct Parent {
  explicit Parent(unsigned instances) : available(static_cast<int>(instances)), max(static_cast<int>(instances)) {
    devlock::check::name(list, "mdev_list_lock");
    devlock::check::name(create_file, "create file");
    for (unsigned i = 0; i != most; ++i) {
      devlock::check::name(mdev[i].state, "mdev", i);
      devlock::check::name(mdev[i].remove_file, "remove file", i);
    }
  }

  struct Handler {
    using lifetime_class = attribute;
  };
  enum State : int { none, registered, removed };
  enum File : unsigned { missing, there, taken_away };
  struct Mdev {
    Sync::atomic<int> state{none};                       // what the driver core knows
    Var<int> uuid{0};                                    // this and the next under the list's lock; 0: none
    Var<bool> active{false};
    devlock::Rundown<Sync, KernelOrder, attribute> remove_file;
    Sync::atomic<unsigned> file{missing};                // the one that removes it
    bool released = false;
  };

  // An mdev that was created before the scenario begins.
  void make(unsigned i) {
    mdev[i].uuid.set(static_cast<int>(i) + 1);
    mdev[i].state.store(registered);
    mdev[i].active.set(true);
    mdev[i].file.store(there);
    available.set(available.get() - 1);
  }
  static constexpr bool looks_for(Symptom symptom) { return Looks == Symptom::all || Looks == symptom; }

  // create_store, mdev_device_create
  void create(unsigned i, int uuid, bool memory = true) {
    ThreadContext root;
    auto user = create_file.enter();
    if (!user) {
      mark("create: the file is gone");
      return;
    }
    Handler handler;
    const devlock::Through through{root, handler};
    {
      devlock::Guard lock{through, list};
      for (const Mdev& other : mdev) {
        if (other.uuid.get() == uuid) {
          mark("create: EEXIST");
          return;
        }
      }
      if (available.get() == 0) {
        mark("create: EUSERS");
        return;
      }
      available.set(available.get() - 1);
      if (!memory) {
        available.set(available.get() + (How::loses_an_instance ? 0 : 1));
        mark("create: ENOMEM");
        return;
      }
      mdev[i].uuid.set(uuid);
    }
    if (gate.run(through, [&](const auto& context) { context.assume(); add(context, i); })) {
      mark("created");
    } else {
      mark("create: ENODEV");
      release(through, i);
    }
  }
  // device_add, mdev_create_sysfs_files
  template <class Context>
  void add(const Context& context, unsigned i) DEVLOCK_REQUIRES(context) {
    expect_parent();
    mdev[i].state.store(registered, std::memory_order_release);  // pairs with the loads of state
    if (!How::file_is_last) {
      mdev[i].file.store(there, std::memory_order_release);  // pairs with remove()
    }
    if (looks_for(Symptom::dying_device)) {
      require(mdev[i].state.load(std::memory_order_acquire) == registered,  // pairs with the exchange in take_away()
              "files are added to a device that is there");
    }
    {
      devlock::Guard lock{context, list};
      mdev[i].active.set(true);
    }
    if (How::file_is_last) {
      mdev[i].file.store(there, std::memory_order_release);  // as above
    }
  }
  // remove_store, mdev_device_remove
  void remove(unsigned i) {
    {
      auto user = mdev[i].remove_file.enter();
      if (!user) {
        mark("remove: the file is gone");
        return;
      }
      unsigned file = there;
      if (!mdev[i].file.compare_exchange_strong(file, taken_away, std::memory_order_acq_rel)) {  // pairs with add() and itself
        mark(file == taken_away ? "remove: another writer was first" : "remove: no device yet");
        return;
      }
    }
    ThreadContext root;
    bool active = false;
    {
      devlock::Guard lock{root, list};
      active = mdev[i].active.get();
      mdev[i].active.set(false);
    }
    if (!active) {
      mark("remove: EAGAIN");
      if (How::recreates_its_file) {
        require(mdev[i].state.load(std::memory_order_acquire) != removed,  // pairs with take_away()
                "no file is added to a device that was removed");
      }
      return;
    }
    mark(gate.run(root, [&](const auto& context) { context.assume(); take_away(context, i); }) ? "removed" : "remove: ENODEV");
  }
  // mdev_device_remove_common
  template <class Context>
  void take_away(const Context& context, unsigned i) DEVLOCK_REQUIRES(context) {
    expect_parent();
    if (mdev[i].state.exchange(removed, std::memory_order_acq_rel) != registered) {  // pairs with add() and itself
      return;
    }
    mdev[i].remove_file.close(context);
    release(context, i);
  }
  // mdev_device_release: the last reference
  template <class Context>
  void release(const Context& context, unsigned i) DEVLOCK_REQUIRES(context) {
    require(!mdev[i].released, "a device is released once");
    mdev[i].released = true;
    devlock::Guard lock{context, list};
    mdev[i].uuid.set(0);
    available.set(available.get() + 1);
  }
  // mdev_unregister_parent
  void unregister() {
    ThreadContext root;
    gate.closed(root, [this](const auto& context) {
      context.assume();
      for (unsigned i = 0; i != most; ++i) {
        if (mdev[i].state.load(std::memory_order_acquire) != registered) {  // pairs with add()
          continue;
        }
        if (Looks != Symptom::all) {  // before the seed: not if somebody else is removing it
          devlock::Guard lock{context, list};
          if (!mdev[i].active.get() && Looks != Symptom::dying_device) {
            continue;
          }
          mdev[i].active.set(false);
        }
        mark("unregister removes a child");
        take_away(context, i);
      }
      create_file.close(context);
    });
    parent_is_there.store(0U, std::memory_order_release);  // freed; pairs with expect_parent()
    mark("unregistered");
    unregistered = true;
  }
  void expect_parent() {
    if (looks_for(Symptom::freed_parent)) {
      require(parent_is_there.load(std::memory_order_acquire) != 0U, "the parent is there");  // pairs with unregister()
    }
  }
  void expect_end() {
    int live = 0;
    for (unsigned i = 0; i != most; ++i) {
      const bool child = mdev[i].state.load() == registered;
      live += child ? 1 : 0;
      if (Looks == Symptom::all) {
        require(!child || mdev[i].file.load() == there, "a device that stays keeps its remove file");
      }
      if (looks_for(Symptom::orphan)) {
        require(!child || !unregistered, "after unregister there is no child");
      }
    }
    if (Looks == Symptom::all) {
      require(available.get() + live == max, "available + live == max");
    }
  }

  Gate gate;
  Mutex<mdev_list_lock> list;
  devlock::Rundown<Sync, KernelOrder, attribute> create_file;
  Mdev mdev[most];
  Var<int> available;
  const int max;
  Sync::atomic<unsigned> parent_is_there{1U};
  bool unregistered = false;
};

}  // namespace catalogue::mdev

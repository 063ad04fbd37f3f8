// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The life of mdevs: create and remove through sysfs against the unregistering of the parent, which is the library's text
// (vfio/mdev_parent.hpp) around the gates of mdev/gate.hpp. The four bugs of the seed are that text without a gate, or with one of its
// steps out of place; the three of Linux 6.12 are below. Scenarios of it: mdev/scenario.hpp.
// Always, beside what mdev/driver.hpp watches: after unregister there is no child; a device that stays keeps its remove file;
// available + live == max on every path; a uuid is unique until its release.
// Source: drivers/vfio/mdev/mdev_core.c, mdev_sysfs.c; the bugs: Linux 5.1.
#pragma once

#include "model/catalogue/mdev/driver.hpp"
#include "model/catalogue/mdev/gate.hpp"

namespace catalogue::mdev {

template <Symptom Looks>
using DeviceOf = typename Driver<Looks>::Device;
template <class Gate, Symptom Looks>
using RightParent = devlock::vfio::MdevParent<Sync, Driver<Looks>, KernelOrder, Gate>;

/// The library's.
struct AsItShould {
  template <class Gate, Symptom Looks>
  using Parent = RightParent<Gate, Looks>;
};

/// Linux 5.1: a device is in the open while it is made.
struct InTheOpen {
  template <class Gate, Symptom Looks>
  struct Parent : RightParent<Gate, Looks> {
    using RightParent<Gate, Looks>::RightParent;
    template <class Context>
    int create(const Context& context, const devlock::vfio::Uuid& uuid) DEVLOCK_REQUIRES(context) {
      const auto handler = this->create_file_.enter();
      DeviceOf<Looks>* device = nullptr;
      if (!handler || this->reserve(context, uuid, device) != 0) {
        return ENODEV;
      }
      (void)this->gate_.run(context, [&](const auto& inside) {
        inside.assume();
        (void)this->driver_->attach(inside, *device);
        this->become(inside, *device, devlock::vfio::MdevState::registered);
        (void)this->driver_->add_files(*device);
      });
      return 0;
    }
  };
};

/// Linux 5.1: a remove that finds the device busy puts its file back.
struct RecreatesItsFile {
  template <class Gate, Symptom Looks>
  struct Parent : RightParent<Gate, Looks> {
    using RightParent<Gate, Looks>::RightParent;
    template <class Context>
    static int remove(const Context& context, DeviceOf<Looks>& device) DEVLOCK_REQUIRES(context) {
      auto handler = device.remove_file.enter();
      if (!handler) {
        return ENODEV;
      }
      auto& parent = static_cast<Parent&>(Parent::of(device));
      device.file_taken.set(true);
      handler.leave();
      typename DeviceOf<Looks>::File::User removal;
      (void)parent.claim(context, device, removal);
      if (!removal) {
        require(device.known.get() != Driver<Looks>::detached, "no file is added to a device that was removed");
        device.file_taken.set(false);
        return EAGAIN;
      }
      parent.take_away(context, device);
      return 0;
    }
  };
};

/// Linux 6.12: a remove takes its file away first, and nobody waits for it from then on. What it finds afterwards is too late.
struct FileBeforeGate {
  template <class Gate, Symptom Looks>
  struct Parent : RightParent<Gate, Looks> {
    using RightParent<Gate, Looks>::RightParent;
    template <class Context>
    static int remove(const Context& context, DeviceOf<Looks>& device) DEVLOCK_REQUIRES(context) {
      auto handler = device.remove_file.enter();
      if (!handler) {
        return ENODEV;
      }
      auto& parent = static_cast<Parent&>(Parent::of(device));
      if (device.file_taken.get()) {
        return 0;
      }
      device.file_taken.set(true);
      handler.leave();
      {
        devlock::Guard lock{context, parent.list_->lock};
        if (device.state.get() != devlock::vfio::MdevState::active) {
          return EAGAIN;
        }
        device.state.set(devlock::vfio::MdevState::registered);  // no longer active; still a child
      }
      int error = ENODEV;
      parent.driver_->expect_parent();
      (void)parent.gate_.run(context, [&](const auto& inside) {
        inside.assume();
        parent.become(inside, device, devlock::vfio::MdevState::leaving);
        parent.take_away(inside, device);
        error = 0;
      });
      return error;
    }
  };
};

/// Linux 6.12: the remove file appears with the device, before its creation is over.
struct FileIsFirst {
  template <class Gate, Symptom Looks>
  struct Parent : FileBeforeGate::Parent<Gate, Looks> {
    using Base = FileBeforeGate::Parent<Gate, Looks>;
    using Base::Base;
    template <class Context>
    int create(const Context& context, const devlock::vfio::Uuid& uuid) DEVLOCK_REQUIRES(context) {
      DeviceOf<Looks>* device = nullptr;
      if (const int error = this->reserve(context, uuid, device)) {
        return error;
      }
      (void)this->gate_.run(context, [&](const auto& inside) {
        inside.assume();
        (void)this->driver_->attach(inside, *device);
        device->remove_file.reopen();
        (void)this->driver_->add_files(*device);
        this->become(inside, *device, devlock::vfio::MdevState::active);
      });
      return 0;
    }
  };
};

/// A creation that failed still looks like a child, until its reference goes.
struct FailedIsAChild {
  template <class Gate, Symptom Looks>
  struct Parent : RightParent<Gate, Looks> {
    using RightParent<Gate, Looks>::RightParent;
    template <class Context>
    int create(const Context& context, const devlock::vfio::Uuid& uuid) DEVLOCK_REQUIRES(context) {
      const auto handler = this->create_file_.enter();
      DeviceOf<Looks>* device = nullptr;
      if (!handler || this->reserve(context, uuid, device) != 0) {
        return ENODEV;
      }
      int error = ENODEV;
      (void)this->gate_.run(context, [&](const auto& inside) {
        inside.assume();
        (void)this->driver_->attach(inside, *device);
        this->become(inside, *device, devlock::vfio::MdevState::registered);
        error = this->driver_->add_files(*device);
        this->driver_->detach(inside, *device);
      });
      this->put(context, *this->list_, *this->driver_, *device);
      return error;
    }
  };
};

/// Linux 6.12: available_instances is not put back.
struct LosesAnInstance {
  template <class Gate, Symptom Looks>
  struct Parent : RightParent<Gate, Looks> {
    using RightParent<Gate, Looks>::RightParent;
    template <class Context>
    int create(const Context& context, const devlock::vfio::Uuid& uuid) DEVLOCK_REQUIRES(context) {
      if (!this->driver_->fails(Fails::allocate)) {
        return RightParent<Gate, Looks>::create(context, uuid);
      }
      devlock::Guard lock{context, this->list_->lock};
      if (this->available_.get() == 0U) {
        return EUSERS;
      }
      this->available_.set(this->available_.get() - 1U);
      return ENOMEM;
    }
  };
};

/// Whoever writes to the remove file removes the device.
struct EachIsFirst {
  template <class Gate, Symptom Looks>
  struct Parent : RightParent<Gate, Looks> {
    using RightParent<Gate, Looks>::RightParent;
    template <class Context>
    static int remove(const Context& context, DeviceOf<Looks>& device) DEVLOCK_REQUIRES(context) {
      auto handler = device.remove_file.enter();
      if (!handler) {
        return ENODEV;
      }
      auto& parent = static_cast<Parent&>(Parent::of(device));
      const bool entered = parent.gate_.run(context, [&](const auto& inside) {
        inside.assume();
        handler.leave();
        parent.become(inside, device, devlock::vfio::MdevState::leaving);
        parent.take_away(inside, device);
      });
      return entered ? 0 : ENODEV;
    }
  };
};

/// The second of two writers does not wait for the first.
struct LoserGoesOn {
  template <class Gate, Symptom Looks>
  struct Parent : RightParent<Gate, Looks> {
    using RightParent<Gate, Looks>::RightParent;
    template <class Context>
    static int remove(const Context& context, DeviceOf<Looks>& device) DEVLOCK_REQUIRES(context) {
      auto handler = device.remove_file.enter();
      if (!handler) {
        return ENODEV;
      }
      auto& parent = static_cast<Parent&>(Parent::of(device));
      typename DeviceOf<Looks>::File::User removal;
      int error = ENODEV;
      (void)parent.gate_.run(context, [&](const auto& inside) {
        inside.assume();
        error = parent.claim(inside, device, removal);
        handler.leave();
        if (removal) {
          parent.take_away(inside, device);
        }
      });
      return error;
    }
  };
};

/// A uuid that is on its way out counts as free, while somebody still has the device.
struct FreesUuidEarly {
  template <class Gate, Symptom Looks>
  struct Parent : RightParent<Gate, Looks> {
    using RightParent<Gate, Looks>::RightParent;
    template <class Context>
    int create(const Context& context, const devlock::vfio::Uuid& uuid) DEVLOCK_REQUIRES(context) {
      DeviceOf<Looks>* device = nullptr;
      {
        devlock::Guard lock{context, this->list_->lock};
        if (this->list_->find_if([&](const auto& one) {
              return one.uuid == uuid && one.state.get() != devlock::vfio::MdevState::leaving;
            }) != nullptr) {
          return EEXIST;
        }
        device = this->driver_->allocate(uuid);
        this->available_.set(this->available_.get() - 1U);
        device->parent.set(this);
        this->list_->add(*device);
      }
      (void)this->gate_.run(context, [&](const auto& inside) {
        inside.assume();
        (void)this->add(inside, *device);
      });
      return 0;
    }
  };
};

template <class Gate, class How = AsItShould, Symptom Looks = Symptom::all>
class Parent {
 public:
  using Device = DeviceOf<Looks>;
  using Known = typename Driver<Looks>::Known;

  Parent(unsigned instances, const int (&uuids)[most])
      : parent_(list_, driver_, instances),
        slots_{Device(uuids[0]), Device(uuids[1]), Device(uuids[2])},
        max_(instances) {
    devlock::check::name(list_.lock, "mdev_list_lock");
    devlock::check::name(Inner::available(parent_), "available");
    devlock::check::name(Inner::create_file(parent_), "create file");
    devlock::check::name(driver_.parent_is_there, "the parent is there");
    for (unsigned i = 0; i != most; ++i) {
      driver_.slots[i] = &slots_[i];
      devlock::check::name(slots_[i].references, "users of mdev", i);
      devlock::check::name(slots_[i].remove_file, "remove file", i);
      devlock::check::name(slots_[i].removal, "removal", i);
      devlock::check::name(slots_[i].state, "state of mdev", i);
      devlock::check::name(slots_[i].parent, "parent of mdev", i);
      devlock::check::name(slots_[i].known, "attached", i);
      devlock::check::name(slots_[i].exists, "there is mdev", i);
      devlock::check::name(slots_[i].file_taken, "file taken away", i);
    }
  }

  // An mdev that was created before the scenario begins, with a reference of a writer of its remove file.
  void make(unsigned i, unsigned writers) {
    ThreadContext root;
    driver_.use(&slots_[i], Fails::nowhere);
    require(parent_.create(root, slots_[i].uuid) == 0, "it is created");
    for (unsigned k = 0; k != writers; ++k) {
      require(slots_[i].references.get_unless_zero(), "it is there");
    }
  }
  void create(unsigned i, Fails fails = Fails::nowhere) {
    ThreadContext root;
    driver_.use(&slots_[i], fails);
    switch (parent_.create(root, slots_[i].uuid)) {
      case 0:
        mark("created");
        break;
      case EEXIST:
        mark("create: EEXIST");
        break;
      case EUSERS:
        mark("create: EUSERS");
        break;
      case ENOMEM:
        mark("create: ENOMEM");
        break;
      case ENODEV:
        mark("create: ENODEV");
        break;
      default:
        require(false, "an errno of create");
    }
  }
  // Of a device that was made: this thread has a reference.
  void remove(unsigned i) {
    ThreadContext root;
    remove(root, slots_[i]);
    put(root, slots_[i]);
  }
  // Of a device that may not be there yet.
  void remove_early(unsigned i) {
    ThreadContext root;
    if (find(root, i)) {
      remove(root, slots_[i]);
      put(root, slots_[i]);
    } else {
      mark("remove: no device yet");
    }
  }
  // Somebody has the device for a while.
  void hold(unsigned i) {
    ThreadContext root;
    if (find(root, i)) {
      mark("held");
      require(slots_[i].exists.get(), "who has a reference has the device");
      put(root, slots_[i]);
    }
  }
  void unregister() {
    ThreadContext root;
    parent_.unregister(root);
    driver_.parent_is_there.set(false);  // freed
    mark("unregistered");
    unregistered_ = true;
  }
  void expect_end() {
    unsigned live = 0;
    for (Device& one : slots_) {
      const bool child = one.known.get() == Driver<Looks>::attached;
      live += child ? 1U : 0U;
      if (Looks == Symptom::all) {
        require(!child || !one.file_taken.get(), "a device that stays keeps its remove file");
        require(one.exists.get() == child, "what was removed is released");
      }
      if (Driver<Looks>::looks_for(Symptom::orphan)) {
        require(!child || !unregistered_, "after unregister there is no child");
      }
    }
    if (Looks == Symptom::all) {
      ThreadContext root;
      require(parent_.available(root) + live == max_, "available + live == max");
    }
  }

 private:
  using Base = RightParent<Gate, Looks>;
  struct Inner : Base {
    static auto& available(Base& parent) { return parent.*&Inner::available_; }
    static auto& create_file(Base& parent) { return parent.*&Inner::create_file_; }
  };
  template <class Context>
  static void remove(const Context& context, Device& device) DEVLOCK_REQUIRES(context) {
    switch (How::template Parent<Gate, Looks>::remove(context, device)) {
      case 0:
        mark("removed");
        if (Driver<Looks>::looks_for(Symptom::second_release)) {
          require(device.known.get() != Driver<Looks>::attached, "the device is gone when its remove succeeds");
        }
        break;
      case ENODEV:
        mark("remove: ENODEV");
        break;
      case EAGAIN:
        mark("remove: EAGAIN");
        break;
      default:
        require(false, "an errno of remove");
    }
  }
  template <class Context>
  bool find(const Context& context, unsigned i) DEVLOCK_REQUIRES(context) {
    devlock::Guard lock{context, list_.lock};
    return list_.find(slots_[i].uuid) == &slots_[i] && slots_[i].references.get_unless_zero();
  }
  template <class Context>
  void put(const Context& context, Device& device) DEVLOCK_REQUIRES(context) {
    Base::put(context, list_, driver_, device);
  }

  Driver<Looks> driver_;
  devlock::vfio::MdevList<Sync, KernelOrder> list_;
  typename How::template Parent<Gate, Looks> parent_;
  Device slots_[most];
  const unsigned max_;
  bool unregistered_ = false;
};

}  // namespace catalogue::mdev

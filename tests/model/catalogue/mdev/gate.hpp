// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What keeps create and remove of mdevs apart from the unregistering of their parent: nothing, as before the seed; the
// library's gate, a Rundown, which is the seed's SRCU in effect; unreg_sem tried by readers, which landed; and wrong ones.
//
//   Gate::run(context, act)     one of many: acts, or answers false because the parent is leaving
//   Gate::closed(context, act)  the one closer: waits for those inside, then acts
#pragma once

#include "model/catalogue/order.hpp"

#include "devlock/check/check.hpp"
#include "devlock/order/condition.hpp"
#include "devlock/vfio/mdev_gate.hpp"

namespace catalogue::mdev {

/// What a gate without a lock of this class gives its users: the class.
struct Inside {
  using lifetime_class = unreg_sem;
};

class NoGate {
 public:
  template <class Context, class Act>
  bool run(const Context& context, Act act) DEVLOCK_REQUIRES(context) {
    Inside here;
    const devlock::Through inside{context, here};
    act(inside);
    return true;
  }
  template <class Context, class Act>
  void closed(const Context& context, Act act) DEVLOCK_REQUIRES(context) {
    Inside here;
    const devlock::Through inside{context, here};
    act(inside);
  }
};

/// The library's: a Rundown.
using RundownGate = devlock::vfio::MdevGate<Sync, KernelOrder>;

/// Whether unreg_sem lets remove in again when unregister is over. Linux: yes, and nothing waits for a remove that removed its
/// own file.
struct OpensAgain {
  static constexpr bool stays_closed = false;
};
struct StaysClosed {
  static constexpr bool stays_closed = true;
};
/// Linux since 5.2: a rwsem, tried by create and remove.
template <class Afterwards>
class TriedSemaphore {
 public:
  template <class Context, class Act>
  bool run(const Context& context, Act act) DEVLOCK_REQUIRES(context) {
    devlock::SharedTryGuard reader{context, sem_};
    const bool enters = reader.owns_lock() && !(Afterwards::stays_closed && left_);
    if (enters) {
      act(reader);
    }
    return enters;
  }
  template <class Context, class Act>
  void closed(const Context& context, Act act) DEVLOCK_REQUIRES(context) {
    devlock::Guard writer{context, sem_};
    left_ = true;
    act(writer);
  }

 protected:
  SharedMutex<unreg_sem> sem_;
  bool left_ = false;  // under sem_
};

/// Create and remove wait for it: the writer drains their handlers, which wait for the writer.
class AwaitedSemaphore : public TriedSemaphore<StaysClosed> {
 public:
  template <class Context, class Act>
  bool run(const Context&, Act act) {
    const Unchecked unchecked("a handler waits for the semaphore whose writer drains it");
    devlock::SharedGuard reader{unchecked, sem_};
    if (!left_) {
      act(reader);
    }
    return !left_;
  }
};

/// A count under a lock, and a closer that sleeps until it is zero.
struct NotifiesUnderTheLock {
  static constexpr bool notifies = true;
  static constexpr bool looks_outside = false;
};
struct NotifiesNobody : NotifiesUnderTheLock {
  static constexpr bool notifies = false;
};
struct LooksOutside : NotifiesUnderTheLock {
  static constexpr bool looks_outside = true;
};
template <class How>
class CountedGate {
 public:
  CountedGate() {
    devlock::check::name(lock_, "lock of the count");
    devlock::check::name(unused_, "unused");
  }
  template <class Context, class Act>
  bool run(const Context& context, Act act) DEVLOCK_REQUIRES(context) {
    {
      devlock::Guard lock{context, lock_};
      if (leaving_.get()) {
        return false;
      }
      users_.store(users_.load(std::memory_order_relaxed) + 1U,
                   std::memory_order_relaxed);  // under lock_, as all but one
    }
    {
      Inside here;
      const devlock::Through inside{context, here};
      act(inside);
    }
    devlock::Guard lock{context, lock_};
    const unsigned left = users_.load(std::memory_order_relaxed) - 1U;
    users_.store(left, std::memory_order_release);  // pairs with who looks outside
    if (left == 0U && leaving_.get() && How::notifies) {
      unused_.notify_all();
    }
    return true;
  }
  template <class Context, class Act>
  void closed(const Context& context, Act act) DEVLOCK_REQUIRES(context) {
    {
      const Unchecked alone("a condition wait under a ContextFor; no closer here holds a lock");
      devlock::Guard lock{alone, lock_};
      leaving_.set(true);
      if (!How::looks_outside) {
        unused_.wait(lock, [this] { return users_.load(std::memory_order_relaxed) == 0U; });
      }
    }
    if (How::looks_outside && users_.load(std::memory_order_acquire) != 0U) {  // pairs with the store in run()
      const Unchecked alone("as above");
      devlock::Guard lock{alone, lock_};
      bool woken = false;
      unused_.wait(lock, [&woken] { return std::exchange(woken, true); });
    }
    Inside here;
    const devlock::Through inside{context, here};
    act(inside);
  }

 private:
  Mutex<mdev_list_lock> lock_;
  devlock::Condition<Sync::condition_variable> unused_;
  Var<bool> leaving_{false};
  Sync::atomic<unsigned> users_{0U};
};

/// A gate by itself: users who each add a child, and the closer after whom nobody adds one.
template <class Gate, unsigned Users>
struct GateAlone {
  static constexpr unsigned threads = Users + 1;
  void thread(unsigned index) {
    ThreadContext root;
    if (index != Users) {
      const bool entered = gate.run(root, [this](const auto& context) {
        context.assume();
        devlock::check::require(!closed, "nobody is inside after the close");
        devlock::Guard lock{context, list};
        children.set(children.get() + 1);
      });
      devlock::check::mark(entered ? "entered" : "refused");
      return;
    }
    gate.closed(root, [this](const auto& context) {
      context.assume();
      closed = true;
      devlock::Guard lock{context, list};
      left = children.get();
    });
    devlock::check::mark("closed");
  }
  void after() { devlock::check::require(children.get() == left, "after the close there is no new child"); }

  Gate gate;
  Mutex<iommu_group_lock> list;  // a leaf
  Var<int> children{0};
  int left = 0;
  bool closed = false;
};

}  // namespace catalogue::mdev

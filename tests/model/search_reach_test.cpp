// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// How far the reduced search reaches: scenarios of the kernel's locks with blocking mutexes, read-write locks, condition
// variables and futex waits, which full search does not finish. Each prints its executions and seconds.
#include "model/support/expect.hpp"
#include "model/support/race.hpp"

namespace {

using namespace model;
using devlock::RelacySync;
using devlock::check::check;
using devlock::check::Extent;
using devlock::check::mark;
using devlock::check::require;
using Mutex = RelacySync::mutex;
using Lock = std::unique_lock<Mutex>;

// kvm-vfio: the VM holds a pointer in the group, and vfio-ap needs the VM's lock when a device is opened.
struct KvmVfio {
  Mutex kvm_lock;
  Mutex group_lock;
  Mutex dev_set_lock;
  Mutex guests_lock;
  Mutex kvm_ref_lock;
  Mutex mdevs_lock;
  RelacySync::var<int> kvm_pointer{0};
  RelacySync::var<int> matrix{0};

  // vfio_ap_mdev_set_kvm
  void set_kvm() {
    Lock guests(guests_lock);
    Lock kvm(kvm_lock);
    Lock mdevs(mdevs_lock);
    matrix.set(matrix.get() + 1);
  }
};

// The device file's release takes group_lock under kvm->lock; an open takes kvm->lock under group_lock.
struct GroupLockGuardsThePointer : KvmVfio {
  static constexpr unsigned threads = 3;
  void thread(unsigned index) {
    if (index == 0) {
      Lock kvm(kvm_lock);
      Lock group(group_lock);
      kvm_pointer.set(0);
    } else if (index == 1) {
      Lock group(group_lock);
      (void)kvm_pointer.get();
      Lock dev_set(dev_set_lock);
      set_kvm();
    } else {
      set_kvm();
    }
  }
};

// A spinlock of its own guards the pointer.
template <int Times>
struct RefLockGuardsThePointer : KvmVfio {
  static constexpr unsigned threads = 3;
  void thread(unsigned index) {
    for (int i = 0; i != Times; ++i) {
      if (index == 0) {
        Lock kvm(kvm_lock);
        Lock ref(kvm_ref_lock);
        kvm_pointer.set(0);
      } else if (index == 1) {
        Lock group(group_lock);
        Lock dev_set(dev_set_lock);
        {
          Lock ref(kvm_ref_lock);
          (void)kvm_pointer.get();
        }
        set_kvm();
      } else {
        set_kvm();
      }
    }
  }
};
TEST_CASE("The deadlock of kvm->lock and group_lock is found at once, and the spinlock of its own is proved") {
  const Result bug = check<GroupLockGuardsThePointer>();
  CHECK(bug.outcome == Outcome::deadlock);
  CHECK(bug.executions <= 100);
  report("kvm-vfio, group_lock guards the pointer", bug);
  CHECK(expect_verified<RefLockGuardsThePointer<1>>("kvm-vfio, kvm_ref_lock").executions <= 100);
  CHECK(expect_verified<RefLockGuardsThePointer<2>>("kvm-vfio, kvm_ref_lock, twice over").executions <= 2000);
}

// An mdev is removed while it is opened and closed: the removal waits for the last user.
template <bool NotifiesUnderTheLock>
struct MdevRemoval {
  Mutex mutex;
  RelacySync::condition_variable unused;
  RelacySync::var<int> users{0};
  RelacySync::var<bool> gone{false};
  void use() {
    {
      Lock lock(mutex);
      if (gone.get()) {
        mark("refused");
        return;
      }
      users.set(users.get() + 1);
    }
    mark("used");
    Lock lock(mutex);
    users.set(users.get() - 1);
    if (!NotifiesUnderTheLock) {
      lock.unlock();
    }
    unused.notify_all();
  }
  void remove() {
    Lock lock(mutex);
    gone.set(true);
    unused.wait(lock, [&] { return users.get() == 0; });
    mark("removed");
  }
};
template <unsigned Users>
struct Mdev : MdevRemoval<true> {
  static constexpr unsigned threads = Users + 1;
  void thread(unsigned index) { index == 0 ? remove() : use(); }
};
// Looks at the count without the mutex, and sleeps though the last user has left.
struct MdevLooksOutside : MdevRemoval<true> {
  static constexpr unsigned threads = 2;
  RelacySync::atomic<int> left;
  void thread(unsigned index) {
    if (index == 0) {
      if (left.load() == 0) {
        Lock lock(mutex);
        unused.wait(lock);
      }
    } else {
      left.store(1);
      unused.notify_all();
    }
  }
};
TEST_CASE("An mdev's removal waits for its users, with one, two and three of them") {
  expect_verified<Mdev<1>>("mdev removal, 1 user", {"refused", "used", "removed"});
  expect_verified<Mdev<2>>("mdev removal, 2 users", {"refused", "used", "removed"});
  CHECK(expect_verified<Mdev<3>>("mdev removal, 3 users", {"refused", "used", "removed"}).executions <= 5000);
  expect_found<MdevLooksOutside>("mdev, lost wakeup", Outcome::lost_wakeup, 100);
}

// Two threads that give way to each other for ever. Each turn is alike, so only a search that follows the one schedule
// in which they always meet finds it.
template <bool GivesUp>
struct GiveWay {
  static constexpr unsigned threads = 2;
  RelacySync::mutex locks[2];
  void thread(unsigned index) {
    for (int turn = 0; !GivesUp || turn != 2; ++turn) {
      locks[index].lock();
      if (locks[1 - index].try_lock()) {
        mark("took both");
        locks[1 - index].unlock();
        locks[index].unlock();
        return;
      }
      mark("gave way");
      locks[index].unlock();
      RelacySync::pause();
    }
  }
};
TEST_CASE("A livelock of two that give way is found; if they give up after two turns there is none") {
  const Result livelock = check<GiveWay<false>>({.executions = 100000, .depth = 200, .shorten = 0});
  report("give way for ever", livelock);
  CHECK(livelock.outcome == Outcome::livelock);
  expect_verified<GiveWay<true>>("give way twice", {"took both", "gave way"});
}

// The tree of a switch.
using Plain = PlainDeviceLock<WatchedSync>;
struct SixRequests {
  static constexpr Request of_threads[] = {{ScopeKind::bus, down0},         {ScopeKind::function, end0},
                                           {ScopeKind::function, end1},     {ScopeKind::subordinate, down0},
                                           {ScopeKind::subordinate, down1}, {ScopeKind::function, down0}};
};
struct FourRequests {
  static constexpr Request of_threads[] = {
      {ScopeKind::bus, down0}, {ScopeKind::function, end0}, {ScopeKind::function, end1}, {ScopeKind::subordinate, down0}};
};
TEST_CASE("Four and six threads race for overlapping scopes of a switch: all or nothing, in every schedule") {
  CHECK(expect_verified<Race<Plain, FourRequests, Winners::release>>("four scopes").executions <= 1000);
  expect_verified<Race<Plain, SixRequests, Winners::release>>("six scopes");
  expect_verified<Race<Plain, SixRequests, Winners::keep_until_all_tried>>("six scopes, winners keep");
}

}  // namespace

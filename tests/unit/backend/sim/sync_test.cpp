// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The host over a Sync policy that is not the standard one: its mutex watches its owner, so it finds a lock that is given back by
// another thread, given back twice or taken twice.
#include <atomic>
#include <mutex>
#include <vector>

#include "unit/backend/sim/support.hpp"

using namespace sim_test;

namespace {

std::atomic<int> mistakes{0};
std::atomic<long> taken{0};

class WatchingMutex {
 public:
  void lock() {
    mistakes += owner_.load() == std::this_thread::get_id() ? 1 : 0;
    mutex_.lock();
    enter();
  }
  bool try_lock() {
    if (owner_.load() == std::this_thread::get_id() || !mutex_.try_lock()) {
      return false;
    }
    enter();
    return true;
  }
  void unlock() {
    if (owner_.load() != std::this_thread::get_id()) {
      ++mistakes;
      return;
    }
    owner_.store(std::thread::id());
    mutex_.unlock();
  }

 private:
  void enter() {
    ++taken;
    owner_.store(std::this_thread::get_id());
  }
  std::mutex mutex_;
  std::atomic<std::thread::id> owner_{};
};

struct WatchingSync {
  template <class T>
  using atomic = std::atomic<T>;
  using mutex = WatchingMutex;
  template <class T>
  class var {
    static_assert(std::is_scalar_v<T>);

   public:
    explicit var(T value) : value_(value) {}
    [[nodiscard]] T get() const { return value_; }
    void set(T value) { value_ = value; }

   private:
    T value_;
  };
  static void pause() { std::this_thread::yield(); }
};
static_assert(Backend<sim::BasicHost<WatchingSync>>);

}  // namespace

TEST_CASE("the watching mutex notices an unlock by somebody else") {
  mistakes = 0;
  WatchingMutex mutex;
  mutex.lock();
  std::thread([&] { mutex.unlock(); }).join();
  CHECK(mistakes == 1);
  mutex.unlock();
  mutex.unlock();
  CHECK(mistakes == 2);
}

TEST_CASE("a whole life of a device on another policy: every lock goes back, by the thread that took it") {
  mistakes = 0;
  taken = 0;
  {
    BasicRig<WatchingSync> rig;
    rig.root.assume();
    for (int round = 0; round != 20; ++round) {
      rig.give(example::pair_a, "vfio-pci");
      rig.give(example::pair_b, "vfio-pci");
      auto vm = rig.host.create_vm(rig.root);
      auto session = rig.open(example::pair_a);
      REQUIRE(answer(vm->attach(rig.root, session.group)) == "ok");
      auto sibling = rig.open_device(session.group, example::pair_b);
      std::vector<std::thread> threads;
      for (const pci::Address address : {example::pair_a, example::pair_b}) {
        threads.emplace_back([&, address] {
          vfio::ThreadContext root;
          (void)rig.host.unbind(root, address).has_value();
        });
        threads.emplace_back([&] { (void)rig.host.try_reset_bus(example::pair_root).has_value(); });
      }
      (void)session.device.reset(rig.root).has_value();
      rig.observer.await_unbind_wait(example::pair_a);
      rig.observer.await_unbind_wait(example::pair_b);
      CHECK(answer(session.device.reset(rig.root)) == "EAGAIN contended");
      CHECK(answer(session.device.close(rig.root)) == "ok");
      CHECK(answer(sibling.close(rig.root)) == "ok");
      CHECK(answer(vm->detach(rig.root, session.group)) == "ok");
      for (auto& thread : threads) {
        thread.join();
      }
      CHECK(rig.driver_of(example::pair_a).empty());
      CHECK(rig.driver_of(example::pair_b).empty());
    }
  }
  CHECK(mistakes == 0);
  CHECK(taken > 1000);
}

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Threads that race for one device, group or VM: every answer is one of those that the operation admits, and is printed. A part of
// guest_test.
#include "guest.hpp"

#include <array>
#include <cerrno>

#include "answers.hpp"

using namespace guest;

namespace {
// A number that one thread raises and others wait for; its end lets all of them go on.
class Rounds {
 public:
  Rounds() = default;
  Rounds(const Rounds&) = delete;
  Rounds& operator=(const Rounds&) = delete;
  ~Rounds() { raise(ended); }

  void raise(int to) {
    round_ = to;
    round_.notify_all();
  }
  /// False once this has ended.
  [[nodiscard]] bool wait_for(int round) const {
    int now = round_;
    while (now < round) {
      round_.wait(now);
      now = round_;
    }
    return now != ended;
  }
  static constexpr int ended = 1 << 30;

 private:
  std::atomic<int> round_{0};
};

// Opens the device of this group while another thread binds its driver.
std::optional<Session> try_open(Host& host, Context& context, Address address, int id, Answers& answers)
    DEVLOCK_REQUIRES(context) {
  // No VFIO device of the group yet, or not any more, or its node is there and leads nowhere (ENXIO); when the last one leaves, the group leaves its container (EINVAL).
  auto group = host.open_group(context, id);
  if (!answers.note("open group", group, {ENOENT, ENODEV, ENXIO})) {
    return std::nullopt;
  }
  auto container = host.open_container();
  if (!answers.note("open container", container, {}) ||
      !answers.note("set container", group->set_container(context, *container), {ENODEV}) ||
      !answers.note("set IOMMU", container->set_iommu(context), {EINVAL})) {
    return std::nullopt;
  }
  // The bind still has the device_lock, or the device is not registered yet.
  auto device = group->open_device(context, address);
  if (!answers.note("open device", device, {ENODEV, EAGAIN})) {
    return std::nullopt;
  }
  return Session{std::move(*container), std::move(*group), std::move(*device)};
}

// One thread opens the device as soon as it is there and resets it until it is told that its lock is taken; another unbinds the driver,
// which waits for the first to close, and binds it again.
void reset_against_unbind(Address address, int rounds) {
  const NothingOpen nothing;
  Host host;
  Context context;
  Answers answers;
  Assigned assigned(host, context, address);
  const int id = value(host.device(address)).iommu_group;
  {
    Worker<void> driver;
    Rounds opened;
    driver.start([&](Context& own) -> Result<void> {
      own.assume();
      for (int round = 1; round <= rounds && opened.wait_for(round); ++round) {
        if (!answers.note("unbind", host.unbind(own, address), {}) ||
            !answers.note("bind", host.bind(own, address, "vfio-pci"), {})) {
          break;
        }
      }
      return {};
    });
    for (int round = 1; round <= rounds; ++round) {
      auto session = try_open(host, context, address, id, answers);
      for (int tries = 1; !session && answers.wrong().empty() && tries != 100000; ++tries) {
        std::this_thread::yield();
        session = try_open(host, context, address, id, answers);
      }
      if (!session) {
        break;
      }
      opened.raise(round);
      while (answers.note("reset", session->device.reset(context), {EAGAIN})) {
      }
      (void)answers.note("close device", session->device.close(context), {});
    }
    opened.raise(Rounds::ended);
    value(driver.join());
  }
  answers.print(std::to_string(rounds) + " rounds of resets of " + to_string(address) + " against unbind and bind");
  REQUIRE(answers.wrong() == "");
  for (const char* each : {"unbind", "bind", "open device", "close device"}) {
    INFO(each);
    REQUIRE(answers.count(each, "ok") == rounds);
  }
  REQUIRE(answers.count("reset", "contended EAGAIN") == rounds);
}
}  // namespace

TEST_CASE("200 rounds of resets of edu against unbind and bind", "[race_edu]") {
  reset_against_unbind(edu(), 200);
}

TEST_CASE("20 rounds of resets of e1000e against unbind and bind", "[race_nic]") {
  reset_against_unbind(switch_nic(), 20);
}

TEST_CASE("20 rounds of resets of nvme against unbind and bind", "[race_nvme]") {
  reset_against_unbind(nvme(), 20);
}

TEST_CASE("hot resets of a pair against resets, opens and closes of its other function", "[race_pair]") {
  const NothingOpen nothing;
  Host host;
  Context context;
  Answers answers;
  Assigned first(host, context, pair_first());
  Assigned second(host, context, pair_second());
  Session session = Session::open(host, context, pair_first());
  const std::array mine{&session.group};
  {
    Worker<void> other;
    std::atomic<bool> ends{false};
    other.start([&](Context& own) -> Result<void> {
      own.assume();
      while (!ends) {
        auto sibling = session.group.open_device(own, pair_second());
        if (answers.note("open sibling", sibling, {EAGAIN})) {
          (void)answers.note("reset sibling", sibling->reset(own), {EAGAIN});
          (void)answers.note("close sibling", sibling->close(own), {});
        }
      }
      return {};
    });
    for (int round = 0; round != 10; ++round) {
      // Refused while the other function is reset, until it is tried between two of its resets.
      for (int tries = 0; tries != 100000 && answers.wrong().empty() &&
                          !answers.note("hot reset", session.device.hot_reset(context, mine), {EAGAIN, EBUSY});
           ++tries) {
        std::this_thread::yield();
      }
      (void)answers.note("reset", session.device.reset(context), {EAGAIN});
    }
    ends = true;
    value(other.join());
  }
  answers.print("10 hot resets of a pair against its other function");
  REQUIRE(answers.wrong() == "");
  REQUIRE(answers.count("open sibling", "ok") > 0);
  REQUIRE(answers.count("hot reset", "ok") == 10);
  // Nobody is there any more.
  value(session.device.hot_reset(context, mine));
}

TEST_CASE("two threads attach a group to one VM and detach it", "[race_attach]") {
  const NothingOpen nothing;
  Host host;
  Context context;
  Answers answers;
  Assigned assigned(host, context, edu());
  auto group = value(host.open_group(context, value(host.device(edu())).iommu_group));
  auto machine = value(host.create_vm(context));
  constexpr int rounds = 500;
  const auto work = [&](Context& own) -> Result<void> {
    own.assume();
    for (int round = 0; round != rounds; ++round) {
      (void)answers.note("attach", machine.attach(own, group), {EEXIST});
      (void)answers.note("detach", machine.detach(own, group), {ENOENT});
    }
    return {};
  };
  {
    Worker<void> one;
    Worker<void> two;
    one.start(work);
    two.start(work);
    value(one.join());
    value(two.join());
  }
  answers.print("two threads, " + std::to_string(rounds) + " times attach and detach each");
  REQUIRE(answers.wrong() == "");
  REQUIRE(answers.count("attach", "ok") >= rounds);
  // Who was the last detached it.
  REQUIRE(answers.count("attach", "ok") == answers.count("detach", "ok"));
  REQUIRE(error(machine.detach(context, group)).error_number == ENOENT);
}

TEST_CASE("VMs come and go with the group while its device is opened and closed", "[race_vm]") {
  const NothingOpen nothing;
  Host host;
  Context context;
  Answers answers;
  Assigned assigned(host, context, edu());
  const int id = value(host.device(edu())).iommu_group;
  constexpr int rounds = 15;
  {
    Session session = Session::open(host, context, edu());
    value(session.device.close(context));
    // Every other VM ends without a detach.
    const auto lives = [&](Context& own) -> Result<void> {
      own.assume();
      for (int round = 0; round != rounds; ++round) {
        auto machine = host.create_vm(own);
        if (!answers.note("create VM", machine, {})) {
          break;
        }
        (void)answers.note("attach", machine->attach(own, session.group), {});
        if (round % 2 == 0) {
          (void)answers.note("detach", machine->detach(own, session.group), {});
        }
        (void)answers.note("close VM", machine->close(own), {});
      }
      return {};
    };
    Worker<void> one;
    Worker<void> two;
    one.start(lives);
    two.start(lives);
    while (!one.finished() || !two.finished()) {
      auto device = session.group.open_device(context, edu());
      if (answers.note("open device", device, {})) {
        (void)answers.note("close device", device->close(context), {});
      }
    }
    value(one.join());
    value(two.join());
  }
  answers.print("two threads, " + std::to_string(rounds) + " VMs each, against opens of the device");
  REQUIRE(answers.wrong() == "");
  REQUIRE(answers.count("close VM", "ok") == 2 * rounds);
  REQUIRE(answers.count("open device", "ok") > 0);
  // No VM kept it.
  value(host.open_group(context, id));
}

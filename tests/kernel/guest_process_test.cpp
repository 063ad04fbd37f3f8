// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A group that goes from one process to another: by closing and opening it, and as an open descriptor. A part of guest_test.
#include "guest.hpp"

#include <cerrno>

#include "process.hpp"

using namespace guest;
using devlock::linux_host::Tenure;

namespace {
// For a process without Catch2: the answer in words.
template <class T>
std::string words(const Result<T>& result) {
  return result ? std::string("ok") : to_string(result.error());
}
}  // namespace

TEST_CASE("a group is held while another process has it, and opens when that has closed it", "[between]") {
  const NothingOpen nothing;
  Host host;
  Context context;
  Assigned assigned(host, context, edu());
  const int id = value(host.device(edu())).iommu_group;
  // Opens the whole device, resets it and closes it when it is told to, and says how that went.
  Process other([&](const Line& line) {
    Context own;
    const auto reset = [&]() -> Result<void> {
      own.assume();
      auto group = host.open_group(own, id);
      if (!group) {
        return devlock::failure(std::move(group.error()));
      }
      auto container = host.open_container();
      if (const auto set = group->set_container(own, *container); !set) {
        return set;
      }
      if (const auto iommu = container->set_iommu(own); !iommu) {
        return iommu;
      }
      auto device = group->open_device(own, edu());
      if (!device) {
        return devlock::failure(std::move(device.error()));
      }
      line.send(words(device->reset(own)));
      if (line.word() == "die") {
        ::_exit(7);
      }
      return {};
    };
    while (line.word() == "open") {
      const auto done = reset();
      line.send(done ? "closed" : words(done));
    }
    return 0;
  });
  const auto ask = [&](const char* what) {
    REQUIRE(other.line().send(what));
    return other.line().word();
  };
  for (int round = 0; round != 5; ++round) {
    {
      Session session = Session::open(host, context, edu());
      const std::string refused = ask("open");
      INFO(refused);
      REQUIRE(refused.find("held (EBUSY)") != std::string::npos);
      value(session.device.reset(context));
    }
    REQUIRE(ask("open") == "ok");
    REQUIRE(error(host.open_group(context, id)).error_class == ErrorClass::held);
    // What a process leaves open when it ends is closed, too.
    if (round == 4) {
      REQUIRE(other.line().send("die"));
      REQUIRE(other.end() == 7);
    } else {
      REQUIRE(ask("close") == "closed");
    }
    value(host.open_group(context, id));
  }
}

TEST_CASE("an open device is sent to another process, which has it when this one has closed it", "[sent]") {
  const NothingOpen nothing;
  Host host;
  Context context;
  Assigned assigned(host, context, edu());
  const int id = value(host.device(edu())).iommu_group;
  Worker<void> unbind;
  // Adopts what it is sent, and uses it when it is told to.
  Process other([&](const Line& line) {
    Context own;
    const auto over = host.handed_over();
    auto container = over.container(line.receive().second, Tenure::owned);
    if (!container) {
      line.send(words(container));
      return 1;
    }
    auto group = over.group(own, line.receive().second, Tenure::owned, &*container);
    if (!group) {
      line.send(words(group));
      return 1;
    }
    auto device = over.device(own, line.receive().second, Tenure::owned, edu(), &*group);
    line.send(words(device));
    if (!device || line.word() != "reset") {
      return 1;
    }
    line.send(words(device->reset(own)));
    (void)line.word();  // until it is told to end
    return device->close(own) && group->close(own) ? 0 : 2;
  });
  {
    Session session = Session::open(host, context, edu());
    REQUIRE(other.line().send("container", session.container.native()));
    REQUIRE(other.line().send("group", session.group.native()));
    REQUIRE(other.line().send("device", session.device.native()));
    REQUIRE(other.line().word() == "ok");
    // Both have it.
    value(session.device.reset(context));
  }
  REQUIRE(error(host.open_group(context, id)).error_class == ErrorClass::held);
  // An unbind waits for the other's descriptor as for one's own.
  unbind.start([&](Context& own) { return host.unbind(own.assume(), edu()); });
  unbind.wait_until_in(unbind_waits_in);
  REQUIRE(other.line().send("reset"));
  const std::string refused = other.line().word();
  INFO(refused);
  REQUIRE(refused.find("contended (EAGAIN)") != std::string::npos);
  REQUIRE(other.line().send("end"));
  REQUIRE(other.end() == 0);
  value(unbind.join());
  value(host.bind(context, edu(), "vfio-pci"));
  value(host.open_group(context, id));
}

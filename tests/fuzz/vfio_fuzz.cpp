// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// VFIO and KVM that lie: versions, flags, sizes and counts from the input, hot reset lists above all.
#include <array>
#include <optional>
#include <set>
#include <span>

#include "devlock/backend/hot_reset.hpp"
#include "devlock/sync/std.hpp"
#include "fuzz/support/check.hpp"

namespace {
using namespace fuzz;
using devlock::pci::Address;

template <class T>
void keep(std::optional<T>& place, devlock::Result<T> result) {
  if (whole(result)) {
    place.emplace(std::move(*result));
  }
}

// Descriptors of a launcher: what each is, is the input's word. The launcher closes what nobody took.
void adopt(Feed& feed, const devlock::vfio::ThreadContext& context, const Host& host, HostileKernel& kernel) {
  context.assume();
  using devlock::linux_host::Tenure;
  const Tenure tenure = feed.byte() % 2U == 0 ? Tenure::owned : Tenure::borrowed;
  const int fd = kernel.hand_over();
  const int link = kernel.hand_over();
  switch (feed.byte() % 4U) {
    case 0:
      whole(host.handed_over().container(fd, tenure));
      break;
    case 1:
      if (const auto group = host.handed_over().group(context, fd, tenure); whole(group)) {
        require(group->id() >= 0, "a group below zero");
      }
      break;
    case 2:
      whole(host.handed_over().device(context, fd, tenure, {0, 1, 0, 0}));
      break;
    default:
      whole(host.handed_over().vm(context, fd, tenure, link));
      break;
  }
  kernel.launcher_closes(fd);
  kernel.launcher_closes(link);
}

// A device by itself, with an iommufd.
void use_cdev(Feed& feed, const devlock::vfio::ThreadContext& context, const Host& host) {
  context.assume();
  auto iommufd = host.open_iommufd();
  auto device = host.open_cdev(context, {0, 1, 0, 0});
  if (!whole(iommufd) || !whole(device)) {
    return;
  }
  auto space = iommufd->create_ioas();
  whole(space);
  whole(device->bind(context, *iommufd));
  if (space) {
    whole(device->attach(context, *space));
  }
  if (const auto listed = device->hot_reset_info(context, feed.word()); whole(listed)) {
    require(listed->size() <= devlock::every_function, "more than there are");
  }
  whole(device->hot_reset(context));
  whole(device->detach(context));
  if (space) {
    whole(space->close());
  }
}

void use_device(Feed& feed, const devlock::vfio::ThreadContext& context, Host::Group& group, Host::Device& device) {
  context.assume();
  devlock::pci::Topology<devlock::DeviceLock<devlock::StdSync>> tree;
  tree.add({0, 0, 1, 0});
  tree.add({0, 1, 0, 0}, Address{0, 0, 1, 0});
  tree.add({0, 1, 0, 1}, Address{0, 0, 1, 0});
  const std::array mine{&group};
  for (int operations = 0; operations != 8 && !feed.empty(); ++operations) {
    switch (feed.byte() % 6U) {
      case 0:
        whole(device.reset(context));
        break;
      case 1:
        whole(device.watch_unplug(context));
        break;
      case 2:
        whole(device.unplug_requested());
        break;
      case 3: {
        const std::size_t room = feed.word();
        const auto listed = device.hot_reset_info(context, room);
        if (whole(listed)) {
          require(listed->size() <= room && listed->size() <= devlock::every_function, "more than there is room for");
          require(std::any_of(listed->begin(), listed->end(),
                              [&](const auto& one) { return one.address == device.address(); }),
                  "a list without the device");
        }
        break;
      }
      case 4:
        whole(device.hot_reset(context, std::span<Host::Group* const>(mine)));
        break;
      default:
        whole(devlock::try_hot_reset(context, device, std::span<Host::Group* const>(mine), tree));
        break;
    }
  }
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Feed feed(data, size);
  HostileKernel kernel(feed);
  {
    const Host host(paths(), HostileSys(kernel));
    const devlock::vfio::ThreadContext context;
    context.assume();
    while (feed.byte() % 4U == 3) {
      adopt(feed, context, host, kernel);
    }
    if (feed.byte() % 4U == 3) {
      use_cdev(feed, context, host);
    }
    std::optional<Host::Container> container;
    std::optional<Host::Group> group;
    std::optional<Host::Vm> vm;
    std::optional<Host::Device> device;
    keep(container, host.open_container());
    keep(group, host.open_group(context, feed.byte() < 200 ? 7 : static_cast<int>(feed.word())));
    if (feed.byte() % 2U == 0) {
      keep(vm, host.create_vm(context));
    }
    if (group) {
      whole(group->status(context));
      if (container) {
        whole(group->set_container(context, *container));
        whole(container->set_iommu(context));
      }
      if (vm) {
        whole(vm->attach(context, *group));
      }
      keep(device, group->open_device(context, {0, 1, 0, 0}));
      if (device) {
        use_device(feed, context, *group, *device);
        whole(device->close(context));
      }
      if (vm) {
        whole(vm->detach(context, *group));
      }
      whole(group->unset_container(context));
      whole(group->close(context));
    }
    if (vm) {
      whole(vm->close(context));
    }
  }
  kernel.check_closed();
  return 0;
}

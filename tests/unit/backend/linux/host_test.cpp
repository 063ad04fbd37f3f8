// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The Linux backend is a Backend, over the real system calls and over the fake ones; its contexts are those of the kernel's
// locks; and on this machine, whatever it has, it answers and leaks nothing.
#include "support/catch.hpp"

#include <filesystem>
#include <type_traits>

#include "devlock/vfio/binding.hpp"
#include "unit/backend/linux/machine.hpp"

namespace vfio = devlock::vfio;
using namespace fake;

static_assert(devlock::Backend<devlock::linux_host::Host>);
static_assert(devlock::Backend<Host>);

// Handles have one owner; a destructor never throws.
template <class T>
constexpr bool one_owner =
    std::is_nothrow_move_constructible_v<T> && !std::is_copy_constructible_v<T> && std::is_nothrow_destructible_v<T>;
static_assert(one_owner<Host::Device>);
static_assert(one_owner<Host::Vm>);
static_assert(one_owner<Host::Group>);
static_assert(one_owner<Host::Container>);

// What waits for a class cannot be called where that class may not be waited for; what tries can.
template <class Context>
concept CanUnbind = requires(Host& host, const Context& context) {
  host.unbind(context, first);
};
template <class Context>
concept CanOverride = requires(Host& host, const Context& context) {
  host.set_driver_override(context, first, "vfio-pci");
  host.driver_override(context, first);
};
template <class Context>
concept CanOpenGroup = requires(Host& host, const Context& context) {
  host.open_group(context, group_number);
};
template <class Context>
concept CanResetDevice = requires(Host::Device& device, const Context& context) {
  device.reset(context);
};
template <class Context>
concept CanWatchUnplug = requires(Host::Device& device, const Context& context) {
  device.watch_unplug(context);
};
template <class Context>
concept CanSetIommu = requires(Host::Container& container, const Context& context) {
  container.set_iommu(context);
};
template <class Context>
concept CanCreateVm = requires(Host& host, const Context& context) {
  host.create_vm(context);
};
template <class Handle, class Context>
concept CanClose = requires(Handle& handle, const Context& context) {
  handle.close(context);
};
static_assert(CanUnbind<vfio::ThreadContext> && CanOpenGroup<vfio::ThreadContext>);
static_assert(CanUnbind<vfio::ContextFor<vfio::device_lock>>);
static_assert(!CanUnbind<vfio::ContextFor<vfio::open_device>>);
static_assert(CanOpenGroup<vfio::ContextFor<vfio::open_device>>);
static_assert(CanOverride<vfio::ContextFor<vfio::device_lock>> && !CanOverride<vfio::ContextFor<vfio::open_device>>);
static_assert(!CanOpenGroup<vfio::ContextFor<vfio::container_lock>>);
static_assert(CanResetDevice<vfio::ContextFor<vfio::memory_lock>>);
static_assert(!CanResetDevice<vfio::ContextFor<vfio::config_access>>);
static_assert(CanWatchUnplug<vfio::ContextFor<vfio::igate>> && !CanWatchUnplug<vfio::ContextFor<vfio::memory_lock>>);
static_assert(CanSetIommu<vfio::ContextFor<vfio::container_lock>>);
static_assert(!CanSetIommu<vfio::ContextFor<vfio::dev_set_lock>>);
static_assert(CanCreateVm<vfio::ContextFor<vfio::group_lock>> && !CanCreateVm<vfio::ContextFor<vfio::kvm_lock>>);
static_assert(CanClose<Host::Vm, vfio::ContextFor<vfio::group_lock>>);
static_assert(!CanClose<Host::Vm, vfio::ContextFor<vfio::kvm_lock>>);
static_assert(CanClose<Host::Group, vfio::ContextFor<vfio::group_lock>>);
static_assert(!CanClose<Host::Group, vfio::ContextFor<vfio::dev_set_lock>>);

namespace {
std::size_t open_descriptors() {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    count += entry.path().empty() ? 0 : 1;
  }
  return count;
}
}  // namespace

TEST_CASE("on this machine every question has an answer or a whole error, and no descriptor is left", "[host]") {
  const devlock::linux_host::Host host;
  const vfio::ThreadContext root;
  const auto before = open_descriptors();
  const auto whole = [](const auto& result) {
    if (!result) {
      INFO(to_string(result.error()));
      CHECK(result.error().error_number != 0);
      CHECK_FALSE(result.error().object.empty());
      CHECK_FALSE(result.error().reason.empty());
    }
    return result.has_value();
  };
  const auto all = host.devices();
  if (whole(all)) {
    for (const auto& info : *all) {
      whole(host.device(info.address));
    }
  }
  whole(host.open_container());
  whole(host.create_vm(root));
  CHECK_FALSE(whole(host.group_members(999999999)));
  CHECK_FALSE(whole(host.open_group(root, 999999999)));
  CHECK_FALSE(whole(host.device({0xffffffffU, 0xff, 31, 7})));
  CHECK_FALSE(whole(host.unbind(root, {0xffffffffU, 0xff, 31, 7})));
  CHECK_FALSE(whole(host.try_reset_bus({0xffffffffU, 0xff, 31, 7})));
  CHECK(open_descriptors() == before);
}

TEST_CASE("a function is lent to vfio-pci and given back with the driver that it had", "[host]") {
  Machine m;
  m.root.assume();
  bind_to(m.kernel, second, "e1000e");
  {
    auto lent = vfio::DriverBinding<Host>::take(m.root, m.host, second, "vfio-pci");
    INFO((lent ? std::string() : to_string(lent.error())));
    REQUIRE(lent);
    CHECK(m.host.device(second)->driver == "vfio-pci");
    REQUIRE(lent->restore(m.root));
  }
  CHECK(m.host.device(second)->driver == "e1000e");
  CHECK(m.host.driver_override(m.root, second)->empty());
  CHECK(m.kernel.open_descriptors() == 0);
}

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Operations with one line of their cleaning up left out, or one look at an answer. The matrix must find each, in a cell that
// is named here: otherwise it looks at nothing.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "unit/backend/linux/fault_matrix/operations.hpp"

namespace fake {

struct Twin {
  const char* what;
  Subject subject;
  std::string cell;     ///< the cell that must fail, as a finding names it
  std::string finding;  ///< and why
};

namespace detail {
inline devlock::Failure failed(Operation operation, long answer) {
  return devlock::failure(
      devlock::make_error(operation, "twin", static_cast<int>(-answer), "told to fail", "do not build this"));
}

// DriverBinding::take without the restore() of what it began.
inline Result<void> take_and_forget(Rig& r) {
  r.root.assume();
  if (auto set = r.host.set_driver_override(r.root, second, "vfio-pci"); !set) {
    return set;
  }
  if (auto left = r.host.unbind(r.root, second); !left) {
    return left;
  }
  auto bound = r.host.probe(r.root, second);
  return bound ? Result<void>() : devlock::failure(bound.error());
}

// BasicDevice::watch_unplug whose event has no owner until it is the device's.
inline Result<void> watch_and_leak(Rig& r) {
  const FakeSys sys(r.kernel);
  const long event = sys.eventfd(EFD_CLOEXEC | EFD_NONBLOCK);
  if (event < 0) {
    return failed(Operation::watch_unplug, event);
  }
  // argsz, flags, index, start, count of vfio_irq_set, and the descriptor.
  std::array<std::uint32_t, 6> request{24,
                                       VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
                                       VFIO_PCI_REQ_IRQ_INDEX,
                                       0,
                                       1,
                                       static_cast<std::uint32_t>(event)};
  const long done = sys.ioctl(r.device->native(), VFIO_DEVICE_SET_IRQS, devlock::linux_host::pointer_argument(request));
  if (done < 0) {
    return failed(Operation::watch_unplug, done);
  }
  return {};
}

// BasicVm::create whose machine has no owner until its kvm-vfio device is there.
inline Result<void> create_and_leak(Rig& r) {
  const FakeSys sys(r.kernel);
  const devlock::linux_host::Descriptor<FakeSys> kvm(sys, sys.open("/dev/kvm", O_RDWR | O_CLOEXEC));
  if (!kvm) {
    return failed(Operation::create_vm, -ENOENT);
  }
  const long machine = kvm.ioctl(KVM_CREATE_VM);
  if (machine < 0) {
    return failed(Operation::create_vm, machine);
  }
  kvm_create_device link{};
  link.type = KVM_DEV_TYPE_VFIO;
  const long done =
      sys.ioctl(static_cast<int>(machine), KVM_CREATE_DEVICE, devlock::linux_host::pointer_argument(link));
  if (done < 0) {
    return failed(Operation::create_vm, done);
  }
  (void)sys.close(static_cast<int>(link.fd));
  (void)sys.close(static_cast<int>(machine));
  return {};
}

// An attribute whose write nobody looks at.
inline Result<void> reset_and_hope(Rig& r) {
  const FakeSys sys(r.kernel);
  const std::string path = device_path(first) + "/reset";
  const devlock::linux_host::Descriptor<FakeSys> file(sys, sys.open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file) {
    return failed(Operation::reset_function, -ENOENT);
  }
  (void)sys.write(file.get(), "1", 1);
  return {};
}

// A close that is made again when a signal interrupted it: by then the number may be somebody else's descriptor.
inline Result<void> close_twice(Rig& r) {
  const FakeSys sys(r.kernel);
  const int fd = static_cast<int>(sys.open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC));
  while (sys.close(fd) == -EINTR) {
  }
  return {};
}

// A reset under the lock of its function, which an error leaves behind; and one whose claim it leaves behind.
inline Result<void> reset_and_keep_lock(Rig& r) {
  r.root.assume();
  auto& lock = r.plain.find(first)->lock;
  if (!devlock::LockAccess::try_lock(lock)) {
    return failed(Operation::reset_device, -EAGAIN);
  }
  auto done = r.device->reset(r.root);
  if (done) {
    devlock::LockAccess::unlock(lock);
  }
  return done;
}
inline Result<void> reset_and_keep_claim(Rig& r) {
  r.root.assume();
  auto claim = std::make_unique<Rig::Ownership::Claim>(r.ownership.claim_device(r.root, &r));
  auto done = r.device->reset(r.root);
  if (!done) {
    r.kept_claim = std::move(claim);
  }
  return done;
}
}  // namespace detail

inline std::vector<Twin> all_twins() {
  using enum Operation;
  const auto twin = [](Result<void> (*run)(Rig&)) { return [run](Rig& r) { return outcome_of(run(r)); }; };
  const auto nothing = [](Rig&) {};
  return {
      {"take without restore",
       {"take",
        {set_driver_override, unbind, probe},
        [](Rig& r) { bind_to(r.kernel, second, "e1000e"); },
        twin(detail::take_and_forget)},
       "take x write -> EIO, number 2 of /sys/bus/pci/devices/0000:01:00.1/driver/unbind",
       "/0000:01:00.1/driver_override reads 'vfio-pci' instead of '(null)'"},
      {"an event without an owner",
       {"watch_unplug", {watch_unplug}, prepare_session, twin(detail::watch_and_leak)},
       "watch_unplug x ioctl " + std::to_string(VFIO_DEVICE_SET_IRQS) + " -> EINVAL, number 1 of device",
       "descriptors outlive their handles: 1"},
      {"a machine without an owner",
       {"create_vm", {create_vm}, nothing, twin(detail::create_and_leak)},
       "create_vm x ioctl " + std::to_string(KVM_CREATE_DEVICE) + " -> EMFILE, number 1 of machine",
       "descriptors outlive their handles: 1"},
      {"a write that nobody looks at",
       {"reset_function", {reset_function}, nothing, twin(detail::reset_and_hope)},
       "reset_function x write -> ENOTTY, number 1 of",
       "a success that is none"},
      {"a close that is made again",
       {"close container", {close_container}, nothing, twin(detail::close_twice)},
       "close container x close -> EINTR, number 1 of",
       "close of a descriptor that is not open"},
      {"a lock that an error keeps",
       {"reset_device", {reset_device}, prepare_session, twin(detail::reset_and_keep_lock)},
       "reset_device x ioctl " + std::to_string(VFIO_DEVICE_RESET) + " -> EAGAIN, number 1 of device",
       "still held: lock of 0000:01:00.0"},
      {"a claim that an error keeps",
       {"reset_device", {reset_device}, prepare_session, twin(detail::reset_and_keep_claim)},
       "reset_device x ioctl " + std::to_string(VFIO_DEVICE_RESET) + " -> EIO, number 1 of device",
       "still held: claim of group 7"},
  };
}

}  // namespace fake

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The operations of the fault matrix, by the names that the table uses: each prepares a machine, runs the operation proper, and
// says what a success returned, so that a success under a fault can be compared with one without.
#pragma once

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "../../../../../examples/passthrough/vfio_reset.hpp"
#include "unit/backend/linux/fault_matrix/rig.hpp"

namespace fake {

using devlock::Operation;
using devlock::Result;

/// What an operation answered: an error, or its value as text.
struct Outcome {
  std::optional<devlock::Error> error;
  std::string value;
};

struct Subject {
  std::string name;
  std::vector<Operation> named;  ///< what its errors may call themselves
  std::function<void(Rig&)> prepare;
  std::function<Outcome(Rig&)> run;
};

inline Outcome outcome_of(const Result<void>& result) {
  return result ? Outcome{{}, "done"} : Outcome{result.error(), {}};
}
inline std::string text_of(const devlock::DeviceInfo& info) {
  return to_string(info.address) + ' ' + info.driver + ' ' + std::to_string(info.iommu_group) + ' ' +
         std::to_string(info.class_code) + ' ' + std::to_string(info.bridges.size()) + (info.resettable ? " r " : " ");
}
template <class T>
Outcome outcome_of(const Result<T>& result) {
  if (!result) {
    return {result.error(), {}};
  }
  if constexpr (std::is_same_v<T, std::string>) {
    return {{}, *result};
  } else if constexpr (std::is_same_v<T, bool>) {
    return {{}, *result ? "yes" : "no"};
  } else if constexpr (std::is_same_v<T, int>) {
    return {{}, std::to_string(*result)};
  } else if constexpr (std::is_same_v<T, std::optional<Address>>) {
    return {{}, *result ? to_string(**result) : "none"};
  } else if constexpr (std::is_same_v<T, devlock::DeviceInfo>) {
    return {{}, text_of(*result)};
  } else if constexpr (std::is_same_v<T, devlock::GroupStatus>) {
    return {{}, std::string(result->viable ? "viable" : "not viable") + (result->container_set ? ", in one" : "")};
  } else {
    std::string text;
    for (const auto& one : *result) {
      if constexpr (std::is_same_v<T, std::vector<devlock::DeviceInfo>>) {
        text += text_of(one);
      } else if constexpr (std::is_same_v<T, std::vector<Address>>) {
        text += to_string(one) + ' ';
      } else if constexpr (std::is_same_v<T, std::vector<devlock::pci::ResetMethod>>) {
        text += std::string(to_string(one)) + ' ';
      } else if constexpr (std::is_same_v<T, std::vector<devlock::linux_host::Slot>>) {
        text += one.name + ' ' + to_string(one.address) + ' ';
      } else if constexpr (requires { one.owned(); }) {
        text += to_string(one.address) + (one.owned() ? " owned " : " not owned ");
      } else {
        text += to_string(one.address) + ' ' + std::to_string(one.iommu_group) + ' ';
      }
    }
    return {{}, text};
  }
}

/// Keeps the handle in its place, or returns the error.
template <class T>
Result<void> keep(std::optional<T>& place, Result<T> result) {
  if (!result) {
    return devlock::failure(result.error());
  }
  place.emplace(std::move(*result));
  return {};
}

/// The way to a device that is told of an unplug: each step only if the one before it succeeded.
inline Result<void> open_session(Rig& r) {
  r.root.assume();
  Result<void> done = keep(r.container, r.host.open_container());
  done = done ? keep(r.group, r.host.open_group(r.root, group_number)) : done;
  done = done ? r.group->set_container(r.root, *r.container) : done;
  done = done ? r.container->set_iommu(r.root) : done;
  done = done ? keep(r.device, r.group->open_device(r.root, first)) : done;
  return done ? r.device->watch_unplug(r.root) : done;
}
inline void prepare_session(Rig& r) {
  if (const auto done = open_session(r); !done) {
    throw std::runtime_error("not prepared: " + to_string(done.error()));
  }
}
inline void prepare_vm(Rig& r) {
  r.root.assume();
  if (!keep(r.vm, r.host.create_vm(r.root)) || !r.vm->attach(r.root, *r.group)) {
    throw std::runtime_error("not prepared: the VM");
  }
}
inline void prepare_group(Rig& r) {
  r.root.assume();
  if (!keep(r.group, r.host.open_group(r.root, group_number)) || !keep(r.container, r.host.open_container())) {
    throw std::runtime_error("not prepared: the group");
  }
}
inline void prepare_lent(Rig& r) {
  r.root.assume();
  bind_to(r.kernel, second, "e1000e");
  if (!keep(r.binding, Rig::Binding::take(r.root, r.host, second, "vfio-pci"))) {
    throw std::runtime_error("not prepared: the binding");
  }
}

}  // namespace fake

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The life of a passthrough device, one text for every backend: bind, claim its group, open the group, attach it to KVM, open the
// device, race resets with an unplug, and give everything back. Whatever fails, everything that was taken is given back.
#pragma once

#include <algorithm>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "devlock/lock/group_ownership.hpp"
#include "devlock/pci/topology.hpp"
#include "devlock/vfio/binding.hpp"
#include "interrupts.hpp"
#include "plan.hpp"
#include "race.hpp"
#include "summary.hpp"

namespace passthrough {

template <devlock::Backend Host>
class Life {
 public:
  using Root = devlock::vfio::ThreadContext;
  using Group = typename Host::Group;
  template <class T = void>
  using Result = devlock::Result<T>;

  Life(Host& host, const Options& options, devlock::pci::Address address, Journal& journal, Interrupts& interrupts)
      : host_(host),
        options_(options),
        address_(address),
        journal_(journal),
        interrupts_(interrupts),
        owner_(journal, "owner") {}

  Result<> run() {
    const Root root;
    Result<> outcome = look(root);
    if (!outcome) {
      return outcome;  // nothing was touched
    }
    outcome = use(root);
    if (auto given_back = give_back(root); outcome) {
      outcome = std::move(given_back);
    }
    return outcome;
  }
  [[nodiscard]] const Summary& summary() const { return summary_; }

 private:
  using Claim = typename devlock::GroupOwnership<devlock::StdSync>::Claim;
  using Binding = devlock::vfio::DriverBinding<Host>;

  Result<> use(const Root& root) {
    for (const auto part : {&Life::bind, &Life::open_group, &Life::attach, &Life::race}) {
      Result<> outcome = (this->*part)(root);
      if (!outcome) {
        return outcome;
      }
      if (const char* signal = interrupts_.seen(); signal != nullptr) {
        return devlock::failure(interrupted(signal));
      }
    }
    return {};
  }
  [[nodiscard]] devlock::Error interrupted(const char* signal) const {
    return devlock::make_error(devlock::Operation::reset_device, to_string(address_), EINTR,
                               std::string(signal) + " ended this run", "nothing is left behind: start it again");
  }

  // What is there, and whether it can be done. Changes nothing.
  Result<> look(const Root& root) {
    auto all = owner_.step(root, {"enumerate"}, [&] { return host_.devices(); });
    if (!all) {
      return devlock::failure(all.error());
    }
    build_tree(std::move(*all));
    auto plan = owner_.step(root, {"check device"}, [&] { return make_plan(root.assume(), host_, address_); });
    if (!plan) {
      return devlock::failure(plan.error());
    }
    plan_ = std::move(*plan);
    summary_.group = plan_.before.iommu_group;
    summary_.driver = plan_.before.driver;
    summary_.override = plan_.before_override;
    return owner_.step(root, {"check group", group_name()}, [&] { return check_group(plan_, options_.whole_group); });
  }
  void build_tree(std::vector<devlock::DeviceInfo> all) {
    // Bridges before what is below them.
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.bridges.size() < b.bridges.size(); });
    for (const devlock::DeviceInfo& info : all) {
      tree_.add(info.address, info.bridges.empty() ? std::nullopt : std::optional(info.bridges.back()));
    }
  }

  Result<> bind(const Root& root) DEVLOCK_REQUIRES(root) {
    devlock::Guard plug{root, plug_};
    std::vector<devlock::pci::Address> functions{address_};
    for (const devlock::DeviceInfo& other : plan_.elsewhere) {
      functions.push_back(other.address);
    }
    for (const auto& function : functions) {
      auto bound = owner_.step(plug, {"bind vfio-pci", to_string(function)},
                               [&] { return Binding::take(plug.assume(), host_, function, vfio_driver); });
      if (!bound) {
        return devlock::failure(bound.error());
      }
      bindings_.push_back(std::move(*bound));
    }
    return {};
  }

  Result<> open_group(const Root& root) DEVLOCK_REQUIRES(root) {
    devlock::Guard list{root, groups_};
    Result<> outcome = owner_.step(list, {"claim group", group_name()}, [&] { return claim(list.assume()); });
    if (!outcome) {
      return outcome;
    }
    auto container = owner_.step(list, {"open container"}, [&] { return host_.open_container(); });
    if (!container) {
      return devlock::failure(container.error());
    }
    container_.emplace(std::move(*container));
    const auto open = [&] { return host_.open_group(list.assume(), plan_.before.iommu_group); };
    auto group = owner_.step(list, {"open group", group_name()}, open);
    if (!group) {
      return devlock::failure(group.error());
    }
    group_.emplace(std::move(*group));
    // The kernel gives a group to one opener.
    if (auto second = owner_.step(list, {"open group again", group_name(), devlock::ErrorClass::held}, open);
        second || second.error().error_class != devlock::ErrorClass::held) {
      return devlock::failure(
          second ? devlock::make_error(devlock::Operation::open_group, group_name(), EIO, "it was opened twice at once")
                 : second.error());
    }
    outcome = owner_.step(list, {"VFIO_GROUP_SET_CONTAINER", group_name()},
                          [&] { return group_->set_container(list.assume(), *container_); });
    return outcome ? owner_.step(list, {"VFIO_SET_IOMMU"}, [&] { return container_->set_iommu(list.assume()); })
                   : outcome;
  }
  template <class Context>
  Result<> claim(const Context& context) DEVLOCK_REQUIRES(context) {
    claim_.emplace(ownership_.claim(context, this));
    if (!*claim_) {
      return devlock::failure(
          devlock::make_error(devlock::Operation::claim_group, group_name(), EPERM, "this process uses it already"));
    }
    return {};
  }

  // Before the device is opened: an open device takes its VM from its group.
  Result<> attach(const Root& root) DEVLOCK_REQUIRES(root) {
    auto vm = owner_.step(root, {"create VM", {}, {}, {devlock::ErrorClass::gone, devlock::ErrorClass::unsupported}},
                          [&] { return host_.create_vm(root.assume()); });
    if (!vm) {
      const auto why = vm.error().error_class;
      return why == devlock::ErrorClass::gone || why == devlock::ErrorClass::unsupported ? Result<>()
                                                                                         : devlock::failure(vm.error());
    }
    vm_.emplace(std::move(*vm));
    devlock::Guard list{root, groups_};
    devlock::Guard record{list, record_};
    Result<> outcome =
        owner_.step(record, {"KVM_DEV_VFIO_FILE_ADD", group_name()},
                    [&] { return vm_->attach(record.assume(), *group_); });
    summary_.kvm = attached_ = outcome.has_value();
    return outcome;
  }

  Result<> race(const Root& root) DEVLOCK_REQUIRES(root) {
    auto device = [&] {
      devlock::Guard list{root.assume(), groups_};
      return owner_.step(list, {"VFIO_GROUP_GET_DEVICE_FD"},
                         [&] { return group_->open_device(list.assume(), address_); });
    }();
    if (!device) {
      return devlock::failure(device.error());
    }
    const auto scope = tree_.scope(devlock::pci::ScopeKind::function, address_);
    Session<typename Group::Device> session{*device, tree_.find(address_)->lock, *scope, record_};
    Board board(Clock::now() + std::chrono::duration_cast<Clock::duration>(options_.deadline));
    const Interrupts::Listener listener(interrupts_, [&](const char* signal) { board.fail(interrupted(signal)); });
    Race<Host> race(host_, session, board, journal_, owner_);
    Result<> outcome = race.run(root, groups_, options_);
    summary_.facts = board.facts();
    summary_.unbind_after_close_ms = std::chrono::duration<double, std::milli>(race.unbound_after_close()).count();
    return outcome;
  }

  Result<> give_back(const Root& root) DEVLOCK_REQUIRES(root) {
    Result<> outcome;
    const auto also = [&](const Result<>& step) {
      if (outcome && !step) {
        outcome = step;
      }
    };
    {
      devlock::Guard list{root, groups_};
      also(close_group(list));
    }
    devlock::Guard plug{root, plug_};
    while (!bindings_.empty()) {
      Binding& binding = bindings_.back();
      const std::string driver = binding.previous_driver().empty() ? "no driver" : binding.previous_driver();
      also(owner_.step(plug, {"give back to " + driver, to_string(binding.address())},
                       [&] { return binding.restore(plug.assume()); }));
      bindings_.pop_back();
    }
    also(owner_.step(plug, {"check device"}, [&] { return check_given_back(plug.assume(), host_, plan_); }));
    return outcome;
  }
  template <class Context>
  Result<> close_group(const Context& list) DEVLOCK_REQUIRES(list) {
    Result<> outcome;
    if (attached_) {
      devlock::Guard record{list, record_};
      outcome = owner_.step(record, {"KVM_DEV_VFIO_FILE_DEL", group_name()},
                            [&] { return vm_->detach(record.assume(), *group_); });
    }
    if (group_) {
      // A group whose last device was unbound has left its container with it.
      const auto status = owner_.step(list, {"VFIO_GROUP_GET_STATUS", group_name(), {}, {devlock::ErrorClass::gone}},
                                      [&] { return group_->status(list.assume()); });
      if (status && status->container_set) {
        const auto left = owner_.step(list, {"VFIO_GROUP_UNSET_CONTAINER", group_name()},
                                      [&] { return group_->unset_container(list.assume()); });
        outcome = outcome ? left : outcome;
      }
    }
    if (group_ || container_ || vm_ || claim_) {
      const auto closed =
          owner_.step(list, {"close group", group_name()}, [&] { return close_handles(list.assume()); });
      outcome = outcome ? closed : outcome;
    }
    return outcome;
  }
  // Each is closed, whatever the one before it answered; the first error is returned.
  Result<> close_handles(devlock::vfio::ContextFor<devlock::vfio::group_lock> context) DEVLOCK_REQUIRES(context) {
    Result<> outcome = group_ ? group_->close(context.again()) : Result<>();
    if (Result<> closed = container_ ? container_->close() : Result<>(); outcome) {
      outcome = std::move(closed);
    }
    if (Result<> ended = vm_ ? vm_->close(context.again()) : Result<>(); outcome) {
      outcome = std::move(ended);
    }
    group_.reset();
    container_.reset();
    vm_.reset();
    claim_.reset();
    return outcome;
  }
  [[nodiscard]] std::string group_name() const { return "group " + std::to_string(plan_.before.iommu_group); }

  Host& host_;
  const Options& options_;
  const devlock::pci::Address address_;
  Journal& journal_;
  Interrupts& interrupts_;
  const Actor owner_;
  Summary summary_;
  Plan plan_;

  // This process's own locks, in the classes of their kernel counterparts: one order rules both.
  devlock::Ordered<devlock::vfio::rescan_remove_lock, std::mutex> plug_;  // who binds and unbinds
  GroupListLock groups_;                                                  // the list of groups (here: one)
  GroupRecordLock record_;                                                // this group's entry
  devlock::GroupOwnership<devlock::StdSync> ownership_;
  devlock::pci::Topology<DeviceLock> tree_;

  // In the order in which they are taken, so that they go in reverse whatever happens.
  std::deque<Binding> bindings_;
  std::optional<Claim> claim_;
  std::optional<typename Group::Container> container_;
  std::optional<Group> group_;
  std::optional<typename Host::Vm> vm_;
  bool attached_ = false;
};

}  // namespace passthrough

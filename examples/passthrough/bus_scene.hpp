// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Slot and bus under load: threads reset single functions of a group by VFIO_DEVICE_RESET, while one resets all that is on their bus
// through VFIO (a hot reset) and another one by sysfs (reset_subordinate). Each of them only tries, so nobody can deadlock, and
// each may be told that it is contended. It is over when every kind has succeeded often enough.
#pragma once

#include <atomic>

#include "scene.hpp"

namespace passthrough {

template <devlock::Backend Host>
class BusScene {
 public:
  using Root = devlock::vfio::ThreadContext;
  using Result = devlock::Result<void>;

  BusScene(Host& host, const Options& options, devlock::pci::Address device, Journal& journal, Board& board,
           Summary& summary)
      : host_(host), options_(options), device_(device), journal_(journal), board_(board), summary_(summary) {}

  Result run() {
    const Root root;
    const Actor owner(journal_, "owner");
    auto info = owner.step(root, {"check device"}, [&] { return host_.device(device_); });
    if (!info) {
      return devlock::failure(info.error());
    }
    if (info->iommu_group < 0 || info->bridges.empty()) {
      return devlock::failure(devlock::make_error(devlock::Operation::reset_bus, to_string(device_), EOPNOTSUPP,
                                                  "it is in no IOMMU group, or no bridge is above it",
                                                  "choose a device below a bridge, see --list"));
    }
    summary_.group = info->iommu_group;
    Bindings<Host> bindings(host_, owner);
    Holding<Host> holding(host_, owner, info->iommu_group);
    Result outcome = bindings.take(root, info->iommu_group);
    outcome = outcome ? holding.open(root) : outcome;
    for (std::size_t place = 0; outcome && place != bindings.size(); ++place) {
      outcome = holding.open_device(root, bindings.address(place));
    }
    outcome = outcome ? check_affected(root, owner, holding, info->iommu_group) : outcome;
    outcome = outcome ? load(root, holding, bindings.size(), info->bridges.back()) : outcome;
    for (const Result& step : {holding.close(root), bindings.give_back(root)}) {
      outcome = outcome ? step : outcome;
    }
    summary_.closing = "done: " + std::to_string(counts_[0]) + " VFIO_DEVICE_RESETs, " + std::to_string(counts_[1]) +
                       " hot resets, " + std::to_string(counts_[2]) + " bus resets, " + std::to_string(contended_) +
                       " answered contended.";
    return outcome;
  }

 private:
  // Nothing is reset that is not the owner's.
  Result check_affected(const Root& root, const Actor& owner, Holding<Host>& holding, int group)
      DEVLOCK_REQUIRES(root) {
    const auto affected = owner.step(root, {"VFIO_DEVICE_GET_PCI_HOT_RESET_INFO"}, [&] {
      return holding.device(0).hot_reset_info(root.assume(), devlock::every_function);
    });
    if (!affected) {
      return devlock::failure(affected.error());
    }
    for (const auto& one : *affected) {
      if (one.iommu_group != group) {
        return devlock::failure(devlock::make_error(devlock::Operation::hot_reset, to_string(one.address), EINVAL,
                                                    "a bus reset affects it, and it is in another group",
                                                    "choose a device that is alone on its bus with its group"));
      }
    }
    return {};
  }
  template <class Reset>
  std::jthread kind(unsigned number, std::string thread, const char* name, Reset reset) {
    return scene_thread(board_, device_, [this, number, thread, name, reset] {
      const Root root;
      const Actor actor(journal_, thread);
      while (!board_.facts().stop && !board_.late()) {
        const bool done = repeated(actor, board_, name, [&] { return reset(root); });
        ++(done ? counts_[number] : contended_);
        board_.tell([](Facts& facts) { ++facts.attempts; });
        std::this_thread::yield();
      }
    });
  }
  Result load(const Root& root, Holding<Host>& holding, std::size_t devices, devlock::pci::Address bridge) {
    {
      std::vector<std::jthread> threads;
      for (unsigned number = 0; number != options_.threads; ++number) {
        auto& device = holding.device(number % devices);
        threads.push_back(kind(0, "reset " + std::to_string(number + 1), "VFIO_DEVICE_RESET",
                               [&device](const Root& its) { return device.reset(its.assume()); }));
      }
      threads.push_back(kind(1, "hot reset", "VFIO_DEVICE_PCI_HOT_RESET", [&holding](const Root& its) {
        typename Host::Group* const groups[] = {&holding.group()};
        return holding.device(0).hot_reset(its.assume(), groups);
      }));
      threads.push_back(kind(2, "bus reset", "reset_subordinate",
                             [this, bridge](const Root&) { return host_.try_reset_bus(bridge); }));
      board_.wait(root, [&](const Facts& facts) { return enough() || facts.stop; });
      board_.tell([](Facts& facts) { facts.stop = true; });
    }
    return judged(board_, enough(), device_, "a kind of reset did not succeed often enough");
  }
  [[nodiscard]] bool enough() const {
    return counts_[0] >= options_.resets && counts_[1] >= options_.resets && counts_[2] >= options_.resets;
  }

  Host& host_;
  const Options& options_;
  const devlock::pci::Address device_;
  Journal& journal_;
  Board& board_;
  Summary& summary_;
  std::atomic<unsigned> counts_[3] = {0, 0, 0};
  std::atomic<unsigned> contended_{0};
};

}  // namespace passthrough

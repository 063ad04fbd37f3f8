// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Two VMs want one IOMMU group. The kernel gives a group to one opener and tells the other one that it is held; who is told so waits for
// the end of the other's turn, and nobody ever shares it. In its turn a VM resets the device.
#pragma once

#include <atomic>

#include "scene.hpp"

namespace passthrough {

template <devlock::Backend Host>
class TwoVmsScene {
 public:
  using Root = devlock::vfio::ThreadContext;
  using Result = devlock::Result<void>;

  TwoVmsScene(Host& host, const Options& options, devlock::pci::Address device, Journal& journal, Board& board,
              Summary& summary)
      : host_(host), options_(options), device_(device), journal_(journal), board_(board), summary_(summary) {}

  Result run() {
    const Root root;
    const Actor owner(journal_, "owner");
    auto info = owner.step(root, {"check device"}, [&] { return host_.device(device_); });
    if (!info) {
      return devlock::failure(info.error());
    }
    summary_.group = info->iommu_group;
    Bindings<Host> bindings(host_, owner);
    Result outcome = bindings.take(root, info->iommu_group);
    if (outcome) {
      {
        const std::jthread first = vm(0, info->iommu_group);
        const std::jthread second = vm(1, info->iommu_group);
      }
      outcome = judged(board_, turns_[0] == options_.resets && turns_[1] == options_.resets, device_,
                       "a VM did not get its turns");
    }
    if (const Result given_back = bindings.give_back(root); outcome) {
      outcome = given_back;
    }
    summary_.closing = "done: " + std::to_string(turns_[0]) + " and " + std::to_string(turns_[1]) +
                       " turns of two VMs, never both; " + std::to_string(held_) + " times the group was held.";
    return outcome;
  }

 private:
  std::jthread vm(unsigned number, int group) {
    return scene_thread(board_, device_, [this, number, group] {
      const Root root;
      const Actor actor(journal_, number == 0 ? "VM 1" : "VM 2");
      while (turns_[number] != options_.resets && !board_.facts().stop && !board_.late()) {
        const unsigned ended = board_.facts().attempts;
        Holding<Host> holding(host_, actor, group);
        const Result had = turn(root, holding, actor);
        const bool held = !had && had.error().operation == devlock::Operation::open_group &&
                          had.error().error_class == devlock::ErrorClass::held;
        const Result closed = holding.close(root);
        if (held) {
          ++held_;
          board_.tell([](Facts& facts) { ++facts.busy; });
          board_.wait(root, [&](const Facts& facts) { return facts.attempts != ended || facts.stop; });
        } else if (!had || !closed) {
          board_.fail(had ? closed.error() : had.error());
        } else {
          ++turns_[number];
          board_.tell([](Facts& facts) { ++facts.attempts; });
        }
      }
      board_.tell([](Facts& facts) { ++facts.attempts; });
    });
  }
  Result turn(const Root& root, Holding<Host>& holding, const Actor& actor) DEVLOCK_REQUIRES(root) {
    if (Result opened = holding.open(root, true); !opened) {
      return opened;
    }
    if (inside_.fetch_add(1, std::memory_order_acq_rel) != 0) {  // pairs with the subtraction below
      return devlock::failure(devlock::make_error(devlock::Operation::open_group,
                                                  "group " + std::to_string(summary_.group), EIO,
                                                  "two VMs have it at once", "this is a bug: report it"));
    }
    // So that there is contention in every run: nobody's first turn ends before somebody was told that the group is held.
    board_.wait(root, [](const Facts& facts) { return facts.busy != 0 || facts.stop; });
    Result outcome = holding.open_device(root, device_);
    if (outcome) {
      outcome = actor.step(root, {"VFIO_DEVICE_RESET"}, [&] { return holding.device(0).reset(root.assume()); });
    }
    inside_.fetch_sub(1, std::memory_order_acq_rel);  // pairs with the addition above
    return outcome;
  }

  Host& host_;
  const Options& options_;
  const devlock::pci::Address device_;
  Journal& journal_;
  Board& board_;
  Summary& summary_;
  std::atomic<unsigned> turns_[2] = {0, 0};
  std::atomic<unsigned> held_{0};
  std::atomic<int> inside_{0};  // VMs that have the group now
};

}  // namespace passthrough

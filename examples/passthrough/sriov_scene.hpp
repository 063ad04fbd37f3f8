// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// SR-IOV: virtual functions come, one is given to a VM and reset by several threads while its physical function is reset too, and
// then they are taken away while it is open. That waits for the descriptor, with the locks of the topology and of the physical
// function held; the owner, told by the unplug request, stops its threads and closes. From the request to the close nothing here
// asks for these locks.
#pragma once

#include <atomic>

#include "scene.hpp"

namespace passthrough {

template <devlock::Backend Host, class Virtuals>
class SriovScene {
 public:
  using Root = devlock::vfio::ThreadContext;
  using Result = devlock::Result<void>;

  SriovScene(Host& host, Virtuals& virtuals, const Options& options, devlock::pci::Address physical, Journal& journal,
             Board& board, Summary& summary)
      : host_(host),
        virtuals_(virtuals),
        options_(options),
        physical_(physical),
        journal_(journal),
        board_(board),
        summary_(summary),
        owner_(journal, "owner") {}

  Result run() {
    const Root root;
    Result outcome = owner_.step(root, {"set sriov_numvfs", to_string(physical_)},
                                 [&] { return virtuals_.enable(root.assume(), physical_, count); });
    if (!outcome) {
      return outcome;
    }
    outcome = use(root);
    // Again, for the case that it did not come to that; none of none is no error.
    const Result none = owner_.step(root, {"set sriov_numvfs", to_string(physical_)},
                                    [&] { return virtuals_.enable(root.assume(), physical_, 0); });
    outcome = outcome ? none : outcome;
    if (outcome && host_.device(virtual_)) {
      return devlock::failure(devlock::make_error(devlock::Operation::set_virtual_functions, to_string(virtual_), EIO,
                                                  "it is still there", "did somebody else enable it again?"));
    }
    summary_.closing = "done: " + std::to_string(resets_) + " resets of a virtual function, " +
                       std::to_string(physical_resets_) + " of its physical one; " +
                       std::to_string(board_.facts().contended) + " answered contended while it was taken away.";
    return outcome;
  }

 private:
  static constexpr int count = 2;

  Result use(const Root& root) DEVLOCK_REQUIRES(root) {
    const auto all =
        owner_.step(root, {"list virtual functions", to_string(physical_)}, [&] { return virtuals_.list(physical_); });
    if (!all) {
      return devlock::failure(all.error());
    }
    if (all->size() != static_cast<std::size_t>(count)) {
      return devlock::failure(devlock::make_error(
          devlock::Operation::virtual_functions, to_string(physical_), EIO,
          std::to_string(all->size()) + " of " + std::to_string(count) + " are there", "see the kernel log (dmesg)"));
    }
    virtual_ = all->front();
    const auto info = host_.device(virtual_);
    if (!info) {
      return devlock::failure(info.error());
    }
    summary_.group = info->iommu_group;
    Bindings<Host> bindings(host_, owner_);
    Holding<Host> holding(host_, owner_, info->iommu_group);
    Result outcome = bindings.take(root, info->iommu_group);
    outcome = outcome ? holding.open(root) : outcome;
    outcome = outcome ? holding.open_device(root, virtual_) : outcome;
    outcome = outcome ? owner_.step(root, {"VFIO_DEVICE_SET_IRQS"},
                                    [&] { return holding.device(0).watch_unplug(root.assume()); })
                      : outcome;
    std::jthread unplugger;
    if (outcome) {
      outcome = load(root, holding.device(0), unplugger);
    }
    for (const Result& step : {holding.close(root), finish(unplugger), bindings.give_back(root, true)}) {
      outcome = outcome ? step : outcome;
    }
    return outcome;
  }
  // Resets, until enough of them succeeded; then the unplug, until each reset thread was told and the request was seen.
  template <class Device>
  Result load(const Root& root, Device& device, std::jthread& unplugger) DEVLOCK_REQUIRES(root) {
    std::vector<std::jthread> threads;
    for (unsigned number = 1; number <= options_.threads; ++number) {
      threads.push_back(scene_thread(board_, virtual_, [this, &device, number] { reset(device, number); }));
    }
    scene_thread(board_, physical_, [this] { reset_physical(); }).join();
    board_.wait(root, [&](const Facts& facts) { return resets_ >= options_.resets || facts.stop; });
    Result outcome = judged(board_, resets_ >= options_.resets && physical_resets_ >= options_.resets, virtual_,
                            "not enough resets succeeded");
    if (outcome) {
      board_.tell([](Facts& facts) { facts.unplugging = true; });
      unplugger = scene_thread(board_, physical_, [this] { take_away(); });
      board_.wait(root, [&](const Facts& facts) { return facts.contended >= options_.threads || facts.stop; });
      outcome = judged(board_, board_.facts().contended >= options_.threads, virtual_,
                       "a reset thread was not answered contended");
    }
    if (outcome) {
      outcome = owner_.step(root, {"see unplug request"}, [&]() -> Result {
        for (;;) {
          const auto asked = device.unplug_requested();
          if (!asked || *asked) {
            return asked ? Result() : devlock::failure(asked.error());
          }
          if (board_.late() || board_.facts().stop) {
            return judged(board_, false, virtual_, "no unplug was asked for");
          }
          board_.wait_for_news(root, Clock::now() + std::chrono::milliseconds(1));
        }
      });
    }
    board_.tell([](Facts& facts) { facts.stop = true; });
    return outcome;
  }
  template <class Device>
  void reset(Device& device, unsigned number) {
    const Root root;
    const Actor actor(journal_, "reset " + std::to_string(number));
    while (!board_.facts().stop && !board_.late()) {
      const bool unplugging = board_.facts().unplugging;
      if (repeated(actor, board_, "VFIO_DEVICE_RESET", [&] { return device.reset(root.assume()); })) {
        ++resets_;
        board_.tell([](Facts& facts) { ++facts.attempts; });
      } else if (unplugging && !board_.facts().stop) {
        board_.tell([](Facts& facts) { ++facts.contended; });
        board_.wait(root, [](const Facts& facts) { return facts.stop; });
      }
      std::this_thread::yield();
    }
  }
  void reset_physical() {
    const Root root;
    const Actor actor(journal_, "reset PF");
    while (physical_resets_ < options_.resets && !board_.facts().stop && !board_.late()) {
      physical_resets_ +=
          repeated(actor, board_, "reset function", [&] { return host_.reset_function(root.assume(), physical_); })
              ? 1U
              : 0U;
    }
  }
  void take_away() {
    const Root root;
    const Actor actor(journal_, "unplug");
    unplugged_ = actor.step(root, {"set sriov_numvfs", to_string(physical_)},
                            [&] { return virtuals_.enable(root.assume(), physical_, 0); });
    if (!unplugged_) {
      board_.fail(unplugged_.error());
    }
  }
  // It cannot be called off; it ends with the last descriptor.
  Result finish(std::jthread& unplugger) {
    if (unplugger.joinable()) {
      unplugger.join();
    }
    return unplugged_;
  }

  Host& host_;
  Virtuals& virtuals_;
  const Options& options_;
  const devlock::pci::Address physical_;
  devlock::pci::Address virtual_{};
  Journal& journal_;
  Board& board_;
  Summary& summary_;
  const Actor owner_;
  Result unplugged_;
  std::atomic<unsigned> resets_{0};
  std::atomic<unsigned> physical_resets_{0};
};

}  // namespace passthrough

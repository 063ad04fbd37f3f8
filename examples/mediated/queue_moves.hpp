// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// AP queues under a changing mask: an admin gives four adapters to the host's drivers and takes them back, two mdevs are assigned what they
// can get, their guests run, and queues are unplugged and plugged, all at once. Afterwards no queue is in two hands.
#pragma once

#include <string>
#include <thread>

#include "devlock/sync/std.hpp"
#include "devlock/vfio/ap/bus.hpp"
#include "tally.hpp"

template <class Protocol = devlock::vfio::ap::AsLanded>
class QueueMoves {
 public:
  using Sync = devlock::StdSync;
  using Context = devlock::vfio::ThreadContext;
  using Dimension = devlock::vfio::ap::Dimension;
  using Apqn = devlock::vfio::ap::Apqn;

  explicit QueueMoves(Tally& tally) : tally_(tally) {
    Context root;
    for (const auto& queue : queues_.all()) {
      tally_.expect(bus_.plug(root, queue->apqn).has_value(), "a queue that is there is plugged");
    }
    for (Seat& seat : seats_) {
      tally_.expect(matrix_.add(root, seat.mdev).has_value(), "an mdev is listed");
    }
  }

  void round() {
    std::thread threads[] = {
        std::thread([this] { this->mask_changes(); }),
        std::thread([this] { this->guest_lives(seats_[0]); }),
        std::thread([this] { this->guest_lives(seats_[1]); }),
        std::thread([this] { this->queues_come_and_go(); }),
    };
    for (std::thread& thread : threads) {
      thread.join();
    }
    check();
  }

 private:
  static constexpr unsigned adapters = 4;
  static constexpr unsigned domains = 2;
  struct Seat {
    devlock::vfio::ap::Mdev<Sync> mdev;
    devlock::vfio::ap::Guest<Sync> guest;
  };

  void count(const char* what, const devlock::Result<void>& result) {
    tally_.count(std::string(what) +
                 (result ? "" : std::string(": ") + devlock::errno_name(result.error().error_number)));
  }
  void mask_changes() {
    Context root;
    count("apmask -0-3", bus_.store(root, Dimension::adapter, "-0-3"));
    count("apmask +2-3", bus_.store(root, Dimension::adapter, "+2-3"));
  }
  void guest_lives(Seat& seat) {
    Context root;
    count("assign domain", matrix_.assign(root, seat.mdev, Dimension::domain, 1));
    for (unsigned adapter = 0; adapter != adapters; ++adapter) {
      count("assign adapter", matrix_.assign(root, seat.mdev, Dimension::adapter, adapter));
    }
    tally_.expect(matrix_.open(root, seat.mdev, seat.guest).has_value(), "an mdev that no guest has is opened");
    for (unsigned adapter = 0; adapter != adapters; ++adapter) {
      tally_.count(matrix_.enable_interrupts(root, seat.guest, {adapter, 1}) ? "a guest uses a queue"
                                                                             : "a guest has not that queue");
    }
    matrix_.close(root, seat.mdev);
    for (unsigned adapter = 0; adapter != adapters; adapter += 2) {
      count("unassign adapter", matrix_.unassign(root, seat.mdev, Dimension::adapter, adapter));
    }
  }
  void queues_come_and_go() {
    Context root;
    for (unsigned adapter = 0; adapter != adapters; ++adapter) {
      count("unplug", bus_.unplug(root, {adapter, 1}));
      count("plug", bus_.plug(root, {adapter, 1}));
    }
  }
  // With nobody else about.
  void check() {
    Context root;
    const auto masks = bus_.masks(root);
    tally_.expect(!seats_[0].mdev.assigned.read().overlaps(seats_[1].mdev.assigned.read()),
                  "a queue is in one mdev at most");
    for (const Seat& seat : seats_) {
      tally_.expect(!seat.mdev.assigned.read().overlaps(masks), "what is assigned is not the host's");
      tally_.expect(!seat.guest.control_block.read().adapters.any(), "a guest that has closed has nothing");
    }
    for (const auto& queue : queues_.all()) {
      using devlock::vfio::ap::QueueDriver;
      tally_.expect(
          bus_.driver(root, queue->apqn) == (masks.has(queue->apqn) ? QueueDriver::host : QueueDriver::vfio_ap),
          "a queue has the driver that the masks say");
      tally_.expect(!queue->used.get(), "a queue that no guest has was reset");
    }
    for (Seat& seat : seats_) {
      for (unsigned adapter = 0; adapter != adapters; ++adapter) {
        tally_.expect(matrix_.unassign(root, seat.mdev, Dimension::adapter, adapter).has_value(),
                      "unassigning cannot fail");
      }
    }
    tally_.expect(bus_.store(root, Dimension::adapter, "+0-3").has_value(), "a mask may take what no mdev has");
  }

  devlock::vfio::ap::QueueTable<Sync> queues_{adapters, domains};
  devlock::vfio::ap::Permissions<Sync> permissions_;
  devlock::vfio::ap::MatrixDevice<Sync, Protocol> matrix_{queues_, permissions_};
  devlock::vfio::ap::Bus<Sync, Protocol> bus_{queues_, permissions_, matrix_};
  Seat seats_[2];
  Tally& tally_;
};

/// Wrong on purpose: a refused assignment leaves what it set.
struct LeavesTheBit : devlock::vfio::ap::AsLanded {
  static constexpr bool takes_back = false;
};

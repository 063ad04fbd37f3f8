// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Draws scripts from a seed: 8 to 20 steps of 2 or 3 actors, each script about something. A theme says how it starts and what is drawn more
// often in it, so that what needs several steps in a row is reached.
//
// Not checked: that a step makes sense where it stands; most do, and the others are asked too.
#pragma once

#include <cstdint>
#include <span>
#include <utility>

#include "drawer.hpp"

namespace fidelity {

/// What a lane offers to scripts.
struct Stock {
  unsigned functions = 1;
  unsigned drivers =
      3;  ///< names that bind can be given: vfio-pci, pci-stub, one that is none; the host's own, if it has one
  bool hold = false;  ///< the kernel has the module that holds locks
};

class Generator : Drawer {
 public:
  static constexpr unsigned host_driver = 3;

  Generator(std::uint64_t seed, const Stock& stock, std::span<const Op> left_out)
      : Drawer(seed, left_out), stock_(stock) {}

  [[nodiscard]] Script draw() {
    const unsigned theme = below(100);
    actors_ = 2U + below(most_actors - 1U);
    function_ = below(stock_.functions);
    handle_ = below(handles);
    const std::size_t length = 8U + below(13);
    weights_ = usual;
    if (stock_.drivers > host_driver && below(4) == 0) {
      host_driver_beside();
    } else if (theme < 34) {
      open_usually();
    } else if (theme < 46) {
      open_usually(Op::set_iommu);
      step(Op::create_vm);
      step(Op::attach);
      more({{Op::attach, 12}, {Op::detach, 9}, {Op::close_vm, 6}, {Op::create_vm, 5}, {Op::open_group, 4}});
    } else if (theme < 66 && stock_.hold) {
      hold_something();
    } else if (theme < 80) {
      open_usually(below(2) == 0 ? Op::probe : Op::open_device);
      more({{Op::remove, 12},
            {Op::rescan, 12},
            {Op::set_reset_methods, 2},
            {Op::reset_methods, 3},
            {Op::hold, stock_.hold ? 3U : 0U}});
    } else if (theme < 90) {
      open_usually(Op::open_group);
      more({{Op::set_container, 14},
            {Op::unset_container, 10},
            {Op::open_container, 8},
            {Op::close_container, 3},
            {Op::set_iommu, 5},
            {Op::open_group, 8},
            {Op::close_group, 5},
            {Op::status, 8},
            {Op::unbind, 6}});
    } else {
      open_usually();
      more({{Op::set_reset_methods, 12},
            {Op::reset_methods, 8},
            {Op::reset_function, 10},
            {Op::reset_device, 14},
            {Op::reset_bus, 6},
            {Op::open_device, 4},
            {Op::close_device, 4}});
    }
    fill(length, [this] { return any(); });
    return std::move(script_);
  }

 private:
  // How often each is drawn, in the order of Op.
  static constexpr Weights usual{3, 9, 2, 2, 3, 4, 0, 0, 0, 0, 4, 1, 1, 2, 1, 1, 2, 2,
                                 3, 2, 2, 2, 6, 6, 7, 4, 5, 4, 4, 1, 1, 2, 2, 0, 0};

  // The steps that open a device, up to `last`, each left out now and then, with others between; or the same in one step.
  void open_usually(Op last = Op::open_device) {
    if (below(10) == 0) {
      return;
    }
    if (last == Op::open_device && below(3) == 0) {
      step(Op::open_all);
      return;
    }
    constexpr std::array steps{Op::set_override,  Op::probe,     Op::open_container, Op::open_group,
                               Op::set_container, Op::set_iommu, Op::open_device};
    in_a_row(steps, last, [this] { return any(); });
  }
  void hold_something() {
    constexpr std::array<unsigned, 5> shares{30, 20, 25, 20, 5};
    unsigned drawn = below(100);
    unsigned lock = 0;
    while (drawn >= shares[lock]) {
      drawn -= shares[lock++];
    }
    if (below(6) == 0) {
      open_usually(Op::set_iommu);
    } else if (lock == device_lock && below(4) == 0) {
      step(Op::set_override);  // a probe waits for the lock only if nothing is bound
      push({Op::hold, below(actors_), function_, handle_, lock});
      step(Op::probe);
    } else {
      step(Op::open_all);
    }
    if (stock_.functions > 1U && below(3) != 0) {
      push({Op::set_override, below(actors_), below(stock_.functions), handle_, 0});
      push({Op::probe, below(actors_), below(stock_.functions), handle_, 0});
    }
    if ((lock == memory_lock || lock == dev_set_lock) && below(3) == 0) {
      push({Op::hold, below(actors_), function_, handle_, lock});
      ask_of_group_of_closing_device();
    } else {
      push({Op::hold, below(actors_), below(stock_.functions), below(handles), lock});
    }
    more({{Op::hold, 3},
          {Op::release, 9},
          {Op::open_device, 8},
          {Op::close_device, 5},
          {Op::hot_reset, 9},
          {Op::hot_reset_info, lock == dev_set_lock ? 10U : 4U},
          {Op::reset_device, 9},
          {Op::reset_function, 5},
          {Op::reset_bus, 5},
          {Op::status, 4},
          {Op::open_all, 5},
          {Op::remove, lock == rescan_remove_lock ? 6U : 0U},
          {Op::rescan, lock == rescan_remove_lock ? 6U : 0U}});
    lock_ = lock;
  }
  // A close that waits has the group's lock meanwhile.
  void ask_of_group_of_closing_device() {
    constexpr std::array asked{Op::status, Op::set_container, Op::unset_container, Op::open_group};
    const unsigned closes = below(actors_);
    push({Op::close_device, closes, function_, handle_, 0});
    for (unsigned other = 1; other != actors_; ++other) {
      push({asked[below(asked.size())], (closes + other) % actors_, function_, handle_, 0});
    }
  }
  // A driver that does DMA for the host, and a user who wants the group.
  void host_driver_beside() {
    const unsigned other = (function_ + 1U) % stock_.functions;
    const bool user_first = stock_.functions > 1U && below(3) == 0;
    for (const bool host : {!user_first, user_first}) {
      if (host) {
        push({Op::set_override, below(actors_), other, handle_, host_driver});
        push({Op::probe, below(actors_), other, handle_, 0});
      } else {
        open_usually(below(2) == 0 ? Op::set_container : Op::open_device);
      }
    }
    push({Op::clear_override, below(actors_), other, handle_, 0});
    more({{Op::bind, 10},
          {Op::unbind, 8},
          {Op::probe, 8},
          {Op::clear_override, 5},
          {Op::set_override, 4},
          {Op::set_container, 8},
          {Op::unset_container, 5},
          {Op::status, 8}});
    host_driver_too_ = true;
  }
  Step any() {
    const Op drawn = any_op();
    return {drawn, below(actors_), below(stock_.functions), below(handles), choice(drawn)};
  }
  unsigned choice(Op op) {
    switch (op) {
      case Op::bind:
      case Op::set_override: {
        const unsigned drawn = below(host_driver_too_ ? 2U * stock_.drivers : 6U);
        return drawn < stock_.drivers ? drawn : 0U;
      }
      case Op::hold: {
        // The lock of the topology is shared by all lanes, so only scripts about it take it.
        const unsigned drawn = below(rescan_remove_lock);
        return lock_ == rescan_remove_lock && below(2) == 0 ? lock_ : drawn;
      }
      case Op::set_reset_methods:
        return below(method_choices.size());
      default:
        return 0;
    }
  }

  Stock stock_;
  unsigned lock_ = 0;
  bool host_driver_too_ = false;
};

}  // namespace fidelity

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Draws scripts about two mediated devices, 8 to 20 steps of 2 or 3 actors, each about something as those of Generator are.
//
// Not checked: that a step makes sense where it stands; most do, and the others are asked too.
#pragma once

#include <utility>

#include "drawer.hpp"

namespace fidelity {

class MdevGenerator : Drawer {
 public:
  /// What create_mdev chooses from: a type that uses one instance, one that uses both that are left, one that there is not.
  static constexpr unsigned types = 3;

  using Drawer::Drawer;

  [[nodiscard]] Script draw() {
    const unsigned theme = below(100);
    actors_ = 2U + below(most_actors - 1U);
    function_ = below(2);
    handle_ = below(handles);
    const std::size_t length = 8U + below(13);
    more({{Op::create_mdev, 7},     {Op::remove_mdev, 8},     {Op::open_all, 3},     {Op::open_container, 2},
          {Op::close_container, 1}, {Op::open_group, 3},      {Op::close_group, 2},  {Op::status, 4},
          {Op::set_container, 3},   {Op::unset_container, 3}, {Op::set_iommu, 3},    {Op::open_device, 6},
          {Op::close_device, 6},    {Op::reset_device, 2},    {Op::watch_unplug, 3}, {Op::unplug_requested, 3},
          {Op::create_vm, 1},       {Op::close_vm, 1},        {Op::attach, 2},       {Op::detach, 2}});
    if (theme < 35) {  // a removal that waits, and what is asked meanwhile
      open_usually();
      step(Op::remove_mdev);
      more({{Op::remove_mdev, 12}, {Op::create_mdev, 10}, {Op::status, 6}});
    } else if (theme < 55) {
      step(Op::create_mdev, type());
      more({{Op::create_mdev, 20}, {Op::remove_mdev, 14}, {Op::open_group, 5}});
    } else if (theme < 75) {
      open_usually(Op::set_iommu);
      step(Op::create_vm);
      step(Op::attach);
      more({{Op::attach, 12}, {Op::detach, 9}, {Op::close_vm, 4}, {Op::create_vm, 5}, {Op::open_group, 5}});
    } else if (theme < 87) {
      open_usually(Op::open_group);
      more({{Op::set_container, 14},
            {Op::unset_container, 10},
            {Op::open_container, 8},
            {Op::set_iommu, 8},
            {Op::open_group, 8},
            {Op::status, 8}});
    } else {
      open_usually();
      if (below(2) == 0) {
        step(Op::unplug_requested);  // too early
      }
      step(Op::watch_unplug);
      more({{Op::unplug_requested, 9}, {Op::reset_device, 6}});
    }
    fill(length, [this] { return any(); });
    return std::move(script_);
  }

 private:
  unsigned type() {
    const unsigned drawn = below(20);
    return drawn < 12U ? 0U : drawn < 18U ? 1U : 2U;
  }
  Step any() {
    const Op drawn = any_op();
    return {drawn, below(actors_), below(2), below(handles), drawn == Op::create_mdev ? type() : 0U};
  }
  void open_usually(Op last = Op::open_device) {
    if (last == Op::open_device && below(3) == 0) {
      step(Op::open_all);
      return;
    }
    constexpr std::array steps{Op::create_mdev,   Op::open_container, Op::open_group,
                               Op::set_container, Op::set_iommu,      Op::open_device};
    in_a_row(steps, last, [this] { return any(); });
  }
};

}  // namespace fidelity

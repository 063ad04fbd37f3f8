// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The kernel's mediated devices as a place where scripts run.
#pragma once

#include <algorithm>
#include <string>

#include "kernel_site.hpp"

namespace fidelity {

class KernelMdevSite : public KernelSite {
 public:
  explicit KernelMdevSite(std::string parent) : parent_(std::move(parent)) {}

  std::string create(Context& context, const std::string& type, const devlock::vfio::Uuid& uuid) {
    return text(host().mdevs().create(context.assume(), parent_, type, uuid));
  }
  std::string remove(Context& context, const devlock::vfio::Uuid& uuid) {
    return text(host().mdevs().remove(context.assume(), uuid));
  }
  bool is_there(const devlock::vfio::Uuid& uuid) {
    const auto all = host().mdevs().devices();
    return all && std::find(all->begin(), all->end(), uuid) != all->end();
  }
  int group_of(Context&, const devlock::vfio::Uuid& uuid) { return host().mdevs().group_of(uuid).value_or(-1); }
  /// Of the type that uses one.
  std::string available(Context&) {
    const auto types = host().mdevs().types(parent_);
    return !types           ? text(types.error())
           : types->empty() ? "no type"
                            : std::to_string(types->front().available) + " of " + types->front().id;
  }

 private:
  std::string parent_;
};

}  // namespace fidelity

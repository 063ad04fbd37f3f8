// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The program on a host in memory.
#include <cerrno>

#include "backends.hpp"
#include "devlock/backend/sim/example.hpp"
#include "devlock/backend/sim/hotplug.hpp"
#include "run.hpp"

namespace passthrough {
namespace {

namespace example = devlock::sim::example;

// sriov_numvfs of the simulator.
class Virtuals {
 public:
  explicit Virtuals(devlock::sim::Host& host) : host_(host), hotplug_(host) {}
  devlock::Result<void> enable(devlock::vfio::ContextFor<devlock::vfio::rescan_remove_lock> context,
                               devlock::pci::Address physical, int count) DEVLOCK_REQUIRES(context) {
    return hotplug_.set_num_vfs(context.again(), physical, static_cast<unsigned>(count));
  }
  devlock::Result<std::vector<devlock::pci::Address>> list(devlock::pci::Address physical) const {
    std::vector<devlock::pci::Address> all;
    for (const auto* function : host_.machine().functions()) {
      if (function->physical != nullptr && function->physical->address() == physical) {
        all.push_back(function->address());
      }
    }
    return all;
  }

 private:
  devlock::sim::Host& host_;
  devlock::sim::Hotplug<devlock::StdSync> hotplug_;
};

devlock::pci::Address usual_device(Scene scene) {
  switch (scene) {
    case Scene::bus:
      return example::pair_a;
    case Scene::sriov:
      return example::physical;
    case Scene::life:
    case Scene::two_vms:
      break;
  }
  return example::card;
}

}  // namespace

int run_on_sim(const Options& options) {
  auto host = options.scene == Scene::sriov ? devlock::sim::sriov_host() : devlock::sim::example_host();
  if (options.fault) {
    host.inject(*options.fault, {}, EIO);
  }
  Virtuals virtuals(host);
  return options.list ? list(host, options)
                      : run(host, virtuals, options, options.device.value_or(usual_device(options.scene)));
}

}  // namespace passthrough

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The program on this machine.
#include "backends.hpp"
#include "devlock/backend/linux/host.hpp"
#include "run.hpp"

namespace passthrough {

int run_on_linux(const Options& options) {
  devlock::linux_host::Paths paths;
  paths.sysfs = options.sysfs_root;
  devlock::linux_host::Host host(std::move(paths));
  auto virtuals = host.virtual_functions();
  return options.list ? list(host, options) : run(host, virtuals, options, *options.device);
}

}  // namespace passthrough

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The program on a host in memory.
#include <cerrno>

#include "backends.hpp"
#include "devlock/backend/sim/example.hpp"
#include "run.hpp"

namespace passthrough {

int run_on_sim(const Options& options) {
  auto host = devlock::sim::example_host();
  if (options.fault) {
    host.inject(*options.fault, {}, EIO);
  }
  return options.list ? list(host, options) : run(host, options, options.device.value_or(devlock::sim::example::card));
}

}  // namespace passthrough

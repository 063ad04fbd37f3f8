// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Known bad: an attribute that cannot be read stays open.
#include "fuzz/support/check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fuzz;
  Feed feed(data, size);
  HostileKernel kernel(feed);
  const HostileSys sys(kernel);
  std::array<char, 64> buffer{};
  const long fd = sys.open((root + "/sys/bus/pci/devices/0000:01:00.0/class").c_str(), O_RDONLY);
  if (fd >= 0 && sys.read(static_cast<int>(fd), buffer.data(), buffer.size()) >= 0) {
    (void)sys.close(static_cast<int>(fd));
  }
  kernel.check_closed();
  return 0;
}

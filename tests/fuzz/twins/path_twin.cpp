// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Known bad: the name of a driver goes from a link into a path if it is printable and short, which `..` is.
#include <algorithm>

#include "fuzz/support/check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fuzz;
  Feed feed(data, size);
  HostileKernel kernel(feed);
  const HostileSys sys(kernel);
  std::array<char, 4096> buffer{};
  const std::string link = root + "/sys/bus/pci/devices/0000:01:00.0/driver";
  const long got = sys.readlink(link.c_str(), buffer.data(), buffer.size());
  if (got > 0) {
    const std::string target(buffer.data(), static_cast<std::size_t>(got));
    if (std::any_of(target.begin(), target.end(), [](char c) { return c < ' ' || c > '~'; }) || target.ends_with('/') ||
        target.size() > 255) {
      return 0;
    }
    const std::string path = root + "/sys/bus/pci/drivers/" + target.substr(target.rfind('/') + 1) + "/bind";
    if (const long fd = sys.open(path.c_str(), O_WRONLY); fd >= 0) {
      (void)sys.close(static_cast<int>(fd));
    }
  }
  return 0;
}

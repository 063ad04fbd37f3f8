// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Known bad: the count of a hot reset list is believed.
#include <stdexcept>

#include "fuzz/support/check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fuzz;
  Feed feed(data, size);
  HostileKernel kernel(feed);
  const HostileSys sys(kernel);
  const long fd = sys.open((root + "/dev/vfio/7").c_str(), O_RDWR);
  if (fd < 0) {
    return 0;
  }
  std::array<std::uint32_t, 3 + 2 * 8> words{sizeof words};
  if (sys.ioctl(static_cast<int>(fd), VFIO_DEVICE_GET_PCI_HOT_RESET_INFO,
                reinterpret_cast<std::uintptr_t>(words.data())) == 0) {
    try {
      for (std::size_t place = 0; place != words[2]; ++place) {
        (void)words.at(3 + 2 * place);
      }
    } catch (const std::out_of_range&) {
      fail("a list that is read beyond its end");
    }
  }
  (void)sys.close(static_cast<int>(fd));
  return 0;
}

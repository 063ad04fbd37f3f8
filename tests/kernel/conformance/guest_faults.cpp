// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Faults of hardware, for the locks that their handling takes.
//
//   guest_faults error DEVICE     an uncorrectable error of the device, injected through aer_inject.ko; waits for its recovery
//   guest_faults surprise PORT    what is below this hotplug port is gone without notice; waits until the kernel knows
//
// Exit status: 0 done, 1 the kernel did otherwise, 2 it cannot run. Source: drivers/pci/pcie/aer_inject.c; PCI
// Express, slot control.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>
#include <thread>

#include "devlock/pci/address.hpp"

namespace {

using devlock::pci::Address;

// struct aer_error_inj
struct Injection {
  std::uint8_t bus;
  std::uint8_t device;
  std::uint8_t function;
  std::uint32_t uncorrectable;
  std::uint32_t correctable;
  std::array<std::uint32_t, 4> header;
  std::uint32_t domain;
};
constexpr std::uint32_t malformed_packet = 0x40000;  // PCI_ERR_UNC_MALF_TLP: fatal unless the device says otherwise

int error(Address device) {
  // The kernel log from here on.
  const int log = ::open("/dev/kmsg", O_RDONLY | O_CLOEXEC);
  if (log < 0 || ::lseek(log, 0, SEEK_END) < 0) {
    std::cout << "/dev/kmsg: " << std::strerror(errno) << std::endl;
    return 2;
  }
  const Injection fault{static_cast<std::uint8_t>(device.bus),
                        static_cast<std::uint8_t>(device.device),
                        static_cast<std::uint8_t>(device.function),
                        malformed_packet,
                        0,
                        {},
                        device.domain};
  const int injector = ::open("/dev/aer_inject", O_WRONLY | O_CLOEXEC);
  if (injector < 0 || ::write(injector, &fault, sizeof fault) != static_cast<ssize_t>(sizeof fault)) {
    std::cout << "/dev/aer_inject, " << to_string(device) << ": " << std::strerror(errno)
              << "; modprobe aer_inject aer_mask_override=1" << std::endl;
    return 2;
  }
  for (char record[8192];;) {
    const ssize_t size = ::read(log, record, sizeof record);
    if (size < 0 && errno != EPIPE) {
      std::cout << "/dev/kmsg: " << std::strerror(errno) << std::endl;
      return 2;
    }
    const std::string_view text(record, size < 0 ? 0 : static_cast<std::size_t>(size));
    if (text.find("device recovery") != std::string_view::npos) {
      std::cout << text << std::flush;
      return text.find("successful") == std::string_view::npos ? 1 : 0;
    }
  }
}

int surprise(Address port) {
  const std::string folder = "/sys/bus/pci/devices/" + to_string(port);
  const auto below = [&] {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (devlock::pci::parse_address(entry.path().filename().string())) {
        return true;
      }
    }
    return false;
  };
  const int config = ::open((folder + "/config").c_str(), O_RDWR | O_CLOEXEC);
  const auto read = [&](long where, auto& value) {
    return ::pread(config, &value, sizeof value, where) == sizeof value;
  };
  std::uint8_t next = 0;
  std::uint8_t kind = 0;
  if (!below() || !read(0x34, next)) {
    std::cout << to_string(port) << ": no port with something below" << std::endl;
    return 2;
  }
  // The express capability, and in it the word that controls the slot. QEMU drops the device when power and its light
  // go off; the interrupt comes when all is on again, as if somebody had pulled it out.
  while (next != 0 && read(next, kind) && kind != 0x10) {
    read(next + 1, next);
  }
  std::uint16_t control = 0;
  if (next == 0 || !read(next + 0x18, control)) {
    std::cout << to_string(port) << ": no slot" << std::endl;
    return 2;
  }
  constexpr unsigned power_and_light_off = 0x0700;
  constexpr unsigned interrupt = 0x0020;
  const auto silent = static_cast<std::uint16_t>((control | power_and_light_off) & ~interrupt);
  for (const std::uint16_t word : {silent, control}) {
    if (::pwrite(config, &word, sizeof word, next + 0x18) != sizeof word) {
      std::cout << to_string(port) << ": " << std::strerror(errno) << std::endl;
      return 2;
    }
  }
  while (below()) {
    std::this_thread::yield();
  }
  std::cout << "what was below " << to_string(port) << " is gone" << std::endl;
  return 0;
}

}  // namespace

int main(int count, char** words) {
  const std::string_view what = count > 1 ? words[1] : "";
  const auto address = devlock::pci::parse_address(count > 2 ? words[2] : "");
  if (!address || (what != "error" && what != "surprise")) {
    std::cout << "usage: guest_faults error DEVICE | surprise PORT" << std::endl;
    return 2;
  }
  return what == "error" ? error(*address) : surprise(*address);
}

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Addresses, numbers and names from text: what is taken is in range and reads the same when it is printed.
#include "devlock/backend/linux/text.hpp"
#include "fuzz/support/feed.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace devlock;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto address = pci::parse_address(text)) {
    fuzz::require(address->device < 32 && address->function < 8, "an address out of range");
    fuzz::require(pci::parse_address(to_string(*address)) == address, "an address that does not read the same");
  }
  if (const auto name = linux_host::parse_name(text)) {
    fuzz::require(to_string(*name) == text, "a name that sysfs would not print");
  }
  if (const auto number = linux_host::parse_hex(text, 0xffffU)) {
    fuzz::require(*number <= 0xffffU, "a number that is too large");
  }
  if (const auto number = linux_host::parse_decimal(text)) {
    fuzz::require(*number >= 0 && *number <= 999'999'999, "a number out of range");
  }
  if (linux_host::valid_driver_name(text)) {
    fuzz::require(text.find('/') == text.npos && text != ".." && text != "." && !text.empty() && text.size() < 256,
                  "a name that is more than one part of a path");
  }
  const std::string quoted = linux_host::in_quotes(text);
  fuzz::require(quoted.size() <= 69, "a quotation that is too long");
  for (const char c : quoted) {
    fuzz::require(c >= ' ' && c <= '~', "a quotation that is not printable");
  }
  return 0;
}

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The devices of a backend as a table.
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "report.hpp"
#include "terminal.hpp"

namespace passthrough {
namespace {

using Cells = std::array<std::string, 5>;

Cells cells_of(const devlock::DeviceInfo& info) {
  const std::string indent(2 * info.bridges.size(), ' ');  // as deep as it sits
  return {indent + to_string(info.address),
          info.iommu_group < 0 ? "-" : std::to_string(info.iommu_group),
          info.driver.empty() ? "-" : info.driver,
          info.resettable ? "yes" : "no",
          fmt::format("{:04x}:{:04x} class {:06x}{}", info.vendor, info.device, info.class_code,
                      info.is_bridge ? ", bridge" : "")};
}

}  // namespace

void print_table(const std::vector<devlock::DeviceInfo>& devices, const Options& options) {
  const Terminal terminal(options.color);
  std::vector<Cells> rows{{"device", "group", "driver", "reset", "id"}};
  for (const devlock::DeviceInfo& info : devices) {
    rows.push_back(cells_of(info));
  }
  std::array<std::size_t, 5> width{};
  for (const Cells& row : rows) {
    for (std::size_t column = 0; column < row.size(); ++column) {
      width[column] = std::max(width[column], row[column].size());
    }
  }
  for (const Cells& row : rows) {
    std::string line;
    for (std::size_t column = 0; column + 1 < row.size(); ++column) {
      line += fmt::format("{:<{}}  ", row[column], width[column]);
    }
    line += row.back();
    fmt::print("{}\n", &row == &rows.front() ? terminal.paint(Ink::bold, line) : line);
  }
}

}  // namespace passthrough

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Bounded access to the files of sysfs below a root: an attribute is at most a page, a link at most a path. Whatever the files
// contain, the answer is a value or an errno.
// Not checked: what an attribute means. Paths are made here, of addresses, numbers and names that were checked before.
#pragma once

#include <algorithm>
#include <climits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "devlock/backend/error.hpp"
#include "devlock/backend/linux/descriptor.hpp"
#include "devlock/backend/linux/text.hpp"

namespace devlock::linux_host {

/// A value, or the errno that came instead.
template <class T>
using Answer = DEVLOCK_EXPECTED_NAMESPACE::expected<T, int>;
inline auto no_answer(long error_number) {
  return DEVLOCK_EXPECTED_NAMESPACE::unexpected<int>(static_cast<int>(error_number));
}

template <SystemCalls Sys>
class Sysfs {
 public:
  /// `root` is where sysfs is mounted.
  Sysfs(Sys sys, std::string root) : sys_(std::move(sys)), root_(std::move(root)) {}

  [[nodiscard]] std::string devices() const { return root_ + "/bus/pci/devices"; }
  [[nodiscard]] std::string device(pci::Address address) const { return devices() + '/' + to_string(address); }
  [[nodiscard]] std::string driver(std::string_view name) const { return (root_ + "/bus/pci/drivers/").append(name); }
  [[nodiscard]] std::string drivers_probe() const { return root_ + "/bus/pci/drivers_probe"; }
  [[nodiscard]] std::string class_of(std::string_view name) const { return (root_ + "/class/").append(name); }
  [[nodiscard]] std::string mdev(std::string_view uuid) const {
    return (root_ + "/bus/mdev/devices").append(uuid.empty() ? "" : "/").append(uuid);
  }
  [[nodiscard]] std::string ap() const { return root_ + "/bus/ap"; }
  [[nodiscard]] std::string rescan() const { return root_ + "/bus/pci/rescan"; }
  [[nodiscard]] std::string slots() const { return root_ + "/bus/pci/slots"; }
  [[nodiscard]] std::string group_devices(int group) const {
    return root_ + "/kernel/iommu_groups/" + std::to_string(group) + "/devices";
  }

  /// An attribute, without the newline at its end. EOVERFLOW if it is longer than a page.
  [[nodiscard]] Answer<std::string> read(const std::string& path) const {
    constexpr std::size_t page = 4096;
    const long opened = uninterrupted([&] { return sys_.open(path.c_str(), O_RDONLY | O_CLOEXEC); });
    if (opened < 0) {
      return no_answer(-opened);
    }
    const Descriptor<Sys> file(sys_, opened);
    std::string text(page + 1, '\0');
    std::size_t size = 0;
    for (;;) {
      const long got = uninterrupted([&] { return sys_.read(file.get(), text.data() + size, text.size() - size); });
      if (got < 0) {
        return no_answer(-got);
      }
      size += static_cast<std::size_t>(got);
      if (got == 0) {
        break;
      }
      if (size > page) {
        return no_answer(EOVERFLOW);
      }
    }
    text.resize(size != 0 && text[size - 1] == '\n' ? size - 1 : size);
    return text;
  }
  /// Writes an attribute in one call, since each write is an action of its own. EIO if only a part of it was taken.
  [[nodiscard]] Answer<void> write(const std::string& path, std::string_view text) const {
    const long opened = uninterrupted([&] { return sys_.open(path.c_str(), O_WRONLY | O_CLOEXEC); });
    if (opened < 0) {
      return no_answer(-opened);
    }
    const Descriptor<Sys> file(sys_, opened);
    const long put = uninterrupted([&] { return sys_.write(file.get(), text.data(), text.size()); });
    if (put < 0) {
      return no_answer(-put);
    }
    if (static_cast<std::size_t>(put) != text.size()) {
      return no_answer(EIO);
    }
    return {};
  }
  /// Where a link leads. ENAMETOOLONG if that is longer than a path can be.
  [[nodiscard]] Answer<std::string> link(const std::string& path) const {
    std::string target(PATH_MAX, '\0');
    const long size = uninterrupted([&] { return sys_.readlink(path.c_str(), target.data(), target.size()); });
    if (size < 0) {
      return no_answer(-size);
    }
    if (static_cast<std::size_t>(size) >= target.size()) {
      return no_answer(ENAMETOOLONG);
    }
    target.resize(static_cast<std::size_t>(size));
    return target;
  }
  /// What a directory names that may be a component of a path, in order; other names are left out.
  [[nodiscard]] Answer<std::vector<std::string>> names(const std::string& path) const {
    std::vector<std::string> all;
    const long listed = uninterrupted([&] {
      all.clear();
      return sys_.list(path.c_str(), all);
    });
    if (listed < 0) {
      return no_answer(-listed);
    }
    std::erase_if(all, [](const std::string& name) { return !valid_driver_name(name); });
    std::sort(all.begin(), all.end());
    return all;
  }
  /// The functions that a directory names, by address; other names are left out.
  [[nodiscard]] Answer<std::vector<pci::Address>> functions(const std::string& path) const {
    const auto all = names(path);
    if (!all) {
      return no_answer(all.error());
    }
    std::vector<pci::Address> found;
    for (const std::string& name : *all) {
      if (const auto address = parse_name(name)) {
        found.push_back(*address);
      }
    }
    std::sort(found.begin(), found.end());
    return found;
  }
  [[nodiscard]] Answer<bool> exists(const std::string& path) const {
    const long answer = uninterrupted([&] { return sys_.exists(path.c_str()); });
    if (answer < 0 && answer != -ENOENT) {
      return no_answer(-answer);
    }
    return answer == 0;
  }

 private:
  DEVLOCK_NO_UNIQUE_ADDRESS Sys sys_;
  std::string root_;
};

}  // namespace devlock::linux_host

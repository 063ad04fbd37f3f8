// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The walk through procfs. Processes come and go meanwhile: what is not there any more holds nothing.
#include "holders.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "devlock/backend/linux/sysfs.hpp"

namespace try_reset {
namespace {

using devlock::linux_host::last_component;
using devlock::linux_host::parse_decimal;
using devlock::linux_host::PosixSys;
using Files = devlock::linux_host::Sysfs<PosixSys>;

constexpr std::string_view deleted = " (deleted)";

std::string printable(std::string_view text) {
  std::string result;
  for (const char c : text.substr(0, 120)) {
    result += c < ' ' || c > '~' ? '?' : c;
  }
  return result;
}

class Walk {
 public:
  explicit Walk(std::string proc) : proc_(std::move(proc)), files_(PosixSys(), proc_) {}

  // The numbers that a directory has as names, or the errno.
  [[nodiscard]] std::pair<std::vector<int>, int> numbers(const std::string& path) const {
    std::vector<std::string> names;
    const long listed = devlock::linux_host::uninterrupted([&] {
      names.clear();
      return PosixSys().list(path.c_str(), names);
    });
    std::vector<int> found;
    for (const std::string& name : names) {
      if (const auto number = parse_decimal(name)) {
        found.push_back(*number);
      }
    }
    std::sort(found.begin(), found.end());
    return {std::move(found), static_cast<int>(-listed)};
  }
  [[nodiscard]] std::string directory(int pid) const { return proc_ + '/' + std::to_string(pid); }
  [[nodiscard]] std::string name(int pid) const {
    return printable(files_.read(directory(pid) + "/comm").value_or(std::string("?")));
  }
  [[nodiscard]] const std::string& proc() const { return proc_; }
  [[nodiscard]] const Files& files() const { return files_; }

 private:
  std::string proc_;
  Files files_;
};

class Process {
 public:
  Process(const Walk& walk, const Wanted& wanted, int pid) : walk_(walk), wanted_(wanted), pid_(pid) {}

  // False if it may not be looked at.
  bool look(std::vector<Holder>& all) {
    const auto [descriptors, error_number] = walk_.numbers(walk_.directory(pid_) + "/fd");
    if (error_number == EACCES || error_number == EPERM) {
      return false;
    }
    for (const int descriptor : descriptors) {
      const auto link = walk_.files().link(walk_.directory(pid_) + "/fd/" + std::to_string(descriptor));
      if (link) {
        look_at(descriptor, *link);
      }
    }
    name_devices();
    if (!found_.empty()) {
      const std::string name = walk_.name(pid_);
      for (Holder& one : found_) {
        one.process = name;
        all.push_back(std::move(one));
      }
    }
    return true;
  }

 private:
  void add(int descriptor, std::string_view object, std::vector<devlock::pci::Address> functions, bool certain = true) {
    found_.push_back(Holder{pid_, {}, descriptor, printable(object), std::move(functions), certain});
  }
  void look_at(int descriptor, std::string_view link) {
    if (link.ends_with(deleted)) {  // the node went, the file is open all the same
      link.remove_suffix(deleted.size());
    }
    if (const int group = group_of_link(link); group >= 0) {
      holds_any_group_ = true;
      if (const auto known = wanted_.groups.find(group); known != wanted_.groups.end()) {
        add(descriptor, link, known->second);
        of_groups_.insert(of_groups_.end(), known->second.begin(), known->second.end());
      }
    } else if (const auto node = node_of_link(link); !node.empty()) {
      if (const auto known = wanted_.nodes.find(node); known != wanted_.nodes.end()) {
        add(descriptor, link, {known->second});
      }
    } else if (link == "anon_inode:[vfio-device]") {
      devices_.push_back(descriptor);
    }
  }
  // Which devices the descriptors are that came out of a group.
  void name_devices() {
    for (const int descriptor : devices_) {
      constexpr std::string_view what = "a VFIO device";
      const auto text = walk_.files().read(walk_.directory(pid_) + "/fdinfo/" + std::to_string(descriptor));
      const auto address =
          devlock::linux_host::parse_name(device_of_fdinfo(text ? std::string_view(*text) : std::string_view()));
      if (address) {
        if (std::find(wanted_.on_vfio.begin(), wanted_.on_vfio.end(), *address) != wanted_.on_vfio.end()) {
          add(descriptor, what, {*address});
        }
      } else if (!of_groups_.empty()) {
        add(descriptor, what, of_groups_);
      } else if (!holds_any_group_ && !wanted_.on_vfio.empty()) {
        add(descriptor, what, wanted_.on_vfio, false);
      }
    }
  }

  const Walk& walk_;
  const Wanted& wanted_;
  int pid_;
  std::vector<Holder> found_;
  std::vector<int> devices_;
  std::vector<devlock::pci::Address> of_groups_;
  bool holds_any_group_ = false;
};

}  // namespace

int group_of_link(std::string_view link) {
  constexpr std::string_view folder = "/dev/vfio/";
  constexpr std::string_view without_iommu = "noiommu-";
  if (!link.starts_with(folder)) {
    return -1;
  }
  link.remove_prefix(folder.size());
  if (link.starts_with(without_iommu)) {
    link.remove_prefix(without_iommu.size());
  }
  return parse_decimal(link).value_or(-1);
}

std::string_view node_of_link(std::string_view link) {
  constexpr std::string_view folder = "/dev/vfio/devices/";
  return link.starts_with(folder) ? link.substr(folder.size()) : std::string_view();
}

std::string_view device_of_fdinfo(std::string_view text) {
  constexpr std::string_view key = "vfio-device-syspath:";
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (line.starts_with(key)) {
      return last_component(line);
    }
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return {};
}

Holders find_holders(const std::string& proc, const Wanted& wanted) {
  Holders result;
  const Walk walk(proc);
  const auto [processes, error_number] = walk.numbers(proc);
  result.no_proc = error_number != 0 || processes.empty();
  for (const int pid : processes) {
    result.unseen += Process(walk, wanted, pid).look(result.all) ? 0U : 1U;
  }
  return result;
}

std::vector<Waiter> find_waiters(const std::string& proc) {
  std::vector<Waiter> result;
  const Walk walk(proc);
  for (const int pid : walk.numbers(proc).first) {
    const std::string tasks = walk.directory(pid) + "/task";
    for (const int task : walk.numbers(tasks).first) {
      const auto channel = walk.files().read(tasks + '/' + std::to_string(task) + "/wchan");
      if (channel && *channel == "vfio_unregister_group_dev") {
        result.push_back(Waiter{pid, walk.name(pid)});
        break;
      }
    }
  }
  return result;
}

}  // namespace try_reset

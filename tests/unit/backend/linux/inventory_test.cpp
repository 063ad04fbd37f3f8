// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Enumeration: over real files and links below a root of our own, and over a fake that takes functions away meanwhile.
#include "support/catch.hpp"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "unit/backend/linux/machine.hpp"

using namespace fake;
using devlock::ErrorClass;
using devlock::Operation;
namespace fs = std::filesystem;

namespace {
// A sysfs of files in a directory of its own.
class FileTree {
 public:
  FileTree() {
    std::string pattern = (fs::temp_directory_path() / "devlock-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    root_ = pattern;
    fs::create_directories(root_ / "bus/pci/devices");
  }
  FileTree(const FileTree&) = delete;
  FileTree& operator=(const FileTree&) = delete;
  ~FileTree() {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }

  /// A function at `place` below /devices.
  fs::path add(const std::string& place, const std::string& class_code) {
    fs::path home = root_ / "devices" / place;
    fs::create_directories(home);
    put(home / "class", class_code + "\n");
    put(home / "vendor", "0x1af4\n");
    put(home / "device", "0x1041\n");
    put(home / "driver_override", "(null)\n");
    fs::create_directory_symlink(fs::path("../../../devices") / place, root_ / "bus/pci/devices" / home.filename());
    return home;
  }
  static void put(const fs::path& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }
  static std::string get(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  [[nodiscard]] const fs::path& root() const { return root_; }
  [[nodiscard]] devlock::linux_host::Host host() const {
    return devlock::linux_host::Host(Paths{root_.string(), "/dev"});
  }

 private:
  fs::path root_;
};
}  // namespace

TEST_CASE("real files: every function with its numbers, driver, group, bridges and reset", "[inventory]") {
  FileTree tree;
  tree.add("pci0000:00/0000:00:01.0", "0x060400");
  const fs::path nic = tree.add("pci0000:00/0000:00:01.0/0000:01:00.0/0000:02:03.0/0000:03:00.1", "0x020000");
  tree.add("pci0000:00/0000:00:01.0/0000:01:00.0", "0x060400");
  tree.add("pci0000:00/0000:00:01.0/0000:01:00.0/0000:02:03.0", "0x060400");
  FileTree::put(nic / "reset", "");
  FileTree::put(nic / "driver_override", "vfio-pci\n");
  fs::create_directory_symlink("../../../../../../bus/pci/drivers/virtio-pci", nic / "driver");
  fs::create_directory_symlink("../../../../../../kernel/iommu_groups/12", nic / "iommu_group");

  const auto all = tree.host().devices();
  REQUIRE(all);
  REQUIRE(all->size() == 4);
  CHECK((*all)[0].address == Address{0, 0, 1, 0});
  CHECK((*all)[0].is_bridge);
  CHECK((*all)[0].bridges.empty());
  CHECK((*all)[0].driver.empty());
  CHECK((*all)[0].iommu_group == -1);
  CHECK_FALSE((*all)[0].resettable);
  const auto& last = (*all)[3];
  CHECK(last.address == Address{0, 3, 0, 1});
  CHECK(last.vendor == 0x1af4);
  CHECK(last.device == 0x1041);
  CHECK(last.class_code == 0x020000);
  CHECK(last.driver == "virtio-pci");
  CHECK(last.iommu_group == 12);
  CHECK_FALSE(last.is_bridge);
  CHECK(last.resettable);
  CHECK(last.bridges == std::vector<Address>{{0, 0, 1, 0}, {0, 1, 0, 0}, {0, 2, 3, 0}});
}

TEST_CASE("real files: a function that holds another root bus is no bridge of what is on it", "[inventory]") {
  FileTree tree;
  tree.add("pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:1d.0/10000:e1:00.0", "0x010802");
  const auto info = tree.host().device(Address{0x10000, 0xe1, 0, 0});
  REQUIRE(info);
  CHECK(info->bridges == std::vector<Address>{{0x10000, 0xe0, 0x1d, 0}});
}

TEST_CASE("real files: a driver_override is set, read back and taken back", "[inventory]") {
  FileTree tree;
  const fs::path nic = tree.add("pci0000:00/0000:00:01.0", "0x020000");
  FileTree::put(nic / "driver_override", "");
  const auto host = tree.host();
  const Address address{0, 0, 1, 0};
  const devlock::vfio::ThreadContext root;
  REQUIRE(host.set_driver_override(root, address, "vfio-pci"));
  CHECK(FileTree::get(nic / "driver_override") == "vfio-pci");
  CHECK(host.driver_override(root, address).value() == "vfio-pci");
  FileTree::put(nic / "driver_override", "");
  REQUIRE(host.set_driver_override(root, address, ""));
  CHECK(FileTree::get(nic / "driver_override") == "\n");
  CHECK(host.driver_override(root, address)->empty());
}

TEST_CASE("real files: no path leads outside the devices of the root", "[inventory]") {
  FileTree tree;
  tree.add("pci0000:00/0000:00:01.0", "0x020000");
  FileTree::put(tree.root() / "bind", "untouched");
  devlock::vfio::ThreadContext root;
  const auto host = tree.host();
  for (const char* name : {"..", "../..", "../../..", ".", "", "a/../../..", "x\n", "/etc"}) {
    INFO(name);
    const auto refused = host.bind(root, Address{0, 0, 1, 0}, name);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().error_class == ErrorClass::invalid);
    CHECK(refused.error().error_number == EINVAL);
    CHECK_FALSE(refused.error().remedy.empty());
  }
  CHECK(FileTree::get(tree.root() / "bind") == "untouched");
}

TEST_CASE("real files: without sysfs there is a list of nothing but an error", "[inventory]") {
  const devlock::linux_host::Host host(Paths{"/nonexistent", "/nonexistent"});
  const auto all = host.devices();
  REQUIRE_FALSE(all);
  CHECK(all.error().operation == Operation::enumerate);
  CHECK(all.error().error_class == ErrorClass::gone);
  CHECK(all.error().remedy.find("mount sysfs") != std::string::npos);
  CHECK(host.device(first).error().error_class == ErrorClass::gone);
  CHECK(host.group_members(1).error().error_class == ErrorClass::gone);
}

TEST_CASE("a function that leaves while the list is made is left out, whenever it leaves", "[inventory]") {
  std::size_t calls = 0;
  {
    Machine machine;
    REQUIRE(machine.host.devices()->size() == 3);
    calls = machine.kernel.made.size();
  }
  std::size_t left_out = 0;
  for (std::size_t number = 1; number != calls; ++number) {
    for (const int error_number : {ENOENT, ENODEV}) {
      Machine machine;
      machine.kernel.fail_at(number, error_number);
      const auto all = machine.host.devices();
      INFO("call " << number << " " << to_string(machine.kernel.made[number].call) << " "
                   << machine.kernel.made[number].object);
      REQUIRE(all);
      CHECK(all->size() >= 2);
      left_out += all->size() == 2 ? 1 : 0;
      CHECK(machine.kernel.open_descriptors() == 0);
    }
  }
  // Per function at least the three numbers, override and link, open and read: it is the rule, not the exception.
  CHECK(left_out > 3 * 2 * 6);
}

TEST_CASE("a function that left after its list was read is gone, though its files were there", "[inventory]") {
  Machine machine;
  machine.kernel.fail(Call::readlink, ENOENT, device_path(first));
  const auto info = machine.host.device(first);
  REQUIRE_FALSE(info);
  CHECK(info.error().error_class == ErrorClass::gone);
  CHECK(to_string(info.error()).find("0000:01:00.0") != std::string::npos);
}

TEST_CASE("what is not as sysfs prints it is an error that names the function and the file", "[inventory]") {
  const auto is_refused = [](const std::string& file, const std::string& content) {
    Machine machine;
    machine.kernel.files[device_path(first) + '/' + file] = content;
    const auto info = machine.host.device(first);
    INFO(file);
    REQUIRE_FALSE(info);
    CHECK(info.error().error_class == ErrorClass::failed);
    CHECK(info.error().object == "0000:01:00.0");
    CHECK(info.error().reason.find(file) != std::string::npos);
    CHECK_FALSE(machine.host.devices());
    CHECK(machine.kernel.open_descriptors() == 0);
  };
  for (const char* file : {"class", "vendor", "device"}) {
    is_refused(file, "");
    is_refused(file, "0x");
    is_refused(file, "network");
    is_refused(file, "0x020000 \n");
    is_refused(file, "0x123456789\n");
    is_refused(file, std::string("0x02\0\0", 6));
    is_refused(file, std::string(10000, '0'));
  }
}

TEST_CASE("a driver_override that is no line of sysfs is an error", "[inventory]") {
  Machine machine;
  machine.root.assume();
  machine.kernel.files[device_path(first) + "/driver_override"] = std::string(10000, 'x');
  const auto only = machine.host.driver_override(machine.root, first);
  REQUIRE_FALSE(only);
  CHECK(only.error().error_class == ErrorClass::failed);
  CHECK(only.error().object == "0000:01:00.0");
  CHECK_FALSE(only.error().reason.empty());
  CHECK(machine.host.device(first));
  CHECK(machine.kernel.open_descriptors() == 0);
}

TEST_CASE("links that lead elsewhere are an error, not a path", "[inventory]") {
  const auto is_refused = [](const std::string& link, const std::string& target) {
    Machine machine;
    machine.kernel.links[device_path(first) + link] = target;
    const auto info = machine.host.device(first);
    INFO(link << " to " << target);
    REQUIRE_FALSE(info);
    CHECK(info.error().error_class == ErrorClass::failed);
    CHECK(info.error().object == "0000:01:00.0");
  };
  for (const char* target : {"", "..", "/", "drivers/", "drivers/a\nb", "\xff"}) {
    is_refused("/driver", target);
  }
  for (const char* target : {"iommu_groups/x", "iommu_groups/-1", "iommu_groups/4294967296", "iommu_groups/1 "}) {
    is_refused("/iommu_group", target);
  }
  for (const char* target : {"", "devices", "../../../devices/pci0000:00/0000:00:01.0", "../0000:01:00.0/x"}) {
    is_refused("", target);
  }
  is_refused("/driver", std::string(5000, 'x'));
}

TEST_CASE("the members of a group are its functions; what is no PCI function is left out", "[inventory]") {
  Machine machine;
  machine.kernel.directories["/sys/kernel/iommu_groups/7/devices"].emplace_back("fd000000.ethernet");
  const auto members = machine.host.group_members(group_number);
  REQUIRE(members);
  REQUIRE(members->size() == 2);
  CHECK((*members)[0].address == first);
  CHECK((*members)[0].driver == "vfio-pci");
  CHECK((*members)[1].address == second);
  CHECK((*members)[1].driver.empty());

  const auto none = machine.host.group_members(8);
  REQUIRE_FALSE(none);
  CHECK(none.error().error_class == ErrorClass::gone);
  CHECK(none.error().object == "group 8");
  CHECK_FALSE(none.error().remedy.empty());
  CHECK_FALSE(machine.host.group_members(-1));
}

TEST_CASE("a look at a function does not read what waits for its lock", "[inventory]") {
  Machine machine;
  REQUIRE(machine.host.devices());
  REQUIRE(machine.host.device(first));
  REQUIRE(machine.host.group_members(group_number));
  for (const Made& call : machine.kernel.made) {
    INFO(call.object);
    CHECK(call.object.find("driver_override") == std::string::npos);
    CHECK(call.object.find("sriov_numvfs") == std::string::npos);
  }
}

TEST_CASE("a kernel without driver_override shows functions all the same", "[inventory]") {
  Machine machine;
  machine.kernel.files.erase(device_path(first) + "/driver_override");
  machine.kernel.stores.erase(device_path(first) + "/driver_override");
  machine.root.assume();
  REQUIRE(machine.host.device(first));
  REQUIRE(machine.host.driver_override(machine.root, first));
  CHECK(machine.host.driver_override(machine.root, first)->empty());
}

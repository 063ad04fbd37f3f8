// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
#include "support/catch.hpp"

#include <cerrno>
#include <climits>
#include <string>

#include "devlock/backend/linux/sysfs.hpp"
#include "unit/backend/linux/fake_sys.hpp"

using namespace fake;
using devlock::linux_host::Sysfs;

namespace {
struct Fixture {
  FakeKernel kernel;
  Sysfs<FakeSys> sysfs{FakeSys(kernel), "/sys"};

  ~Fixture() {
    CHECK(kernel.open_descriptors() == 0);
    CHECK(kernel.misuses.empty());
  }
};
}  // namespace

TEST_CASE_METHOD(Fixture, "an attribute is read without the newline at its end", "[sysfs]") {
  kernel.files["/a"] = "vfio-pci\n";
  kernel.files["/b"] = "vfio-pci";
  kernel.files["/c"] = "\n";
  kernel.files["/d"] = "";
  kernel.files["/e"] = "two\nlines\n\n";
  CHECK(sysfs.read("/a").value() == "vfio-pci");
  CHECK(sysfs.read("/b").value() == "vfio-pci");
  CHECK(sysfs.read("/c").value().empty());
  CHECK(sysfs.read("/d").value().empty());
  CHECK(sysfs.read("/e").value() == "two\nlines\n");
}

TEST_CASE_METHOD(Fixture, "an attribute that comes in pieces, between signals, is read whole", "[sysfs]") {
  kernel.files["/a"] = "0x8086\n";
  kernel.chunk = 1;
  kernel.fail(Call::open, EINTR, {}, 2);
  kernel.fail(Call::read, EINTR, {}, 2);
  CHECK(sysfs.read("/a").value() == "0x8086");
}

TEST_CASE_METHOD(Fixture, "an attribute may be a page long and not longer", "[sysfs]") {
  kernel.files["/page"] = std::string(4096, 'x');
  kernel.files["/more"] = std::string(4097, 'x');
  kernel.files["/huge"] = std::string(1 << 20, 'x');
  CHECK(sysfs.read("/page").value().size() == 4096);
  CHECK(sysfs.read("/more").error() == EOVERFLOW);
  CHECK(sysfs.read("/huge").error() == EOVERFLOW);
  kernel.chunk = 100;
  CHECK(sysfs.read("/huge").error() == EOVERFLOW);
}

TEST_CASE_METHOD(Fixture, "binary content is content", "[sysfs]") {
  kernel.files["/a"] = std::string("\0\xff\n\0", 4);
  CHECK(sysfs.read("/a").value() == std::string("\0\xff\n\0", 4));
}

TEST_CASE_METHOD(Fixture, "errors of a read are passed on and leave nothing open", "[sysfs]") {
  CHECK(sysfs.read("/none").error() == ENOENT);
  kernel.files["/a"] = "text";
  kernel.fail(Call::open, EACCES);
  CHECK(sysfs.read("/a").error() == EACCES);
  kernel.chunk = 2;
  kernel.fail(Call::read, ENODEV);
  CHECK(sysfs.read("/a").error() == ENODEV);
}

TEST_CASE_METHOD(Fixture, "a write is one call, made again only after a signal", "[sysfs]") {
  kernel.files["/a"] = "";
  kernel.fail(Call::write, EINTR, {}, 2);
  REQUIRE(sysfs.write("/a", "0000:01:00.0"));
  CHECK(kernel.files["/a"] == "0000:01:00.0");
  CHECK(kernel.count(Call::write) == 3);
}

TEST_CASE_METHOD(Fixture, "a write that was taken in part is an error, and its rest is not written on its own",
                 "[sysfs]") {
  kernel.files["/a"] = "";
  kernel.chunk = 5;
  CHECK(sysfs.write("/a", "0000:01:00.0").error() == EIO);
  CHECK(kernel.count(Call::write) == 1);
  kernel.fail(Call::write, 0);
  CHECK(sysfs.write("/a", "1").error() == EIO);
}

TEST_CASE_METHOD(Fixture, "errors of a write are passed on and leave nothing open", "[sysfs]") {
  kernel.files["/a"] = "";
  CHECK(sysfs.write("/none", "1").error() == ENOENT);
  kernel.fail(Call::open, EROFS);
  CHECK(sysfs.write("/a", "1").error() == EROFS);
  kernel.fail(Call::write, EBUSY);
  CHECK(sysfs.write("/a", "1").error() == EBUSY);
}

TEST_CASE_METHOD(Fixture, "a link is as long as a path at most", "[sysfs]") {
  kernel.links["/a"] = "../drivers/e1000e";
  kernel.links["/most"] = std::string(PATH_MAX - 1, 'x');
  kernel.links["/more"] = std::string(PATH_MAX, 'x');
  kernel.fail(Call::readlink, EINTR);
  CHECK(sysfs.link("/a").value() == "../drivers/e1000e");
  CHECK(sysfs.link("/most").value().size() == PATH_MAX - 1);
  CHECK(sysfs.link("/more").error() == ENAMETOOLONG);
  CHECK(sysfs.link("/none").error() == ENOENT);
  kernel.fail(Call::readlink, ELOOP);
  CHECK(sysfs.link("/a").error() == ELOOP);
}

TEST_CASE_METHOD(Fixture, "a list of functions is sorted and without other names", "[sysfs]") {
  kernel.directories["/d"] = {"0000:02:00.0", "power", "0000:01:00.1", "..", "0000:01:00.0 ", "0000:01:00.0", "\xff\n"};
  const auto found = sysfs.functions("/d").value();
  REQUIRE(found.size() == 3);
  CHECK(to_string(found[0]) == "0000:01:00.0");
  CHECK(to_string(found[1]) == "0000:01:00.1");
  CHECK(to_string(found[2]) == "0000:02:00.0");
  CHECK(sysfs.functions("/none").error() == ENOENT);
}

TEST_CASE_METHOD(Fixture, "a list that a signal interrupted starts again from nothing", "[sysfs]") {
  kernel.directories["/d"] = {"0000:01:00.0"};
  kernel.fail(Call::list, EINTR);
  CHECK(sysfs.functions("/d").value().size() == 1);
}

TEST_CASE_METHOD(Fixture, "whether something exists is a yes, a no or an error", "[sysfs]") {
  kernel.files["/a"] = "";
  kernel.fail(Call::exists, EINTR);
  CHECK(sysfs.exists("/a").value());
  CHECK_FALSE(sysfs.exists("/none").value());
  kernel.fail(Call::exists, EACCES);
  CHECK(sysfs.exists("/a").error() == EACCES);
}

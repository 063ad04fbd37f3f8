// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What the Linux backend does on a real kernel with VFIO devices; /init of the guest runs it, see CMakeLists.txt. Each test
// has one tag, by which the boot names it, and leaves the devices as it found them.
#include "support/catch.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <linux/vfio.h>
#include <string>
#include <sys/ioctl.h>
#include <thread>
#include <unistd.h>
#include <filesystem>
#include <iostream>
#include <chrono>
#include <sys/syscall.h>
#include <atomic>

namespace {
using Clock = std::chrono::steady_clock;
struct Timer { Clock::time_point s = Clock::now(); double ms() const { return std::chrono::duration<double, std::milli>(Clock::now()-s).count(); } };
std::string env(const char* n) { const char* v = std::getenv(n); return v ? v : ""; }
int put(const std::string& path, const std::string& text) {
  int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  ssize_t n = write(fd, text.data(), text.size());
  int e = n < 0 ? errno : 0;
  close(fd);
  return e;
}
std::string link(const std::string& p) { std::error_code e; auto l = std::filesystem::read_symlink(p, e); return e ? "-" : l.filename().string(); }
std::string D(const std::string& b) { return "/sys/bus/pci/devices/" + b; }
std::string get(const std::string& p) { std::ifstream f(p); std::string s; std::getline(f, s); return s; }
int drv(const std::string& b, const char* d) {
  std::string cur = link(D(b) + "/driver");
  int r = 0;
  if (cur != "-") { r = put(D(b) + "/driver/unbind", b); std::cout << "  unbind " << b << " from " << cur << " " << r << "\n"; }
  r = put(D(b) + "/driver_override", std::string(d) + "\n"); std::cout << "  override '" << d << "' " << r << "\n";
  if (*d) { r = put("/sys/bus/pci/drivers_probe", b); std::cout << "  probe " << r << " -> " << link(D(b) + "/driver") << "\n"; }
  return r;
}
struct Vfio { int c = -1, g = -1, d = -1; };
int step(const char* n, int r) { int e = r < 0 ? errno : 0; std::cout << "  " << n << " = " << r << " errno " << e << " " << std::strerror(e) << "\n"; errno = e; return r; }
Vfio open_dev(const std::string& b) {
  Vfio v; Timer t;
  v.c = step("container", open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC));
  v.g = step("group", open(("/dev/vfio/" + link(D(b) + "/iommu_group")).c_str(), O_RDWR | O_CLOEXEC));
  vfio_group_status s{sizeof s, 0}; step("status", ioctl(v.g, VFIO_GROUP_GET_STATUS, &s)); std::cout << "  flags " << s.flags << "\n";
  step("set_container", ioctl(v.g, VFIO_GROUP_SET_CONTAINER, &v.c));
  step("set_iommu", ioctl(v.c, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU));
  v.d = step("device", ioctl(v.g, VFIO_GROUP_GET_DEVICE_FD, b.c_str()));
  vfio_device_info i{}; i.argsz = sizeof i; step("info", ioctl(v.d, VFIO_DEVICE_GET_INFO, &i)); std::cout << "  flags " << i.flags << " " << t.ms() << " ms\n";
  return v;
}
void shut(Vfio v) { Timer t; close(v.d); close(v.g); close(v.c); std::cout << "  close " << t.ms() << "\n"; }
} // namespace

TEST_CASE("a reset succeeds and an unbind contends", "[reset]") {
  for (auto n : {"DEVLOCK_EDU", "DEVLOCK_SWITCH_EDU", "DEVLOCK_SWITCH_NIC", "DEVLOCK_PAIR_0"}) {
    auto b = env(n);
    std::cout << n << " " << b << " " << std::filesystem::canonical(D(b)) << "\n";
    Timer tt;
    drv(b, "vfio-pci");
    std::cout << "  bind took " << tt.ms() << "\n";
    if (std::string(n) == "DEVLOCK_PAIR_0") {
      std::cout << " sibling on e1000e\n";
      auto v = open_dev(b);
      shut(v);
      std::cout << " sibling driverless\n";
      drv(env("DEVLOCK_PAIR_1"), "");
      v = open_dev(b);
      std::cout << " sibling probed as e1000e while owned\n";
      drv(env("DEVLOCK_PAIR_1"), "e1000e");
      shut(v);
      drv(env("DEVLOCK_PAIR_1"), "vfio-pci");
    }
    auto v = open_dev(b);
    { Timer t; step("reset", ioctl(v.d, VFIO_DEVICE_RESET)); std::cout << "  " << t.ms() << " ms\n"; }
    step("second open", open(("/dev/vfio/" + link(D(b) + "/iommu_group")).c_str(), O_RDWR));
    step("second device fd", 0);
    int d2 = step("device again", ioctl(v.g, VFIO_GROUP_GET_DEVICE_FD, b.c_str()));
    close(d2);
    std::atomic<int> tid{0}; std::atomic<bool> fin{false}; int res = -1;
    std::thread th([&] { tid = static_cast<int>(syscall(SYS_gettid)); res = put("/sys/bus/pci/drivers/vfio-pci/unbind", b); fin = true; });
    Timer t; std::string w; int polls = 0;
    while (!fin) { if (tid) { w = get("/proc/self/task/" + std::to_string(tid) + "/wchan"); ++polls; if (w == "vfio_unregister_group_dev") break; } std::this_thread::yield(); }
    std::cout << "  wchan " << w << " after " << t.ms() << " polls " << polls << "\n";
    { Timer t2; step("reset contended", ioctl(v.d, VFIO_DEVICE_RESET)); std::cout << "  " << t2.ms() << " ms\n"; }
    d2 = step("device during unbind", ioctl(v.g, VFIO_GROUP_GET_DEVICE_FD, b.c_str()));
    std::cout << "  driver link " << link(D(b) + "/driver") << "\n";
    if (d2 >= 0) close(d2);
    { Timer t3; close(v.d); th.join(); std::cout << "  unbind ended " << res << " after close " << t3.ms() << "\n"; }
    close(v.g); close(v.c);
    std::cout << "  driver after " << link(D(b) + "/driver") << " group node " << std::filesystem::exists("/dev/vfio/" + link(D(b) + "/iommu_group")) << "\n";
    std::cout << "  bind nonsense: " << put("/sys/bus/pci/drivers/vfio-pci/bind", "0000:99:00.0") << " bind without id: ";
    put(D(b) + "/driver_override", "\n");
    std::cout << put("/sys/bus/pci/drivers/vfio-pci/bind", b) << " override now '" << get(D(b) + "/driver_override") << "'\n";
  }
  CHECK(true);
}

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A parent of mediated devices that leaves while they are created; a part of guest_own. The other tests of mdevs run
// on Debian's kernels too: ../guest_mdev_test.cpp.
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>

#include "kernel/guest.hpp"

using namespace guest;
using devlock::vfio::Uuid;

namespace {
constexpr const char* parent = "mtty";

Uuid uuid(int number) {
  return *Uuid::parse("83b8f4f2-509f-382f-3c1e-e6bfe0fa" + std::to_string(1000 + number));
}
/// A program of the guest, which is to succeed.
void run(const char* command) {
  INFO(command);
  REQUIRE(std::system(command) == 0);  // NOLINT(concurrency-mt-unsafe)
}
}  // namespace

TEST_CASE("a parent that leaves waits for those who create its devices, and none of these stays", "[mdev_drained]") {
  Host host;
  Context context;
  for (int round = 0; round != 8; ++round) {
    run("modprobe mtty");
    std::atomic<bool> enough{false};
    const auto work = [&](const auto& own, int number) -> Result<void> {
      own.assume();
      while (!enough) {
        const auto done = host.mdevs().create(own, parent, "mtty-1", uuid(number));
        if (!done && done.error().error_class != ErrorClass::held && done.error().error_class != ErrorClass::gone &&
            done.error().error_class != ErrorClass::contended) {
          enough = true;
          return done;
        }
      }
      return {};
    };
    Worker<void> first;
    Worker<void> second;
    // The link through which the parent is found goes first; who has the file open still reaches the handler.
    const std::string file =
        std::filesystem::canonical("/sys/class/mdev_bus/mtty").string() + "/mdev_supported_types/mtty-1/create";
    const int create = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
    REQUIRE(create >= 0);
    first.start([&](Context& own) { return work(own.assume(), 1); });
    second.start([&](Context&) -> Result<void> {
      const std::string name = uuid(2).text();
      while (!enough) {
        (void)!::pwrite(create, name.data(), name.size(), 0);
      }
      return {};
    });
    while (value(host.mdevs().devices()).empty()) {
      std::this_thread::yield();
    }
    run("rmmod mtty");
    enough = true;
    value(first.join());
    value(second.join());
    REQUIRE(::close(create) == 0);
    REQUIRE(value(host.mdevs().devices()).empty());
  }
}

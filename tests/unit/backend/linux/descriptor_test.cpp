// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Descriptor, and the fake that counts descriptors: a leak and a use after close must show, or the other tests prove nothing.
#include "support/catch.hpp"

#include <cerrno>
#include <optional>
#include <type_traits>
#include <utility>

#include "devlock/backend/linux/descriptor.hpp"
#include "unit/backend/linux/fake_sys.hpp"

using namespace fake;
using devlock::linux_host::Descriptor;
using File = Descriptor<FakeSys>;

static_assert(!std::is_copy_constructible_v<File> && !std::is_copy_assignable_v<File>);
static_assert(std::is_nothrow_move_constructible_v<File> && std::is_nothrow_move_assignable_v<File>);
static_assert(std::is_nothrow_destructible_v<File>);
static_assert(sizeof(Descriptor<devlock::linux_host::PosixSys>) == sizeof(int));

namespace {
File open_kvm(FakeKernel& kernel) {
  const FakeSys sys(kernel);
  return File(sys, sys.open("/dev/kvm", O_RDWR | O_CLOEXEC));
}
}  // namespace

TEST_CASE("a descriptor closes once, when its last owner goes", "[descriptor]") {
  FakeKernel kernel;
  {
    File one = open_kvm(kernel);
    CHECK(kernel.open_descriptors() == 1);
    File other(std::move(one));
    CHECK_FALSE(one);  // NOLINT(bugprone-use-after-move,hicpp-invalid-access-moved): it says that it is empty
    CHECK(other);
    CHECK(kernel.open_descriptors() == 1);
  }
  CHECK(kernel.open_descriptors() == 0);
  CHECK(kernel.count(Call::close) == 1);
  CHECK(kernel.misuses.empty());
}

TEST_CASE("assigning to a descriptor closes what it had", "[descriptor]") {
  FakeKernel kernel;
  File one = open_kvm(kernel);
  File other = open_kvm(kernel);
  const int kept = other.get();
  one = std::move(other);
  CHECK(one.get() == kept);
  CHECK(kernel.open_descriptors() == 1);
  File& same = one;
  one = std::move(same);
  CHECK(one.get() == kept);
  CHECK(kernel.open_descriptors() == 1);
}

TEST_CASE("closing says how it went, and nothing is open afterwards", "[descriptor]") {
  FakeKernel kernel;
  File file = open_kvm(kernel);
  kernel.fail(Call::close, EIO);
  CHECK(file.close() == EIO);
  CHECK_FALSE(file);
  CHECK(file.close() == EBADF);
  CHECK(kernel.open_descriptors() == 0);
  CHECK(kernel.count(Call::close) == 1);
}

TEST_CASE("a close that a signal interrupted is not made again", "[descriptor]") {
  FakeKernel kernel;
  File file = open_kvm(kernel);
  kernel.fail(Call::close, EINTR);
  CHECK(file.close() == EINTR);
  CHECK(kernel.count(Call::close) == 1);
  CHECK(kernel.misuses.empty());
}

TEST_CASE("an ioctl that a signal interrupted is made again", "[descriptor]") {
  FakeKernel kernel;
  const File file = open_kvm(kernel);
  kernel.fail_ioctl(KVM_GET_API_VERSION, EINTR, 3);
  CHECK(file.ioctl(KVM_GET_API_VERSION) == KVM_API_VERSION);
  CHECK(kernel.count(Call::ioctl) == 4);
}

TEST_CASE("a descriptor of a failed open is empty and closes nothing", "[descriptor]") {
  FakeKernel kernel;
  { const File file(FakeSys(kernel), -ENOENT); }
  CHECK(kernel.count(Call::close) == 0);
}

TEST_CASE("the fake sees a descriptor that nobody closes", "[descriptor]") {
  FakeKernel kernel;
  const FakeSys sys(kernel);
  const long leaked = sys.open("/dev/kvm", O_RDWR | O_CLOEXEC);
  CHECK(kernel.open_descriptors() == 1);
  CHECK(sys.close(static_cast<int>(leaked)) == 0);
}

TEST_CASE("the fake sees a use after close, an open without O_CLOEXEC and an ioctl of the wrong node", "[descriptor]") {
  FakeKernel kernel;
  const FakeSys sys(kernel);
  const auto kvm = static_cast<int>(sys.open("/dev/kvm", O_RDWR));
  CHECK(kernel.misuses.size() == 1);
  CHECK(sys.ioctl(kvm, VFIO_DEVICE_RESET, 0) == -ENOTTY);
  CHECK(kernel.misuses.size() == 2);
  CHECK(sys.close(kvm) == 0);
  CHECK(sys.close(kvm) == -EBADF);
  CHECK(kernel.misuses.size() == 3);
}

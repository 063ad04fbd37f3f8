// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
#include "devlock/backend/linux/reset_methods.hpp"

#include <array>
#include <vector>

#include "support/catch.hpp"
#include "unit/backend/linux/errors.hpp"
#include "unit/backend/linux/machine.hpp"

using namespace fake;
using devlock::ErrorClass;
using devlock::Operation;
using devlock::Result;
using devlock::pci::ResetMethod;

namespace {
const std::string attribute = device_path(first) + "/reset_method";
}  // namespace

TEST_CASE("the reset methods of a function are read in their order", "[reset_method]") {
  struct Row {
    const char* text;
    std::vector<ResetMethod> methods;
  };
  for (const Row& row : {Row{"device_specific acpi flr af_flr pm bus cxl_bus\n",
                             {ResetMethod::device_specific, ResetMethod::acpi, ResetMethod::flr, ResetMethod::af_flr,
                              ResetMethod::pm, ResetMethod::bus, ResetMethod::cxl_bus}},
                         Row{"bus flr\n", {ResetMethod::bus, ResetMethod::flr}}, Row{"flr", {ResetMethod::flr}},
                         Row{"\n", {}}, Row{"", {}}, Row{"flr  bus \n", {ResetMethod::flr, ResetMethod::bus}},
                         Row{"teleport flr flrx fl\n", {ResetMethod::flr}}, Row{"flr flr flr\n", {ResetMethod::flr}}}) {
    Machine m;
    m.kernel.files[attribute] = row.text;
    const auto methods = m.host.reset_methods().read(first);
    INFO(row.text);
    REQUIRE(methods);
    CHECK(*methods == row.methods);
  }
}

TEST_CASE("the reset methods of a function are chosen, switched off and given back", "[reset_method]") {
  Machine m;
  m.kernel.files[attribute] = "flr bus\n";
  REQUIRE(m.host.reset_methods().write(first, std::array{ResetMethod::bus, ResetMethod::flr}));
  CHECK(m.kernel.files[attribute] == "bus flr");
  REQUIRE(m.host.reset_methods().write(first, {}));
  CHECK(m.kernel.files[attribute] == "\n");
  REQUIRE(m.host.reset_methods().write_default(first));
  CHECK(m.kernel.files[attribute] == "default");
}

TEST_CASE("a method that the function lacks, a function without any and no function at all are told apart",
          "[reset_method]") {
  Machine m;
  const std::array flr{ResetMethod::flr};
  expect(m.host.reset_methods().read(first),
         {Operation::reset_methods, ENOTTY, ErrorClass::unsupported, "0000:01:00.0", "cannot be reset by itself"});
  expect(m.host.reset_methods().write(first, flr),
         {Operation::set_reset_methods, ENOTTY, ErrorClass::unsupported, "0000:01:00.0", "cannot be reset by itself"});
  expect(m.host.reset_methods().read(nowhere),
         {Operation::reset_methods, ENOENT, ErrorClass::gone, "0000:09:00.0", "no such function"});
  m.kernel.files[attribute] = "bus\n";
  m.kernel.stores[attribute] = [](FakeKernel&, std::string_view) { return -long{EINVAL}; };
  expect(m.host.reset_methods().write(first, flr),
         {Operation::set_reset_methods, EINVAL, ErrorClass::invalid, "0000:01:00.0", "does not have one of these"});
  m.kernel.fail(Call::write, ENOMEM);
  expect(m.host.reset_methods().write_default(first),
         {Operation::set_reset_methods, ENOMEM, ErrorClass::exhausted, "0000:01:00.0", "memory"});
}

TEST_CASE("whatever call of reading or writing reset methods fails, the error is whole and nothing stays open",
          "[reset_method]") {
  CHECK(fail_every_call<Machine>(Operation::reset_methods, [](Machine& m) -> Result<void> {
          m.kernel.files[attribute] = "flr\n";
          const auto read = m.host.reset_methods().read(first);
          return read ? Result<void>() : devlock::failure(read.error());
        }) == 4 * std::size(every_errno));  // open, two reads, close
  CHECK(fail_every_call<Machine>(Operation::set_reset_methods, [](Machine& m) {
          m.kernel.files[attribute] = "flr\n";
          return m.host.reset_methods().write_default(first);
        }) == 3 * std::size(every_errno));
}

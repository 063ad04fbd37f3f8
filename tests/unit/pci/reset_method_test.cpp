// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Reset methods in order: ENOTTY means the next one, anything else decides.
#include "devlock/pci/reset_method.hpp"

#include <string>
#include <vector>

#include "support/catch.hpp"

namespace {

using namespace devlock;
using pci::ResetMethod;

constexpr pci::Address function{0, 1, 0, 0};

// Tries flr, pm and bus, which answer as told; 0 is success. "flr pm : ENOTTY"
std::string tried(const std::vector<int>& answers) {
  const std::vector<ResetMethod> methods{ResetMethod::flr, ResetMethod::pm, ResetMethod::bus};
  std::string journal;
  std::size_t next = 0;
  const auto done =
      pci::reset_by_methods(Operation::reset_function, function, std::span(methods).first(answers.size()),
                            [&](ResetMethod method) -> Result<void> {
                              journal += std::string(to_string(method)) + ' ';
                              const int error_number = answers[next++];
                              if (error_number == 0) {
                                return {};
                              }
                              return failure(make_error(Operation::reset_function, "it", error_number, "so"));
                            });
  return journal + ": " + (done ? "ok" : errno_name(done.error().error_number));
}

TEST_CASE("The first method that does it ends the search") {
  CHECK(tried({0, 0, 0}) == "flr : ok");
  CHECK(tried({ENOTTY, 0, 0}) == "flr pm : ok");
  CHECK(tried({ENOTTY, ENOTTY, 0}) == "flr pm bus : ok");
}
TEST_CASE("An error that is not ENOTTY ends it too: the function was touched") {
  CHECK(tried({EIO, 0, 0}) == "flr : EIO");
  CHECK(tried({ENOTTY, EINVAL, 0}) == "flr pm : EINVAL");
  CHECK(tried({ENOTTY, EAGAIN, 0}) == "flr pm : EAGAIN");
}
TEST_CASE("Without a method that does it the answer is ENOTTY, with all that an error owes") {
  CHECK(tried({ENOTTY, ENOTTY, ENOTTY}) == "flr pm bus : ENOTTY");
  CHECK(tried({}) == ": ENOTTY");
  const auto none =
      pci::reset_by_methods(Operation::reset_function, function, {}, [](ResetMethod) { return Result<void>(); });
  REQUIRE_FALSE(none.has_value());
  CHECK(none.error().object == "0000:01:00.0");
  CHECK(none.error().error_class == ErrorClass::unsupported);
  CHECK_FALSE(none.error().reason.empty());
  CHECK_FALSE(none.error().remedy.empty());
}
TEST_CASE("Methods have the names that sysfs prints") {
  CHECK(std::string(to_string(ResetMethod::device_specific)) == "device_specific");
  CHECK(std::string(to_string(ResetMethod::af_flr)) == "af_flr");
  CHECK(std::string(to_string(ResetMethod::cxl_bus)) == "cxl_bus");
}

}  // namespace

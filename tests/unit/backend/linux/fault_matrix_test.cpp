// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Every errno of the table from every system call of every operation, at every step: classified, nothing left open, held, claimed
// or changed. And wrong operations, each without one line of cleaning up, whose cells fail.
#include "support/catch.hpp"

#include <iostream>

#include "unit/backend/linux/fault_matrix/adoption_operations.hpp"
#include "unit/backend/linux/fault_matrix/cdev_operations.hpp"
#include "unit/backend/linux/fault_matrix/hotplug_operations.hpp"
#include "unit/backend/linux/fault_matrix/mdev_operations.hpp"
#include "unit/backend/linux/fault_matrix/runner.hpp"
#include "unit/backend/linux/fault_matrix/subjects.hpp"
#include "unit/backend/linux/fault_matrix/twins.hpp"

using namespace fake;

TEST_CASE("every fault of every operation is classified and leaks nothing", "[fault_matrix]") {
  MatrixRunner runner(fault_table);
  for (const auto& subjects :
       {all_subjects(), hotplug_subjects(), adoption_subjects(), cdev_subjects(), mdev_subjects()}) {
    for (const Subject& subject : subjects) {
      runner.run(subject);
    }
  }
  const MatrixReport report = runner.report();
  std::cout << "fault matrix: " << report.cells << " cells, " << report.runs << " runs, " << report.leaks << " leaks\n";
  for (const std::string& finding : report.findings) {
    FAIL_CHECK(finding);
  }
  CHECK(report.leaks == 0);
  CHECK(report.cells >= 600);
}

TEST_CASE("an operation that leaves out one line of its cleaning up fails a cell that says so", "[fault_matrix]") {
  for (const Twin& twin : all_twins()) {
    INFO(twin.what);
    MatrixRunner runner(fault_table);
    runner.run(twin.subject);
    const MatrixReport report = runner.report();
    bool found = false;
    for (const std::string& finding : report.findings) {
      found = found || (finding.starts_with(twin.cell) && finding.find(twin.finding) != std::string::npos);
    }
    CHECK(found);
    if (!found) {
      for (const std::string& finding : report.findings) {
        WARN(finding);
      }
    }
  }
}

TEST_CASE("a row of no step and a step of no row are findings", "[fault_matrix]") {
  const Subject subject{"reset_function",
                        {Operation::reset_function},
                        [](Rig&) {},
                        [](Rig& r) { return outcome_of(r.host.reset_function(r.root.assume(), first)); }};
  const Row rows[] = {{"reset_function", Call::open, 0, open_answers, Then::error},
                      {"reset_function", Call::poll, 0, poll_answers, Then::error},
                      {"reset_function", Call::close, 0, close_answers, Then::same}};
  MatrixRunner runner(rows);
  runner.run(subject);
  const MatrixReport report = runner.report();
  REQUIRE(report.findings.size() == 2);
  CHECK(report.findings[0] == "reset_function: no row has its write");
  CHECK(report.findings[1] == "reset_function: no step is a poll, row 1");
}

TEST_CASE("a function that could not be taken is given back although giving back fails once too", "[fault_matrix]") {
  const auto prepare = [](Rig& r) { bind_to(r.kernel, second, "e1000e"); };
  const auto take = [](Rig& r) {
    r.root.assume();
    return Rig::Binding::take(r.root, r.host, second, "vfio-pci");
  };
  std::size_t pairs = 0;
  std::size_t said = 0;
  std::size_t calls = 0;
  {
    Rig rig;
    prepare(rig);
    const auto taken = take(rig);
    REQUIRE(taken);
    calls = rig.kernel.made.size();
  }
  for (std::size_t fault = 0; fault != calls; ++fault) {
    std::size_t second_fault = fault;
    bool reached = true;
    while (reached) {  // as long as there is such a call
      ++second_fault;
      Rig rig;
      prepare(rig);
      const HostState before = rig.state();
      rig.kernel.fail_at(fault, EIO);
      rig.kernel.fail_at(second_fault, EACCES);
      const auto taken = take(rig);
      INFO("calls " << fault << " and " << second_fault << " fail; " << difference(rig.state(), before));
      reached = second_fault < rig.kernel.made.size();
      if (rig.kernel.made[fault].call == Call::close) {
        continue;  // nobody looks at what the close of an attribute answers: the other one is the only fault
      }
      ++pairs;
      REQUIRE_FALSE(taken);
      CHECK(rig.state() == before);
      CHECK(rig.kernel.open_descriptors() == 0);
      CHECK(rig.kernel.misuses.empty());
      said += taken.error().reason.find("giving it back failed too") != std::string::npos ? 1U : 0U;
    }
  }
  CHECK(pairs > 200);
  CHECK(said > 50);
}

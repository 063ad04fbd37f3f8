// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The catalogue: every fix is complete within its budget with its rollbacks covered, every wrong variant is found within
// its budget and by every search, and is complete with its fault switched off.
#include "model/catalogue/entry.hpp"
#include "support/catch.hpp"

namespace {

using namespace catalogue;

const Entry* find(const std::vector<Entry>& entries, std::string_view name) {
  for (const Entry& entry : entries) {
    if (name == entry.name) {
      return &entry;
    }
  }
  return nullptr;
}

bool is_missed(const Entry& entry, Search search) {
  return std::find(entry.missed_by.begin(), entry.missed_by.end(), search) != entry.missed_by.end();
}

void expect_answers(const Entry& entry) {
  const Result result = entry.check(entry.plan());
  INFO(entry.system << ": " << entry.name << ": " << to_string(result) << "\n" << result.trace);
  CHECK(entry.answers(result));
  if (!entry.is_fault()) {
    return;
  }
  for (const Search search : {Search::full, Search::bounded, Search::random, Search::pct}) {
    const Result other = entry.check({.search = search, .executions = 20000, .shorten = 0});
    INFO("search " << static_cast<int>(search) << ": " << to_string(other));
    if (is_missed(entry, search)) {
      CHECK(other.outcome == Outcome::passed);  // expected too: a test that fails here is good news
      CHECK_FALSE(other.verified());
    } else {
      CHECK(entry.answers(other));
    }
  }
}

void expect_all(const std::vector<Entry>& entries) {
  REQUIRE_FALSE(entries.empty());
  for (const Entry& entry : entries) {
    expect_answers(entry);
  }
}

TEST_CASE("Every wrong variant names the complete scenario that it is without its fault") {
  const std::vector<Entry> entries = all();
  for (const Entry& entry : entries) {
    INFO(entry.name);
    CHECK(find(entries, entry.name) == &entry);
    if (entry.is_fault()) {
      const Entry* without = find(entries, entry.without_fault);
      REQUIRE(without != nullptr);
      CHECK_FALSE(without->is_fault());
      CHECK_FALSE(without->larger);
      CHECK(without->threads == entry.threads);
      CHECK(std::string_view(without->system) == entry.system);
    }
  }
}

TEST_CASE("PCI: every fix is complete and every wrong variant is found") {
  expect_all(pci_entries());
}
TEST_CASE("IOMMU groups: every fix is complete and every wrong variant is found") {
  expect_all(iommu_entries());
}
TEST_CASE("mdev: every fix is complete and every wrong variant is found") {
  expect_all(mdev_entries());
}
TEST_CASE("kvm/vfio: every fix is complete and every wrong variant is found") {
  expect_all(kvm_vfio_entries());
}
TEST_CASE("vfio-ap: every fix is complete and every wrong variant is found") {
  expect_all(ap_entries());
}

}  // namespace

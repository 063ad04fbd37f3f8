// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The comparison with lockdep, on texts of a real kernel and on texts that no kernel may print.
#include "kernel/conformance/judge.hpp"

#include <fstream>
#include <sstream>

#include "devlock/vfio/order.hpp"
#include "kernel/conformance/table.hpp"
#include "support/catch.hpp"

using namespace conformance;

namespace {
const std::string excerpts = DEVLOCK_EXCERPTS;

DeclaredOrder shipped() {
  return DeclaredOrder::of<devlock::vfio::VfioOrder>();
}
Observed seen_in(const std::string& folder) {
  Observed observed;
  Lockdep classes;
  std::ifstream lockdep(excerpts + '/' + folder + "/look.lockdep");
  read_classes(lockdep, classes);
  observe(classes, folder, observed);
  Lockdep chains;
  std::ifstream text(excerpts + '/' + folder + "/look.chains");
  read_chains(text, chains);
  observe(chains, folder, observed);
  return observed;
}
Observed of_chains(const std::vector<std::vector<std::string>>& chains) {
  Lockdep seen;
  seen.chains = chains;
  Observed observed;
  observe(seen, "test", observed);
  return observed;
}
bool has(const std::vector<std::string>& all, const std::string& part) {
  return std::any_of(all.begin(), all.end(),
                     [&](const std::string& one) { return one.find(part) != std::string::npos; });
}
void refuses(const std::string& text, const std::string& line) {
  Lockdep seen;
  std::istringstream in(text);
  INFO(text);
  try {
    text.starts_with("all lock classes") ? read_classes(in, seen) : read_chains(in, seen);
    FAIL("it was taken");
  } catch (const NotLockdep& wrong) {
    REQUIRE(std::string(wrong.what()).find(line) != std::string::npos);
  }
}
}  // namespace

TEST_CASE("what a kernel saw agrees with the shipped order") {
  const Observed observed = seen_in("agrees");
  REQUIRE(observed.size() > 10);
  REQUIRE(observed.contains({"vfio_group.group_lock", "vfio_device_set.lock"}));
  const auto wrong = disagreements(shipped(), observed);
  INFO((wrong.empty() ? "" : wrong.front()));
  REQUIRE(wrong.empty());
}

TEST_CASE("a kernel that takes two locks the other way round is refused, with both names and the declared path") {
  const auto wrong = disagreements(shipped(), seen_in("differs"));
  REQUIRE(wrong.size() == 1);
  REQUIRE(has(wrong, "waits for vfio_group.group_lock (&group->group_lock) while it holds kvm.lock (&kvm->lock)"));
  REQUIRE(has(wrong, "vfio_group.group_lock -> vfio_device_set.lock -> matrix_dev.guests_lock -> kvm.lock"));
}

TEST_CASE("an order that lacks an edge, or has one reversed, disagrees with what a kernel saw") {
  auto lacks = shipped();
  REQUIRE(lacks.leave_out({"vfio_group.group_lock", "vfio_device_set.lock"}));
  REQUIRE(has(disagreements(lacks, seen_in("agrees")), "declared: nothing relates the two"));
  auto reversed = shipped();
  REQUIRE(reversed.reverse({"kvm.lock", "vfio_group.kvm_ref_lock"}));
  REQUIRE(
      has(disagreements(reversed, seen_in("agrees")), "the other way round, by vfio_group.kvm_ref_lock -> kvm.lock"));
  REQUIRE_FALSE(reversed.reverse({"kvm.lock", "vfio_group.group_lock"}));
}

TEST_CASE("a lock between two modelled ones hides nothing") {
  const Observed observed = of_chains({{"&kvm->lock", "&iommu->lock", "&group->group_lock"}});
  REQUIRE(observed.size() == 1);
  REQUIRE(has(disagreements(shipped(), observed), "while it holds kvm.lock"));
}

TEST_CASE("a refused edge is no disagreement, nor is what follows it in one chain, and nothing else is excused") {
  const std::string dl = "device_lock/pci/1/pf/0";
  REQUIRE(disagreements(shipped(), of_chains({{dl, "pci_rescan_remove_lock"}})).empty());
  REQUIRE(disagreements(shipped(), of_chains({{"pci_bus_sem", dl, "&vdev->igate"}})).empty());
  REQUIRE(has(disagreements(shipped(), of_chains({{"pci_bus_sem", "&vdev->igate"}})), "pci_bus_sem"));
  REQUIRE(has(disagreements(shipped(), of_chains({{"&group->group_lock", dl}})), "device_lock"));
}

TEST_CASE("device_locks follow the tree, a PF its VFs, siblings their bus; a subclass a smaller one") {
  const auto fine = [](const std::string& outer, const std::string& inner) {
    return disagreements(shipped(), of_chains({{outer, inner}})).empty();
  };
  REQUIRE(fine("device_lock/pci/0/pf/8", "device_lock/pci/1/pf/0"));
  REQUIRE_FALSE(fine("device_lock/pci/1/pf/0", "device_lock/pci/0/pf/8"));
  REQUIRE(fine("device_lock/pci/1/pf/1", "device_lock/pci/1/vf/0"));
  REQUIRE_FALSE(fine("device_lock/pci/1/vf/0", "device_lock/pci/1/pf/1"));
  REQUIRE(fine("device_lock/pci/1/pf/0", "device_lock/pci/1/pf/1"));
  REQUIRE_FALSE(fine("device_lock/pci/1/pf/1", "device_lock/pci/1/pf/0"));
  REQUIRE(fine("device_lock/pci/7/vf/31", "device_lock/mdev"));
  REQUIRE_FALSE(fine("device_lock/pci/1/pf/1", "device_lock/odd"));
  REQUIRE(fine("&ctrl->reset_lock/1", "&ctrl->reset_lock/2"));
  REQUIRE_FALSE(fine("&ctrl->reset_lock/2", "&ctrl->reset_lock/1"));
}

TEST_CASE("an attribute counts once its handler took a lock of the order") {
  // Number 1 never does; so to wait for it is to wait for nothing else.
  REQUIRE(of_chains({{"&vfio.group_lock", "kn->active#1"}}).empty());
  const Observed observed = of_chains({{"&vfio.group_lock", "kn->active#1"}, {"kn->active#1", "&group->mutex"}});
  REQUIRE(observed.contains({"vfio.group_lock", "sysfs attribute"}));
  REQUIRE_FALSE(disagreements(shipped(), observed).empty());
}

TEST_CASE("names of the kernel are told apart from those that only begin alike") {
  REQUIRE(shipped_name("&group->mutex#3") == "iommu_group.mutex");
  REQUIRE(shipped_name("kn->active#77") == "sysfs attribute");
  REQUIRE_FALSE(shipped_name("&group->mutex_of_something"));
  REQUIRE_FALSE(shipped_name("pci_lock_of_something"));
  REQUIRE_FALSE(shipped_name("&dev->mutex"));
  // Each shipped class has a name there, or a reason why not.
  const auto& table = devlock::vfio::VfioOrder::table;
  for (std::size_t row = 0; row != table.count; ++row) {
    const bool named = std::any_of(kernel_names.begin(), kernel_names.end(),
                                   [&](const KernelName& one) { return one.shipped == table.name[row]; });
    INFO(table.name[row]);
    REQUIRE((named || !reason(table.name[row], "").empty() || std::string(table.name[row]) == "matrix_dev.mdevs_lock"));
  }
}

TEST_CASE("what is not lockdep's text is refused by its line") {
  refuses("", "line 1");
  refuses("all lock classes:\nnonsense\n", "line 2: 'nonsense'");
  refuses("all lock classes:\n -> [00000000] &kvm->lock\n", "of no class");
  refuses("all lock classes:\n00000000 FD:    1 BD:    1 +.+.: \n", "line 2");
  refuses("all lock chains:\nirq_context: 0\nwhatever\n", "line 3: 'whatever'");
  refuses("all lock chains:\nirq_context: 0\n[00000000] \n", "names no lock class");
}

TEST_CASE("a table that lacks an edge, or leaves one open, is refused") {
  const auto order = shipped();
  Observed everything;
  for (const Edge& edge : order.edges()) {
    if (reason(edge.first, edge.second).empty()) {
      everything[edge].push_back({"a", "b", "test", {}});
    }
  }
  const auto table = rows(order, everything);
  REQUIRE(faults(order, table).empty());
  std::stringstream text;
  write_rows(text, table);
  REQUIRE(read_rows(text) == table);

  auto less = table;
  less.pop_back();
  REQUIRE(has(faults(order, less), "stands there 0 times"));
  auto more = table;
  more.push_back({{"kvm.lock", "device_lock"}, "x", "", ""});
  REQUIRE(has(faults(order, more), "kvm.lock before device_lock is not declared"));
  REQUIRE(has(faults(order, rows(order, {})), "is not exercised"));
  auto blank = table;
  blank.front().seen.clear();
  REQUIRE(has(faults(order, blank), "either seen or not reachable"));
  auto invented = table;
  invented.front() = {invented.front().edge, "", "because", ""};
  REQUIRE(has(faults(order, invented), "a reason that reasons.hpp has not"));
  REQUIRE(outdated(everything).empty());
  everything[{"vfio_device_set.lock", "kvm_vfio.lock"}].push_back({"a", "b", "test", {}});
  REQUIRE(outdated(everything).size() == 1);
}

// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
#include "model/catalogue/kvm_vfio/pointer.hpp"
#include "model/catalogue/mdev/scenario.hpp"

#include "model/catalogue/register.hpp"
#include "model/speed/reach.hpp"
#include "model/support/race.hpp"

namespace speed {
namespace {

using model::Request;
using model::ScopeKind;

// Each meets at least one of the others.
template <unsigned Threads>
struct Requests {
  static constexpr auto of_threads = [] {
    constexpr Request all[] = {{ScopeKind::bus, model::down0},         {ScopeKind::function, model::end0},
                               {ScopeKind::function, model::end1},     {ScopeKind::subordinate, model::down0},
                               {ScopeKind::subordinate, model::down1}, {ScopeKind::function, model::down0}};
    std::array<Request, Threads> some{};
    for (unsigned i = 0; i != Threads; ++i) {
      some[i] = all[i];
    }
    return some;
  }();
};
template <unsigned Threads>
using Tree = model::Race<model::PlainDeviceLock<model::WatchedSync>, Requests<Threads>, model::Winners::release>;

using namespace catalogue::mdev;
using Counted = CountedGate<NotifiesUnderTheLock>;
using Closed = TriedSemaphore<StaysClosed>;
using catalogue::fix;
using catalogue::of_system;

}  // namespace

std::vector<Entry> trees() {
  return of_system("pci", {
                              fix<Tree<3>>("tree trylock, 3 threads", 100, {"took all", "rollback of 3 locks"}),
                              fix<Tree<4>>("tree trylock, 4 threads", 1000, {"took all", "rollback of 3 locks"}),
                              fix<Tree<6>>("tree trylock, 6 threads", 150000, {"took all", "rollback of 3 locks"}),
                          });
}

std::vector<Entry> of_the_catalogue() {
  std::vector<Entry> chosen;
  for (const char* name :
       {"try_reset: bus, slot, function", "one owner claims two devices, probe: counted per device",
        "create, remove, unregister: count and condition variable", "two remove, unregister: unreg_sem tried",
        "two open and close, VM closes: kvm_ref_lock", "mask store, assign, replug: ap_perms first"}) {
    for (Entry& entry : catalogue::all()) {
      if (std::string_view(name) == entry.name) {
        chosen.push_back(std::move(entry));
      }
    }
  }
  return chosen;
}

std::vector<Entry> large() {
  using namespace catalogue::kvm_vfio;
  std::vector<Entry> entries = of_system(
      "kvm_vfio", {
                      fix<OpenAgainstClose<UnderRefLock, GoesWithItsFile, PutInline, UnderKvmLock, Third::opens_too, 2>>(
                          "two open and close, VM closes, twice over", 20000, {"opened with the VM", "opened without the VM"}),
                  });
  for (Entry& entry :
       of_system("mdev", {
                             fix<GateAlone<Counted, 3>>("3 users, close: condition variable", 5000, {"entered", "refused"}),
                             fix<GateAlone<Closed, 3>>("3 users, close: unreg_sem", 5000, {"entered", "refused"}),
                         })) {
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::vector<Entry> beyond() {
  return of_system(
      "mdev", {
                  fix<GateAlone<RundownGate, 3>>("3 users, close: Rundown", 0),
                  fix<Life<Parent<Counted>, 2, 1, Remove<0>, Create<1, 7>, Create<2, 7>, Unregister>>(
                      "two create, remove, unregister: condition variable", 0),
                  fix<Life<Parent<Closed>, 2, 1, Remove<0>, Create<1, 7>, Create<2, 7>, Unregister>>(
                      "two create, remove, unregister: unreg_sem", 0),
              });
}

devlock::check::Result full(const Entry& entry, double seconds, std::uint64_t executions) {
  return entry.check({.search = catalogue::Search::full,
                      .executions = executions,
                      .time = std::chrono::duration<double>(seconds),
                      .shorten = 0});
}

}  // namespace speed

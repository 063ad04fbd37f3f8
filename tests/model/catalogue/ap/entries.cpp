// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// vfio-ap: the mask store against assignment, unplug and plug.
#include "model/catalogue/ap/matrix.hpp"
#include "model/catalogue/register.hpp"

namespace catalogue {

std::vector<Entry> ap_entries() {
  using namespace ap;
  return of_system(
      "ap",
      {
          fix<Ap<PermsFirst, RebindsAfterwards, TakesTheBitBack, GivesToDefault, Assigns<0>>>(
              "mask store, assign: ap_perms first", 1000,
              {"mask changed", "mask refused, in use", "assigned", "assignment refused, a default driver's"}),
          fault<Ap<MatrixThenPerms, RebindsAfterwards, TakesTheBitBack, GivesToDefault, Assigns<0>>>(
              "mask store, assign: ap_perms and the matrix both ways", "mask store, assign: ap_perms first",
              Outcome::deadlock, 100),
          fault<Ap<TriesTheMatrix, RebindsAfterwards, TakesTheBitBack, GivesToDefault, Assigns<0>>>(
              "mask store, assign: tries the matrix, the queue is stolen (seed's fix)", "mask store, assign: ap_perms first",
              Outcome::assertion, 100, "an assigned queue is not a default driver's"),
          fix<Ap<PermsFirst, RebindsAfterwards, TakesTheBitBack, Assigns<0>, Assigns<1>>>(
              "two assign: ap_perms first", 1000, {"assigned", "assignment refused, another mdev's"}),
          fault<Ap<PermsFirst, RebindsAfterwards, LeavesTheBit, Assigns<0>, Assigns<1>>>(
              "two assign: the refused one leaves its bit", "two assign: ap_perms first", Outcome::assertion, 100,
              "a refused assignment leaves no trace"),
          fix<Ap<PermsFirst, RebindsAfterwards, TakesTheBitBack, GivesToDefault, Replugs>>(
              "mask store, replug: ap_perms given back before the rebind", 1000,
              {"mask changed", "removed unused", "plugged"}),
          fault<Ap<PermsFirst, RebindsUnderPerms, TakesTheBitBack, GivesToDefault, Replugs>>(
              "mask store, replug: rebinds under ap_perms", "mask store, replug: ap_perms given back before the rebind",
              Outcome::deadlock, 100),
          fix<Ap<PermsFirst, RebindsAfterwards, TakesTheBitBack, Assigns<0>, Replugs>>(
              "assign, replug: ap_perms first", 1000,
              {"assigned", "unplugged from a guest", "removed unused", "plugged", "plugged into a guest"}),
          fix<Ap<PermsFirst, RebindsAfterwards, TakesTheBitBack, GivesToDefault, Assigns<0>, Replugs>>(
              "mask store, assign, replug: ap_perms first", 1000,
              {"mask changed", "mask refused, in use", "assigned", "assignment refused, a default driver's",
               "unplugged from a guest", "plugged into a guest"}),
          fix<Ap<PermsFirst, RebindsAfterwards, TakesTheBitBack, GivesToDefault, Assigns<0>, Assigns<1>>>(
              "mask store, two assign: ap_perms first", 1000,
              {"mask changed", "mask refused, in use", "assigned", "assignment refused, a default driver's",
               "assignment refused, another mdev's"}),
      });
}

}  // namespace catalogue

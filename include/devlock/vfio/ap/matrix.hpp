// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A matrix of AP queues: every adapter with every domain, and domains to control. What an mdev is assigned, what a guest may use,
// what the host has.
// Source: struct ap_matrix in drivers/s390/crypto/vfio_ap_private.h.
#pragma once

#include <string>

#include "devlock/vfio/ap/mask.hpp"

namespace devlock::vfio::ap {

/// One queue: a domain of an adapter. Printed as sysfs does, "04.0006".
struct Apqn {
  unsigned adapter = 0;
  unsigned domain = 0;
  constexpr bool operator==(const Apqn&) const = default;

  [[nodiscard]] std::string to_string() const {
    const auto hex = [](unsigned value, unsigned digits) {
      std::string text;
      while (digits-- != 0U) {
        text += "0123456789abcdef"[(value >> (4U * digits)) & 15U];
      }
      return text;
    };
    return hex(adapter, 2) + '.' + hex(domain, 4);
  }
};

struct Matrix {
  Mask adapters;
  Mask domains;
  Mask control_domains;

  constexpr bool operator==(const Matrix&) const = default;
  [[nodiscard]] constexpr bool has(Apqn queue) const {
    return adapters.test(queue.adapter) && domains.test(queue.domain);
  }
  /// True if some queue is in both. Control domains may be shared.
  [[nodiscard]] constexpr bool overlaps(const Matrix& other) const {
    return (adapters & other.adapters).any() && (domains & other.domains).any();
  }
  /// Calls `visit` for each queue until it returns false. True if it never did.
  template <class Visit>
  constexpr bool each(Visit visit) const {
    return adapters.each([&](unsigned adapter) {
      return domains.each([&](unsigned domain) { return visit(Apqn{adapter, domain}); });
    });
  }
};

/// The three dimensions of a matrix, as the attributes of an mdev name them.
enum class Dimension { adapter, domain, control_domain };

constexpr const char* to_string(Dimension dimension) {
  switch (dimension) {
    case Dimension::adapter:
      return "adapter";
    case Dimension::domain:
      return "domain";
    case Dimension::control_domain:
      return "control domain";
  }
  return "unknown dimension";
}
template <class M>
constexpr auto& of(M& matrix, Dimension dimension) {
  return dimension == Dimension::adapter  ? matrix.adapters
         : dimension == Dimension::domain ? matrix.domains
                                          : matrix.control_domains;
}

}  // namespace devlock::vfio::ap

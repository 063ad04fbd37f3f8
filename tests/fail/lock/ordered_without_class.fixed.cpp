// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A lock of a class with a name.
#include <mutex>

#include "devlock/devlock.hpp"

struct named {
  static constexpr char name[] = "named";
};

devlock::Ordered<named, std::mutex> lock;

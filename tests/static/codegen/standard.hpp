// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The same for the standard library's guards.
#pragma once

#include <mutex>

extern "C" void work();  // may throw

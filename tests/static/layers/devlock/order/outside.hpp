// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Known bad: a core header that depends on another library.
#pragma once

#include <tl/expected.hpp>

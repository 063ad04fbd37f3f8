// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Known bad: a header that is included by a path of its own.
#pragma once

#include "upward.hpp"

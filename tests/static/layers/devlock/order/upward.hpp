// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Known bad: a core header that uses a backend.
#pragma once

#include "devlock/backend/error.hpp"

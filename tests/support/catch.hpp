// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Catch2 2.13 and 3.x under one name. Tests include this header and nothing of Catch2 itself.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# cmake -P missing.cmake TEXT: the test that stands for those that cannot be built.
message(FATAL_ERROR "${CMAKE_ARGV3}")

# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# cmake -DFILE=PATH -P json.cmake: fails unless PATH is one JSON object or array.
cmake_minimum_required(VERSION 3.24)
file(READ "${FILE}" text)
string(JSON members ERROR_VARIABLE problem LENGTH "${text}")
if(problem)
    message(FATAL_ERROR "${FILE}: ${problem}")
endif()
if(members EQUAL 0)
    message(FATAL_ERROR "${FILE}: the JSON value is empty")
endif()

# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# The headers beside this file break their layers, each in one way: check_layers.cmake must name every one.

file(WRITE "${WORK}/bad_sets.cmake"
     "file(GLOB core_headers \"${CMAKE_CURRENT_LIST_DIR}/devlock/order/*\")\n"
     "file(GLOB backend_headers \"${CMAKE_CURRENT_LIST_DIR}/devlock/backend/*\")\n"
)
execute_process(
  COMMAND "${CMAKE_COMMAND}" -D "SETS=${WORK}/bad_sets.cmake" -D "INCLUDE=${CMAKE_CURRENT_LIST_DIR}" -P "${CHECKER}"
  RESULT_VARIABLE code
  ERROR_VARIABLE output
)
if(code STREQUAL "0")
  message(FATAL_ERROR "the broken layers are not found")
endif()
foreach(fault IN ITEMS "upward.hpp (core) includes \"devlock/backend/error.hpp\"" "outside.hpp (core) includes <tl/"
                       "relative.hpp (core) includes \"upward.hpp\"" "error.hpp (backend) includes <sys/ioctl.h>"
)
  string(FIND "${output}" "${fault}" place)
  if(place EQUAL -1)
    message(FATAL_ERROR "not found: ${fault}\n${output}")
  endif()
endforeach()

# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# Tries the checker of refusals on the files beside this one. A file with a FAILS-WITH line must make the checker fail with
# that text, one without must make it pass.

file(GLOB cases "${CMAKE_CURRENT_LIST_DIR}/*.cpp")
list(APPEND cases "${CMAKE_CURRENT_LIST_DIR}/missing.cpp" "${CMAKE_CURRENT_LIST_DIR}/missing.fixed.cpp")
set(passed 0)
set(failed 0)
foreach(case IN LISTS cases)
  set(mode refused)
  if(case MATCHES "\\.fixed\\.cpp$")
    set(mode accepted)
  endif()
  set(wanted "")
  if(NOT EXISTS "${case}")
    set(wanted "is missing")
  else()
    file(READ "${case}" text)
    if(text MATCHES "// FAILS-WITH: ([^\n]+)")
      set(wanted "${CMAKE_MATCH_1}")
    endif()
  endif()
  execute_process(
    COMMAND "${CMAKE_COMMAND}" -D MODE=${mode} -D "COMPILER=${COMPILER}" -D FAMILY=${FAMILY} -D "SOURCE=${case}" -P
            "${CHECKER}"
    RESULT_VARIABLE exit_code
    OUTPUT_VARIABLE output
    ERROR_VARIABLE output
  )
  # CMake wraps the text of an error.
  string(REGEX REPLACE "[ \n]+" " " flat "${output}")
  if(wanted STREQUAL "")
    math(EXPR passed "${passed} + 1")
    if(NOT exit_code EQUAL 0)
      message(FATAL_ERROR "${case}: the checker should pass, but says\n${output}")
    endif()
  else()
    math(EXPR failed "${failed} + 1")
    string(FIND "${flat}" "${wanted}" place)
    if(exit_code EQUAL 0)
      message(FATAL_ERROR "${case}: the checker should fail, but passes")
    elseif(place EQUAL -1)
      message(FATAL_ERROR "${case}: the checker should fail with \"${wanted}\", but says\n${output}")
    endif()
  endif()
endforeach()
message(STATUS "the checker passed ${passed} files and refused ${failed}, as it should")
if(passed LESS 3 OR failed LESS 12)
  message(FATAL_ERROR "cases are missing")
endif()

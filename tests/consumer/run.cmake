# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# The steps of the consumer tests. STEP is one of
#   install       installs BUILD into PREFIX and compares the headers there with those of SOURCE
#   build         configures PROJECT in WORK, builds it and runs the program `consumer`
#   refuse        configures PROJECT in WORK, which must fail and say TEXT
#   freestanding  compiles core.cpp of PROJECT with COMPILER for no system, links it in WORK without the C++ runtime
#                 library, and runs it
# What follows `--` are arguments of the configuration, or flags of the compiler.

cmake_minimum_required(VERSION 3.24)

set(ARGS "")
set(after FALSE)
math(EXPR last "${CMAKE_ARGC} - 1")
foreach(number RANGE ${last})
  if(after)
    list(APPEND ARGS "${CMAKE_ARGV${number}}")
  elseif("${CMAKE_ARGV${number}}" STREQUAL "--")
    set(after TRUE)
  endif()
endforeach()

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT code STREQUAL "0")
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}\nends with ${code}:\n${output}")
  endif()
endfunction()

if(STEP STREQUAL "install")
  file(REMOVE_RECURSE "${PREFIX}")
  run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${PREFIX}")
  file(GLOB_RECURSE expected RELATIVE "${SOURCE}/include" "${SOURCE}/include/*")
  file(GLOB_RECURSE installed RELATIVE "${PREFIX}/include" "${PREFIX}/include/*")
  list(FILTER expected EXCLUDE REGEX "${LEFT_OUT}")
  list(SORT expected)
  list(SORT installed)
  if(NOT expected STREQUAL installed)
    message(FATAL_ERROR "installed headers are not those of the source:\n${installed}\nexpected\n${expected}")
  endif()
elseif(STEP STREQUAL "build")
  file(REMOVE_RECURSE "${WORK}")
  run("${CMAKE_COMMAND}" -S "${PROJECT}" -B "${WORK}" ${ARGS})
  run("${CMAKE_COMMAND}" --build "${WORK}")
  run("${WORK}/consumer")
elseif(STEP STREQUAL "refuse")
  file(REMOVE_RECURSE "${WORK}")
  execute_process(
    COMMAND "${CMAKE_COMMAND}" -S "${PROJECT}" -B "${WORK}" ${ARGS}
    RESULT_VARIABLE code
    OUTPUT_VARIABLE output
    ERROR_VARIABLE output
  )
  if(code STREQUAL "0")
    message(FATAL_ERROR "${ARGS} should be refused, but is accepted:\n${output}")
  endif()
  string(REGEX REPLACE "[ \n]+" " " flat "${output}")
  string(FIND "${flat}" "${TEXT}" place)
  if(place EQUAL -1)
    message(FATAL_ERROR "${ARGS} is refused, but without \"${TEXT}\":\n${output}")
  endif()
elseif(STEP STREQUAL "freestanding")
  file(MAKE_DIRECTORY "${WORK}")
  set(flags -std=c++20 -O2 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror ${ARGS})
  run("${COMPILER}" ${flags} -ffreestanding -fno-exceptions -fno-rtti -c "${PROJECT}/core.cpp" -o "${WORK}/core.o")
  run("${COMPILER}" ${flags} "${PROJECT}/main.cpp" "${WORK}/core.o" -o "${WORK}/program" -nodefaultlibs -lc -lgcc)
  run("${WORK}/program")
else()
  message(FATAL_ERROR "unknown STEP \"${STEP}\"")
endif()

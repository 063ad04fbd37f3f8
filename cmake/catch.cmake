# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# Catch2 2.13 (Debian 12) and 3.x as one: a test includes "support/catch.hpp" and links what devlock_catch_test gives it.

find_package(Catch2 QUIET)
if(NOT TARGET Catch2::Catch2 OR Catch2_VERSION VERSION_LESS 2.13)
  message(FATAL_ERROR "devlock: the tests need Catch2 2.13 or later (Debian: catch2); "
                      "-DDEVLOCK_BUILD_TESTS=OFF builds without them")
endif()

# main(), once with the sanitizers asked for and once without.
function(devlock_catch_main target)
  if(TARGET Catch2::Catch2WithMain)
    add_library(${target} INTERFACE)
    target_link_libraries(${target} INTERFACE Catch2::Catch2WithMain)
  else()
    add_library(${target} STATIC "${PROJECT_SOURCE_DIR}/tests/support/catch_main.cpp")
    target_link_libraries(${target} PUBLIC Catch2::Catch2 PRIVATE ${ARGN})
    target_compile_features(${target} PUBLIC cxx_std_20)
  endif()
  target_include_directories(${target} INTERFACE "${PROJECT_SOURCE_DIR}/tests")
endfunction()
devlock_catch_main(devlock_catch devlock_sanitizers)
devlock_catch_main(devlock_catch_unsanitized)

# Arguments of a run with a filter. A filter that no test matches fails: Catch2 2 has to be told.
set(devlock_catch_arguments --order lex)
if(Catch2_VERSION VERSION_LESS 3)
  list(APPEND devlock_catch_arguments --warn NoTests)
endif()

# One test program from one file, and one test LABEL/PATH. MODEL: under the model checker, no sanitizers. A program without
# a test fails, and a test that asserts nothing; Catch2 2 takes one --warn only, so the former is seen by its text.
function(devlock_catch_test label path)
  cmake_parse_arguments(PARSE_ARGV 2 arg "MODEL" "TIMEOUT" "")
  devlock_target_name(target ${label} "${path}")
  add_executable(${target} "${path}")
  if(arg_MODEL)
    target_link_libraries(
      ${target} PRIVATE devlock_everything devlock::check devlock_catch_unsanitized
                        devlock_no_sanitizers devlock_warnings
    )
  else()
    target_link_libraries(
      ${target} PRIVATE devlock_everything devlock_catch devlock_sanitizers devlock_warnings
    )
  endif()
  string(REGEX REPLACE "\\.cpp$" "" name "${path}")
  add_test(NAME ${label}/${name} COMMAND ${target} --order lex --warn NoAssertions)
  set_tests_properties(
    ${label}/${name} PROPERTIES LABELS ${label} TIMEOUT ${arg_TIMEOUT} FAIL_REGULAR_EXPRESSION "No tests ran"
  )
  if(NOT TARGET ${label})
    add_custom_target(${label})
  endif()
  add_dependencies(${label} ${target})
endfunction()

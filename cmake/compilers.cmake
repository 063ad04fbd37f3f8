# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# The compilers that refusals, compile-only tests and the freestanding consumer are tried with: those that the library
# supports at its lower end (g++ 12, clang 14), a current one, and the one that builds everything else.
#
# Sets devlock_compilers, a list of names, and for each name devlock_compiler_NAME (the path) and devlock_family_NAME
# (gcc or clang). A compiler that is not there is reported.

set(devlock_compilers "")

function(devlock_find_compiler family)
  find_program(devlock_program_${ARGV1} NAMES ${ARGN} NO_CACHE)
  set(program "${devlock_program_${ARGV1}}")
  if(NOT program)
    list(JOIN ARGN " or " names)
    message(STATUS "devlock: ${names} not found, nothing is tried with it")
    return()
  endif()
  get_filename_component(name "${program}" NAME)
  if(name IN_LIST devlock_compilers)
    return()
  endif()
  set(devlock_compilers ${devlock_compilers} ${name} PARENT_SCOPE)
  set(devlock_compiler_${name} "${program}" PARENT_SCOPE)
  set(devlock_family_${name} ${family} PARENT_SCOPE)
endfunction()

devlock_find_compiler(gcc g++-12 g++)
devlock_find_compiler(clang clang++-14)
devlock_find_compiler(clang clang++-19)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  devlock_find_compiler(clang "${CMAKE_CXX_COMPILER}")
elseif(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  get_filename_component(devlock_build_compiler "${CMAKE_CXX_COMPILER}" NAME)
  # c++ and the like are other names of a compiler that is in the list already.
  if(NOT devlock_build_compiler MATCHES "^(.*-)?[cg]\\+\\+(-12)?$")
    devlock_find_compiler(gcc "${CMAKE_CXX_COMPILER}")
  endif()
endif()
message(STATUS "devlock: refusals are tried with ${devlock_compilers}")

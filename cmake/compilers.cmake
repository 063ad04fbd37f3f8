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

# Where the library and what it depends on are, for a compiler that CMake does not drive.
set(devlock_syntax_flags "-I${PROJECT_SOURCE_DIR}/include" "-I${PROJECT_SOURCE_DIR}/tests")
foreach(dependency IN ITEMS tl::expected Relacy::Relacy)
  if(TARGET ${dependency})
    get_target_property(folders ${dependency} INTERFACE_INCLUDE_DIRECTORIES)
    foreach(folder IN LISTS folders)
      get_filename_component(folder "${folder}" REALPATH)
      if(NOT folder IN_LIST CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES)
        list(APPEND devlock_syntax_flags -isystem "${folder}")
      endif()
    endforeach()
  endif()
endforeach()
list(REMOVE_DUPLICATES devlock_syntax_flags)

# Registers LABEL/NAME/COMPILER for each compiler that the file's `// ONLY:` line allows.
function(devlock_syntax_test label name mode source)
  set(only "")
  if(EXISTS "${source}")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${source}")
    file(STRINGS "${source}" line REGEX "^// ONLY: *(gcc|clang) *$")
    if(line MATCHES "ONLY: *(gcc|clang)")
      set(only "${CMAKE_MATCH_1}")
    endif()
  endif()
  foreach(compiler IN LISTS devlock_compilers)
    if(only AND NOT only STREQUAL devlock_family_${compiler})
      continue()
    endif()
    set(test ${label}/${name}/${compiler})
    add_test(
      NAME ${test}
      COMMAND
        "${CMAKE_COMMAND}" -D MODE=${mode} -D "COMPILER=${devlock_compiler_${compiler}}" -D
        FAMILY=${devlock_family_${compiler}} -D "SOURCE=${source}" -D "FLAGS=${devlock_syntax_flags}" -P
        "${PROJECT_SOURCE_DIR}/cmake/compile_fail.cmake"
    )
    set_tests_properties(${test} PROPERTIES LABELS ${label} TIMEOUT 180)
  endforeach()
endfunction()

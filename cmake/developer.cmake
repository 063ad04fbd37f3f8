# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# How tests, examples and benchmarks are compiled. Nothing here reaches a user of the library.

add_library(devlock_warnings INTERFACE)
target_compile_options(
  devlock_warnings
  INTERFACE -Wall
            -Wextra
            -Wpedantic
            -Wshadow
            -Wconversion
            $<$<BOOL:${DEVLOCK_WARNINGS_AS_ERRORS}>:-Werror>
            $<$<CXX_COMPILER_ID:Clang,AppleClang>:-Wthread-safety>
)

add_library(devlock_sanitizers INTERFACE)
if(DEVLOCK_SANITIZE)
  set(sanitize -fsanitize=${DEVLOCK_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_compile_options(devlock_sanitizers INTERFACE ${sanitize})
  target_link_options(devlock_sanitizers INTERFACE ${sanitize})
endif()

# Relacy runs the threads of a scenario on stacks of its own, which a sanitizer does not follow.
add_library(devlock_no_sanitizers INTERFACE)
target_compile_options(devlock_no_sanitizers INTERFACE -fno-sanitize=all)
target_link_options(devlock_no_sanitizers INTERFACE -fno-sanitize=all)

# The library with every add-on that is available, except the model checker.
add_library(devlock_everything INTERFACE)
target_link_libraries(devlock_everything INTERFACE devlock::devlock)
foreach(name IN LISTS devlock_components)
  if(NOT name STREQUAL "check")
    target_link_libraries(devlock_everything INTERFACE devlock::${name})
  endif()
endforeach()

# Sets `result` to a target name made of a prefix and a path: order/hierarchy_test.cpp is PREFIX_order_hierarchy_test.
function(devlock_target_name result prefix path)
  string(REGEX REPLACE "\\.cpp$" "" name "${prefix}_${path}")
  string(MAKE_C_IDENTIFIER "${name}" name)
  set(${result} "${name}" PARENT_SCOPE)
endfunction()

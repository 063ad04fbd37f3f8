# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# The library's targets. devlock::devlock is the core and depends on nothing; each add-on is a target of its own with its
# own header set, and is defined only if what it depends on is there. A new header in a known folder needs no change here;
# a header in an unknown folder is an error, so that none is left out of the installation and of the verification.

list(PREPEND CMAKE_MODULE_PATH "${CMAKE_CURRENT_LIST_DIR}")

set(devlock_include "${PROJECT_SOURCE_DIR}/include")
set(devlock_components "") # The add-ons that are defined.

# Sets `result` to the headers that match the patterns, which are relative to include/devlock.
function(devlock_headers result)
  list(TRANSFORM ARGN PREPEND "${devlock_include}/devlock/")
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS LIST_DIRECTORIES false ${ARGN})
  set(${result} "${headers}" PARENT_SCOPE)
endfunction()

# Defines the target devlock_NAME alias devlock::NAME with these headers.
function(devlock_component target name)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "HEADERS;LINK")
  add_library(${target} INTERFACE)
  add_library(devlock::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  target_sources(
    ${target} INTERFACE FILE_SET HEADERS BASE_DIRS "${devlock_include}" FILES ${arg_HEADERS}
  )
  target_link_libraries(${target} INTERFACE ${arg_LINK})
endfunction()

# Defines an add-on if all of NEEDS are targets, else says what is missing.
function(devlock_addon name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "WITHOUT" "HEADERS;LINK;NEEDS")
  set(missing "")
  foreach(dependency IN LISTS arg_NEEDS)
    if(NOT TARGET ${dependency})
      list(APPEND missing ${dependency})
    endif()
  endforeach()
  if(missing)
    list(JOIN missing ", " missing)
    message(STATUS "devlock::${name} is not available: ${missing} not found (${arg_WITHOUT})")
    return()
  endif()
  devlock_component(devlock_${name} ${name} HEADERS ${arg_HEADERS} LINK ${arg_LINK})
  list(APPEND devlock_components ${name})
  set(devlock_components "${devlock_components}" PARENT_SCOPE)
endfunction()

# Which header belongs where. In pci/ and vfio/ the files listed here are the core's, the others use Result.
devlock_headers(all_headers "*.hpp")
devlock_headers(backend_headers "backend/*.hpp" "pci/*.hpp" "vfio/*.hpp")
devlock_headers(sim_headers "backend/sim/*.hpp")
devlock_headers(linux_headers "backend/linux/*.hpp")
devlock_headers(check_headers "check/*.hpp" "sync/relacy*.hpp" "sync/relacy/*.hpp")
devlock_headers(core_headers "order/*.hpp" "lock/*.hpp" "sync/*.hpp" "validate/*.hpp")
set(core_files
    devlock.hpp
    config.hpp
    pci/address.hpp
    pci/topology.hpp
    pci/reset_scope.hpp
    vfio/lock_classes.hpp
    vfio/order.hpp
)
list(TRANSFORM core_files PREPEND "${devlock_include}/devlock/")
foreach(file IN LISTS core_files)
  if(file IN_LIST all_headers)
    list(APPEND core_headers "${file}")
  endif()
endforeach()
list(REMOVE_ITEM core_headers ${check_headers})
list(REMOVE_ITEM backend_headers ${core_headers} ${sim_headers} ${linux_headers})

set(homeless ${all_headers})
list(REMOVE_ITEM homeless ${core_headers} ${backend_headers} ${sim_headers} ${linux_headers}
     ${check_headers})
if(homeless)
  list(JOIN homeless "\n  " homeless)
  message(FATAL_ERROR "devlock: headers of no target, name their folder in cmake/library.cmake:\n"
                      "  ${homeless}")
endif()

find_package(Threads QUIET)
find_package(tl-expected QUIET)
find_package(Relacy QUIET)
set(devlock_has_linux_uapi FALSE)
if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
  set(devlock_has_linux_uapi TRUE)
endif()

devlock_component(devlock devlock HEADERS ${core_headers})
target_compile_features(devlock INTERFACE cxx_std_20)

devlock_addon(
  backend
  HEADERS ${backend_headers}
  LINK devlock::devlock tl::expected
  NEEDS tl::expected
  WITHOUT "Debian: libexpected-dev"
)
devlock_addon(
  sim
  HEADERS ${sim_headers}
  LINK devlock::backend Threads::Threads
  NEEDS devlock::backend Threads::Threads
  WITHOUT "Debian: libexpected-dev"
)
if(devlock_has_linux_uapi)
  devlock_addon(
    linux
    HEADERS ${linux_headers}
    LINK devlock::backend
    NEEDS devlock::backend
    WITHOUT "Debian: libexpected-dev"
  )
else()
  message(STATUS "devlock::linux is not available: the system is ${CMAKE_SYSTEM_NAME}, not Linux")
endif()
devlock_addon(
  check
  HEADERS ${check_headers}
  LINK devlock::devlock Relacy::Relacy
  NEEDS Relacy::Relacy
  WITHOUT "Debian: relacy-dev"
)
if(TARGET devlock_check)
  # Scenarios run on stacks of Relacy's own, all on one thread: the validator would take them for one. In its place guards tell
  # the reports where they were called.
  target_compile_definitions(
    devlock_check INTERFACE DEVLOCK_VALIDATE=1
                            "DEVLOCK_VALIDATE_HEADER=\"devlock/check/report/call_site.hpp\""
  )
  # Relacy switches stacks with longjmp, which fortification takes for a smashed one; and g++ must keep the stores that end
  # an object's life, else the use of a freed atomic goes unseen.
  target_compile_options(
    devlock_check INTERFACE -U_FORTIFY_SOURCE $<$<CXX_COMPILER_ID:GNU>:-fno-lifetime-dse>
  )
endif()

foreach(name IN LISTS DEVLOCK_REQUIRE)
  if(NOT name IN_LIST devlock_components)
    message(FATAL_ERROR "devlock: the add-on ${name} is required (DEVLOCK_REQUIRE) but not available")
  endif()
endforeach()
message(STATUS "devlock ${PROJECT_VERSION}: core ${devlock_components}")

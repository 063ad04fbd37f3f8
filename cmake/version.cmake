# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# The version has one home, the macros DEVLOCK_VERSION_MAJOR, _MINOR and _PATCH of include/devlock/config.hpp.

# Sets `result` to "major.minor.patch".
function(devlock_read_version result)
  set(header "${CMAKE_CURRENT_SOURCE_DIR}/include/devlock/config.hpp")
  if(NOT EXISTS "${header}")
    message(FATAL_ERROR "devlock: ${header} is missing, it holds the version")
  endif()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${header}")
  file(STRINGS "${header}" lines REGEX "#[ \t]*define[ \t]+DEVLOCK_VERSION_")
  set(version "")
  foreach(part IN ITEMS MAJOR MINOR PATCH)
    if(NOT lines MATCHES "DEVLOCK_VERSION_${part}[ \t]+([0-9]+)")
      message(FATAL_ERROR "devlock: ${header} does not define DEVLOCK_VERSION_${part} as a number")
    endif()
    list(APPEND version "${CMAKE_MATCH_1}")
  endforeach()
  list(JOIN version "." version)
  set(${result} "${version}" PARENT_SCOPE)
endfunction()

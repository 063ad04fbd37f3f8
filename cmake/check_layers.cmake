# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# Compares what the headers include with the layers of cmake/library.cmake: a header uses its own layer and those that its
# target links, as "devlock/...", and from outside only what its layer may depend on.
#
#   cmake -D SETS=file -D INCLUDE=folder -P check_layers.cmake
#
# SETS sets core_headers, backend_headers, ... to absolute paths below INCLUDE.

cmake_minimum_required(VERSION 3.24)

include("${SETS}")

set(standard "^<[a-z0-9_]+>$")
set(core_uses core)
set(core_outside "${standard}|^DEVLOCK_VALIDATE_HEADER$")
set(backend_uses core backend)
set(backend_outside "${standard}|^<tl/|^DEVLOCK_EXPECTED_HEADER$")
set(sim_uses core backend sim)
set(sim_outside "${standard}")
set(linux_uses core backend linux)
set(linux_outside "${standard}|^<[a-z0-9_/-]+\\.h>$")
set(check_uses core check)
set(check_outside "${standard}|^<relacy/|^<(cxxabi|unistd)[.]h>$")

set(checked 0)
set(faults "")
foreach(layer IN ITEMS core backend sim linux check)
  set(allowed "")
  foreach(used IN LISTS ${layer}_uses)
    list(APPEND allowed ${${used}_headers})
  endforeach()
  foreach(header IN LISTS ${layer}_headers)
    math(EXPR checked "${checked} + 1")
    file(STRINGS "${header}" lines REGEX "^ *# *include")
    foreach(line IN LISTS lines)
      string(REGEX REPLACE "^ *# *include *([^ ]+).*$" "\\1" file "${line}")
      if(file MATCHES "^[\"<](devlock/.*)[\">]$")
        if(NOT "${INCLUDE}/${CMAKE_MATCH_1}" IN_LIST allowed)
          string(APPEND faults "\n  ${header} (${layer}) includes ${file}, which is not below it")
        endif()
      elseif(NOT file MATCHES "${${layer}_outside}")
        string(APPEND faults "\n  ${header} (${layer}) includes ${file}, which its layer must not depend on")
      endif()
    endforeach()
  endforeach()
endforeach()

if(checked EQUAL 0)
  message(FATAL_ERROR "no header was checked")
endif()
if(faults)
  message(FATAL_ERROR "layers are broken:${faults}")
endif()
message(STATUS "${checked} headers keep to their layers")

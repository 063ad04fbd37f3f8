# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# Finds the headers of Relacy (Debian: relacy-dev), which has no package file of its own. Defines Relacy::Relacy.

find_path(Relacy_INCLUDE_DIR NAMES relacy/context.hpp)
mark_as_advanced(Relacy_INCLUDE_DIR)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Relacy REQUIRED_VARS Relacy_INCLUDE_DIR)

if(Relacy_FOUND AND NOT TARGET Relacy::Relacy)
  add_library(Relacy::Relacy INTERFACE IMPORTED)
  set_target_properties(
    Relacy::Relacy PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${Relacy_INCLUDE_DIR}"
  )
endif()

# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# Installation and the package file. Each target is exported on its own, so that a user who asks for one component needs
# the dependencies of that component only.

include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(devlock_package_dir "${CMAKE_INSTALL_DATADIR}/cmake/devlock")

install(TARGETS devlock EXPORT devlock-core FILE_SET HEADERS)
install(EXPORT devlock-core NAMESPACE devlock:: DESTINATION "${devlock_package_dir}")
foreach(name IN LISTS devlock_components)
  install(TARGETS devlock_${name} EXPORT devlock-${name} FILE_SET HEADERS)
  install(EXPORT devlock-${name} NAMESPACE devlock:: DESTINATION "${devlock_package_dir}")
endforeach()

configure_package_config_file(
  "${CMAKE_CURRENT_LIST_DIR}/devlock-config.cmake.in" devlock-config.cmake
  INSTALL_DESTINATION "${devlock_package_dir}" NO_SET_AND_CHECK_MACRO
)
# Before 1.0 a minor version may break the interface.
write_basic_package_version_file(
  devlock-config-version.cmake COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT
)
install(
  FILES "${CMAKE_CURRENT_BINARY_DIR}/devlock-config.cmake"
        "${CMAKE_CURRENT_BINARY_DIR}/devlock-config-version.cmake"
        "${CMAKE_CURRENT_LIST_DIR}/FindRelacy.cmake"
  DESTINATION "${devlock_package_dir}"
)
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")

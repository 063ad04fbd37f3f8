# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# Random scripts on a kernel and on the simulator, ../fidelity, on functions and on mediated devices, in a boot of their own:
# ctest -L fidelity.
#
#   fidelity/agrees           every answer is the same
#   fidelity/differs/NAME     a simulator that is wrong in one errno, which must be noticed and shown with a script of at most four steps
#   fidelity/inverted/NAME    a simulator that takes one difference between the kernels the other way round: likewise, on one script
#   fidelity/mdevs           the scripts on mediated devices by themselves: every answer that those can give must come too
#   fidelity/covers           a short run that sees every answer of one operation, and
#   fidelity/uncovered        the same without that operation, which must be noticed

set(DEVLOCK_FIDELITY_SCRIPTS 2000
    CACHE STRING "How many random scripts are compared on edu functions of each kernel; from 2000 on, every answer must come"
)
set(DEVLOCK_FIDELITY_SLOW_SCRIPTS 50 CACHE STRING "The same on e1000e and on nvme")
set(DEVLOCK_FIDELITY_MDEV_SCRIPTS 50 CACHE STRING "The same on mediated devices of mtty; from 50 on, every answer must come")
add_executable(fidelity "${PROJECT_SOURCE_DIR}/tests/fidelity/fidelity.cpp")
target_link_libraries(fidelity PRIVATE CLI11::CLI11 devlock_everything devlock_no_sanitizers devlock_warnings)
target_include_directories(fidelity PRIVATE "${PROJECT_SOURCE_DIR}/tests")
target_link_options(fidelity PRIVATE -static)
add_dependencies(kernel fidelity)

# NAME=OPERATION=ERRNO: what the simulator is made to answer where it would succeed.
set(devlock_fidelity_wrongs
    "open_group=open group=EPERM"
    "bind=bind=EBUSY"
    "reset_device=VFIO_DEVICE_RESET=EAGAIN"
    "hot_reset=VFIO_DEVICE_PCI_HOT_RESET=EBUSY"
    "attach=KVM_DEV_VFIO_FILE_ADD=EEXIST"
    "set_container=VFIO_GROUP_SET_CONTAINER=EPERM"
    "remove=remove=ENOENT"
)
# The same on mediated devices.
set(devlock_fidelity_mdev_wrongs "create_mdev=create mdev=ENOSPC" "remove_mdev=remove mdev=ENOENT")

# NAME=DIFFERENCE=SCRIPT: a difference of sim::Profile, and a script whose answers, whoever goes first, tell it on a lane of one function.
# Where a close leaves the container is no such difference: 6.1 may answer as 6.12 does. sim_site_test.cpp has that one.
set(devlock_fidelity_inversions
    "override=driver_override waits for device_lock=2000023"
    "opens=GET_DEVICE_FD opens while an unbind waits=2000106"
    "info=HOT_RESET_INFO waits for dev_set_lock=2000039"
    "set_lock=a device's open and close wait for dev_set_lock without group_lock=2000493"
)

# The same on mediated devices.
set(devlock_fidelity_mdev_inversions "mtty_watch=mtty takes a request to tell of an unplug, and never tells=2000004"
                                     "mtty_opens=GET_DEVICE_FD opens while an unbind waits=2000009"
)

function(devlock_fidelity kernel root module mtty work)
  string(REPLACE "kernel" "fidelity" prefix ${kernel})
  set(lanes --lane 1 --lane 1 --lane 1 --lane 2 --lane 2 --lane e1000e:2 --lane nvme:1)
  set(coverage off)
  if(DEVLOCK_FIDELITY_SCRIPTS GREATER_EQUAL 2000)
    set(coverage all)
  endif()
  set(slow ${DEVLOCK_FIDELITY_SLOW_SCRIPTS})
  string(CONCAT cases "agrees 600 fidelity $DEVLOCK_LANES --lane mtty --scripts ${DEVLOCK_FIDELITY_SCRIPTS}"
                      " --scripts e1000e=${slow} --scripts nvme=${slow} --scripts mtty=${DEVLOCK_FIDELITY_MDEV_SCRIPTS}"
                      " --seed 2 --coverage ${coverage}\n")
  set(coverage off)
  if(DEVLOCK_FIDELITY_MDEV_SCRIPTS GREATER_EQUAL 50)
    set(coverage all)
  endif()
  string(APPEND cases "mdevs 60 fidelity --lane mtty --scripts ${DEVLOCK_FIDELITY_MDEV_SCRIPTS} --seed 2 --coverage ${coverage}\n")
  set(short "fidelity $DEVLOCK_EDU_LANES --progress 0 --seed 3")
  string(APPEND cases "covers 60 ${short} --scripts 40 --coverage open_container\n")
  string(APPEND cases "uncovered 60 ${short} --scripts 40 --coverage open_container --without open_container,open_all\n")
  foreach(wrong IN LISTS devlock_fidelity_wrongs)
    string(REGEX MATCH "^([a-z_]*)=(.*)$" wrong "${wrong}")
    string(APPEND cases "differs_${CMAKE_MATCH_1} 60 ${short} --scripts 60 --coverage off --wrong '${CMAKE_MATCH_2}'\n")
  endforeach()
  foreach(wrong IN LISTS devlock_fidelity_mdev_wrongs)
    string(REGEX MATCH "^([a-z_]*)=(.*)$" wrong "${wrong}")
    string(APPEND cases "differs_${CMAKE_MATCH_1} 60 fidelity --lane mtty --progress 0 --seed 3 --scripts 60 --coverage off"
                        " --wrong '${CMAKE_MATCH_2}'\n")
  endforeach()
  foreach(inversion IN LISTS devlock_fidelity_inversions)
    string(REGEX MATCH "^([a-z_]*)=(.*)=([0-9]*)$" inversion "${inversion}")
    string(APPEND cases "inverted_${CMAKE_MATCH_1} 60 set -- $DEVLOCK_EDU_LANES; fidelity $1 $2 --coverage off"
                        " --script ${CMAKE_MATCH_3} --invert \"${CMAKE_MATCH_2}\"\n")
  endforeach()
  foreach(inversion IN LISTS devlock_fidelity_mdev_inversions)
    string(REGEX MATCH "^([a-z_]*)=(.*)=([0-9]*)$" inversion "${inversion}")
    string(APPEND cases "inverted_${CMAKE_MATCH_1} 60 fidelity --lane mtty --coverage off --script ${CMAKE_MATCH_3}"
                        " --invert \"${CMAKE_MATCH_2}\"\n")
  endforeach()
  file(GENERATE OUTPUT "${work}/cases" CONTENT "${cases}")
  devlock_kernel_script(
    ${prefix}/initramfs initramfs
    ARGUMENTS --root "${root}" --output "${work}/initramfs.cpio" --extra "${module}" --extra "${mtty}"
              --module devlock_hold --module mtty --module vfio-pci --module vfio_iommu_type1 --module kvm-amd --module pci-stub
              --module e1000e --module nvme --binary $<TARGET_FILE:fidelity>
    TIMEOUT 60
    REQUIRES ${kernel}_root ${kernel}_module ${kernel}_mtty
    PROVIDES ${prefix}_archive
  )
  devlock_kernel_script(
    ${prefix}/boot boot
    ARGUMENTS --root "${root}" --initramfs "${work}/initramfs.cpio" --cases "${work}/cases" --results "${work}/results"
              --limit 900 --repeats 0 ${lanes}
    TIMEOUT 960
    REQUIRES ${kernel}_root ${prefix}_archive
    PROVIDES ${prefix}_results
    QEMU
  )
  devlock_kernel_script(
    ${prefix}/log trouble
    ARGUMENTS "${work}/results/log" "${work}/results/console"
    TIMEOUT 10
    REQUIRES ${prefix}_results
  )
  set(tests initramfs boot log agrees mdevs covers uncovered)
  devlock_fidelity_result(agrees --out "^edu: ${DEVLOCK_FIDELITY_SCRIPTS} scripts, [0-9]+ steps")
  devlock_fidelity_result(mdevs --out "^mtty: ${DEVLOCK_FIDELITY_MDEV_SCRIPTS} scripts, [0-9]+ steps")
  devlock_fidelity_result(covers --out "^edu: 40 scripts, [0-9]+ steps")
  devlock_fidelity_result(uncovered --status 4 --out "coverage: open_container can answer 'ok', and no script produced that")
  foreach(wrong IN LISTS devlock_fidelity_wrongs devlock_fidelity_mdev_wrongs)
    string(REGEX REPLACE "=.*" "" wrong "${wrong}")
    devlock_fidelity_result(differs_${wrong} --status 1 --out "the shortest that does has [1-4]:")
    list(APPEND tests differs_${wrong})
  endforeach()
  foreach(inversion IN LISTS devlock_fidelity_inversions devlock_fidelity_mdev_inversions)
    string(REGEX REPLACE "=.*" "" inversion "${inversion}")
    devlock_fidelity_result(inverted_${inversion} --status 1 --out "the shortest that does has [0-9]+:")
    list(APPEND tests inverted_${inversion})
  endforeach()
  list(TRANSFORM tests PREPEND ${prefix}/)
  set_tests_properties(${tests} PROPERTIES LABELS fidelity)
endfunction()

# A test of what one case of the boot answered, for devlock_fidelity.
macro(devlock_fidelity_result case)
  devlock_kernel_script(
    ${prefix}/${case} result
    ARGUMENTS --results "${work}/results" --case ${case} ${ARGN}
    TIMEOUT 10
    REQUIRES ${prefix}_results
  )
endmacro()

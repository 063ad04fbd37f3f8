# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# The shipped order against lockdep of a kernel built for it, conformance/. The program that compares, its tests and
# the test of the table in the repository are always there; the kernel and its boots with
# -DDEVLOCK_KERNEL_CONFORMANCE=ON:
#
#   conformance/kernel -> .../initramfs -> conformance/BOOT/boot ... -> conformance/CASE... and conformance/order

option(DEVLOCK_KERNEL_CONFORMANCE "Build a kernel with lockdep and compare the shipped order with what it sees" OFF)
set(DEVLOCK_CONFORMANCE_SCRIPTS 300 CACHE STRING "How many random scripts that kernel runs; lockdep makes it slow")

set(folder "${CMAKE_CURRENT_SOURCE_DIR}/conformance")
set(table "${folder}/CONFORMANCE.md")
add_executable(conformance conformance/conformance.cpp)
target_link_libraries(conformance PRIVATE devlock_everything devlock_sanitizers devlock_warnings CLI11::CLI11)
# Beside what the boots leave, in a folder of that name.
set_target_properties(conformance PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}/conformance")
add_dependencies(kernel conformance)
devlock_catch_test(kernel conformance/judge_test.cpp TIMEOUT 60)
target_compile_definitions(kernel_conformance_judge_test PRIVATE DEVLOCK_EXCERPTS="${folder}/excerpts")
add_test(NAME kernel/conformance/table COMMAND conformance table "${table}")
set_tests_properties(kernel/conformance/table PROPERTIES LABELS kernel TIMEOUT 10)
devlock_kernel_script(
  kernel/conformance/selftest conformance/selftest
  ARGUMENTS --program $<TARGET_FILE:conformance> --work "${CMAKE_CURRENT_BINARY_DIR}/conformance/selftest"
  TIMEOUT 60
)

# What only a kernel with iommufd, cdevs and mdevs can run, and what breaks one.
set(own_tags
    cdev
    cdev_unbound
    cdev_once
    cdev_foreign
    cdev_group
    cdev_not_owned
    cdev_hot_reset
    cdev_hot_locked
    cdev_unbind
    cdev_idle
    cdev_kvm
    cdev_errors
    mdev_drained
    interrupts
    processor
    drained
    functions
)
function(devlock_own_program target)
  add_executable(${target} ${ARGN})
  target_link_libraries(${target} PRIVATE devlock_everything devlock_no_sanitizers devlock_warnings)
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/tests")
  target_link_options(${target} PRIVATE -static)
  add_dependencies(kernel ${target})
endfunction()
devlock_own_program(
  guest_own conformance/guest_cdev_test.cpp conformance/guest_cdev_reset_test.cpp conformance/guest_parent_test.cpp conformance/guest_edges_test.cpp
)
target_link_libraries(guest_own PRIVATE devlock_catch_unsanitized)
devlock_own_program(guest_v10 conformance/guest_v10.cpp)
devlock_own_program(guest_faults conformance/guest_faults.cpp)
devlock_kernel_script(kernel/conformance/tags tags ARGUMENTS $<TARGET_FILE:guest_own> ${own_tags} TIMEOUT 10)

if(NOT DEVLOCK_KERNEL_CONFORMANCE)
  return()
endif()

set(source linux-source-6.12)
set(cache "${PROJECT_BINARY_DIR}/kernel-cache")
set(work "${CMAKE_CURRENT_BINARY_DIR}/conformance")
function(devlock_conformance name script)
  devlock_kernel_script(conformance/${name} ${script} ${ARGN})
  set_tests_properties(conformance/${name} PROPERTIES LABELS conformance)
endfunction()

# cmake/quickstart calls this before, where its progress can be seen; here it is a matter of a second.
devlock_conformance(
  kernel build
  ARGUMENTS --package ${source} --config "${folder}/kernel.config" --cache "${cache}"
  TIMEOUT 7200
  PROVIDES conformance_root
)
devlock_conformance(
  module module
  ARGUMENTS --headers "${cache}/${source}/headers" --source "${folder}/device_classes.c" --output "${work}/modules"
  TIMEOUT 120
  REQUIRES conformance_root
  PROVIDES conformance_module
)
# device_classes comes first: what its drivers bind is to have a class.
set(modules device_classes mtty vfio-pci vfio_iommu_type1 iommufd e1000e nvme kvm-amd pci-stub aer_inject)
list(TRANSFORM modules PREPEND "--module;")
set(programs "")
add_custom_target(conformance_programs DEPENDS conformance)
foreach(program IN LISTS devlock_guest_programs ITEMS guest_own guest_v10 guest_faults fidelity)
  list(APPEND programs --binary $<TARGET_FILE:${program}>)
  add_dependencies(conformance_programs ${program})
endforeach()
devlock_conformance(
  initramfs initramfs
  ARGUMENTS --root "${cache}/${source}/root" --output "${work}/initramfs.cpio" --extra "${work}/modules/device_classes.ko"
            ${modules} ${programs}
  TIMEOUT 60
  REQUIRES conformance_root conformance_module
  PROVIDES conformance_archive
)

# A boot NAME of commands CASES, at the end of which lockdep is asked.
set(looks "")
function(devlock_conformance_boot name limit cases)
  string(APPEND cases "${name}.lockdep 60 gzip -c /proc/lockdep | base64\n${name}.chains 60 gzip -c /proc/lockdep_chains | base64\n")
  file(GENERATE OUTPUT "${work}/${name}/cases" CONTENT "${cases}")
  math(EXPR timeout "${limit} * 2 + 30")
  devlock_conformance(
    ${name}/boot boot
    ARGUMENTS --root "${cache}/${source}/root" --initramfs "${work}/initramfs.cpio" --cases "${work}/${name}/cases" --results
              "${work}/${name}/results" --limit ${limit} --functions --native-hotplug ${ARGN}
    TIMEOUT ${timeout}
    REQUIRES conformance_root conformance_archive
    PROVIDES conformance_${name}
    QEMU
  )
  set(looks ${looks} --boot "${name}=${work}/${name}/results" PARENT_SCOPE)
endfunction()
# How one command of a boot is judged.
function(devlock_conformance_case boot name)
  devlock_conformance(
    ${boot}/${name} result
    ARGUMENTS --results "${work}/${boot}/results" --case ${name} ${ARGN}
    TIMEOUT 10
    REQUIRES conformance_${boot}
  )
endfunction()

# All that runs on Debian's kernels, with ten times the patience, as lockdep takes its time; but for what says that
# iommufd is not there, what holds a lock while it is in user space, which lockdep reports, and known-bad commands.
# A module that is unloaded takes its lock classes along, so that comes last.
string(REGEX REPLACE "(^|\n)([^ \n]+) ([0-9]+) " "\\1\\2 \\30 " cases "${devlock_guest_cases}")
string(REGEX REPLACE "(^|\n)(lacks|held_[a-z_]+|bad[-_][a-z_]+|take-back|no-newline) [^\n]*" "" cases "${cases}")
string(REGEX MATCH "passthrough-missing-module [^\n]*\n" last "${cases}")
string(REPLACE "${last}" "" cases "${cases}")
list(JOIN devlock_catch_arguments " " arguments)
set(tests_tags ${own_tags})
list(REMOVE_ITEM tests_tags functions) # in a boot of its own, below
foreach(tag IN LISTS tests_tags)
  string(APPEND cases "${tag} 200 guest_own [${tag}] ${arguments}\n")
endforeach()
string(APPEND cases "fidelity 900 fidelity $DEVLOCK_EDU_LANES --scripts ${DEVLOCK_CONFORMANCE_SCRIPTS} --seed 5 --coverage off --without hold,release\n")
string(APPEND cases "all.lockdep 60 gzip -c /proc/lockdep | base64\nall.chains 60 gzip -c /proc/lockdep_chains | base64\n${last}")
devlock_conformance_boot(tests 1500 "${cases}" --lane 1 --lane 1 --lane 1 --lane 2)
devlock_conformance(
  tests/log trouble
  ARGUMENTS "${work}/tests/results/log" "${work}/tests/results/console"
  TIMEOUT 10
  REQUIRES conformance_tests
)
foreach(name IN LISTS devlock_guest_judged)
  if(NOT name MATCHES "^(lacks|held_.*)$")
    devlock_conformance_case(tests ${name} ${devlock_guest_judge_${name}})
  endif()
endforeach()
foreach(tag IN LISTS tests_tags)
  devlock_conformance_case(tests ${tag})
endforeach()
devlock_conformance_case(tests fidelity --out "^edu: ${DEVLOCK_CONFORMANCE_SCRIPTS} scripts, [0-9]+ steps")

# What would close a cycle, each in a boot of its own, as lockdep is silent after its first report.
devlock_conformance_boot(
  v10 400 "v10 300 echo 0 >/sys/bus/pci/drivers_autoprobe; echo 5 >/proc/sys/kernel/hung_task_timeout_secs; modprobe -r vfio-pci; modprobe vfio-pci enable_sriov=1; guest_v10 $DEVLOCK_NVME; s=$?; sleep 12; dmesg | grep 'blocked for more than'; exit $s\n"
)
devlock_conformance_case(v10 v10 --left --out "^(hangs|gone): ")
devlock_conformance_boot(
  functions
  120
  "functions 60 modprobe -r vfio-pci; modprobe vfio-pci enable_sriov=1; guest_own [functions] ${arguments}\n"
)
devlock_conformance_case(functions functions)
devlock_conformance_boot(
  error 120 "error 60 modprobe -r aer_inject; modprobe aer_inject aer_mask_override=1; guest_faults error $DEVLOCK_PAIR_0\n"
)
devlock_conformance_case(error error)
devlock_conformance_boot(surprise 120 "surprise 60 guest_faults surprise 0000:00:06.0\n")
devlock_conformance_case(surprise surprise --left)

devlock_conformance(
  order conformance/conformance
  ARGUMENTS --program $<TARGET_FILE:conformance> --looks "${work}/looks" --table "${table}" --kernel "${cache}/${source}" ${looks}
  TIMEOUT 60
  REQUIRES conformance_root conformance_tests conformance_v10 conformance_functions conformance_error conformance_surprise
)

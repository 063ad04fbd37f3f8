# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors

# find_the_deadlock_test(NAME STATUS n [OUT regex...] [OUT_NOT regex...] [ERR regex...] [ARGUMENTS ...])
function(find_the_deadlock_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "STATUS" "OUT;OUT_NOT;ERR;ARGUMENTS")
  add_test(
    NAME model/examples/find_the_deadlock/${name}
    COMMAND "${CMAKE_COMMAND}" -D "STATUS=${arg_STATUS}" -D "OUT=${arg_OUT}" -D "OUT_NOT=${arg_OUT_NOT}" -D "ERR=${arg_ERR}" -P
            "${CMAKE_CURRENT_SOURCE_DIR}/passthrough/check.cmake" -- $<TARGET_FILE:find_the_deadlock> ${arg_ARGUMENTS}
  )
  set_tests_properties(model/examples/find_the_deadlock/${name} PROPERTIES LABELS model TIMEOUT 50)
endfunction()

find_the_deadlock_test(
  found
  STATUS 0
  OUT "^Linux, January 2023[^\n]*\ndeadlock \\([0-9,]+ executions?, [0-9.]+ s\\)\n"
      "close of kvm-vfio waits for vfio_group.group_lock, held by open of vfio-ap \\(open_vfio_ap *[\n ]+kvm_vfio.hpp:[0-9]+\\), which waits for kvm.lock, held by close of kvm-vfio \\(close_kvm_vfio *[\n ]+kvm_vfio.hpp:[0-9]+\\)"
      "├ lock kvm.lock +│ +kvm_vfio.hpp:[0-9]+\n"
      "├ lock vfio_group.group_lock +kvm_vfio.hpp:[0-9]+\n"
      "╳ waits for vfio_group.group_lock +(│|┆) +kvm_vfio.hpp:[0-9]+\n"
      "╳ waits for kvm.lock +kvm_vfio.hpp:[0-9]+\n.*  deadlock\n"
      "passed, complete \\([0-9,]+ executions, [0-4]\\.[0-9]+ s\\)"
      "[1-9][0-9,]*  opened with the VM\n"
      "[1-9][0-9,]*  opened without the VM\n"
      "[1-9][0-9,]*  the open outlived the VM's owner\n"
  OUT_NOT "0x" "/kvm_vfio"
)
find_the_deadlock_test(
  mermaid
  STATUS 0
  OUT "^sequenceDiagram\n  participant t0 as close of kvm-vfio\n  participant t1 as open of vfio-ap\n"
      "\n  t1-xo[0-9]: waits for \\(kvm_vfio" "\n  Note over t0,t1: deadlock\n$"
  ARGUMENTS --mermaid
)
find_the_deadlock_test(help STATUS 0 OUT "--mermaid" "Exit status" ARGUMENTS --help)
find_the_deadlock_test(version STATUS 0 OUT "^find_the_deadlock ${PROJECT_VERSION}\n$" ARGUMENTS --version)
find_the_deadlock_test(unknown STATUS 2 ERR "--bogus" ARGUMENTS --bogus)

add_test(NAME model/examples/find_the_deadlock/same COMMAND "${CMAKE_COMMAND}" -D PROGRAM=$<TARGET_FILE:find_the_deadlock>
                                                            -P "${CMAKE_CURRENT_LIST_DIR}/same.cmake"
)
# Known bad: a program that says its process number.
file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/changing.sh" "#!/bin/sh\necho $$\n")
file(CHMOD "${CMAKE_CURRENT_BINARY_DIR}/changing.sh" PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
add_test(NAME model/examples/find_the_deadlock/not_same
         COMMAND "${CMAKE_COMMAND}" -D PROGRAM=${CMAKE_CURRENT_BINARY_DIR}/changing.sh -P "${CMAKE_CURRENT_LIST_DIR}/same.cmake"
)
set_tests_properties(model/examples/find_the_deadlock/not_same PROPERTIES PASS_REGULAR_EXPRESSION "two runs differ")
set_tests_properties(model/examples/find_the_deadlock/same model/examples/find_the_deadlock/not_same
                     PROPERTIES LABELS model TIMEOUT 100
)

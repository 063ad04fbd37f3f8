# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors

# lockdep_side_by_side_test(NAME STATUS n [OUT regex...] [OUT_NOT regex...] [ERR regex...] [ARGUMENTS ...])
function(lockdep_side_by_side_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "STATUS" "OUT;OUT_NOT;ERR;ARGUMENTS")
  add_test(
    NAME unit/examples/lockdep_side_by_side/${name}
    COMMAND "${CMAKE_COMMAND}" -D "STATUS=${arg_STATUS}" -D "OUT=${arg_OUT}" -D "OUT_NOT=${arg_OUT_NOT}" -D "ERR=${arg_ERR}" -P
            "${CMAKE_CURRENT_SOURCE_DIR}/passthrough/check.cmake" -- $<TARGET_FILE:lockdep_side_by_side> ${arg_ARGUMENTS}
  )
  set_tests_properties(unit/examples/lockdep_side_by_side/${name} PROPERTIES LABELS unit TIMEOUT 50)
endfunction()

set(report "${CMAKE_CURRENT_LIST_DIR}/linux-6.2-rc6.txt")
lockdep_side_by_side_test(
  agree
  STATUS 0
  OUT "asks for +&group->group_lock +vfio_group.group_lock *\n"
      "  in +vfio_file_set_kvm +vfio_file_set_kvm *\n"
      "while it holds +&kvm->lock +kvm.lock *\n"
      "  taken in +kvm_device_release +kvm_device_release *\n"
      "the known order +&group->group_lock +vfio_group.group_lock *\n  then +&new_dev_set->lock +vfio_device_set.lock *\n"
      "  then +&matrix_dev->guests_lock +matrix_dev.guests_lock *\n  then +&kvm->lock +kvm.lock *\n"
      "devlock: lock order inversion\n"
      "kvm.lock after vfio_group.group_lock: vfio_group.group_lock → vfio_device_set.lock → matrix_dev.guests_lock → kvm.lock"
  OUT_NOT "DIFFERS"
  ARGUMENTS --text "${report}"
)
# Known bad: the report of a kernel that saw another chain, and a file that is none.
file(READ "${report}" text)
string(REPLACE "&new_dev_set->lock" "&matrix_dev->mdevs_lock" other "${text}")
file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/other_chain.txt" "${other}")
lockdep_side_by_side_test(
  differ STATUS 1 OUT "&matrix_dev->mdevs_lock +vfio_device_set.lock +DIFFERS" ARGUMENTS "${CMAKE_CURRENT_BINARY_DIR}/other_chain.txt"
)
file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/no_report.txt" "[    0.000000] Linux version 6.2.0\n")
lockdep_side_by_side_test(no_report STATUS 2 ERR "no \"possible circular" ARGUMENTS "${CMAKE_CURRENT_BINARY_DIR}/no_report.txt")
lockdep_side_by_side_test(no_file STATUS 2 ERR "does not exist" ARGUMENTS "${CMAKE_CURRENT_BINARY_DIR}/none.txt")
lockdep_side_by_side_test(help STATUS 0 OUT "--text" "Exit status" ARGUMENTS --help)

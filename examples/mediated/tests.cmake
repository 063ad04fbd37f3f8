# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors

# mediated_test(NAME STATUS n [OUT regex...] [OUT_NOT regex...] [ERR regex...] [ARGUMENTS ...])
function(mediated_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "STATUS" "OUT;OUT_NOT;ERR;ARGUMENTS")
  add_test(
    NAME unit/examples/mediated/${name}
    COMMAND "${CMAKE_COMMAND}" -D "STATUS=${arg_STATUS}" -D "OUT=${arg_OUT}" -D "OUT_NOT=${arg_OUT_NOT}" -D "ERR=${arg_ERR}" -P
            "${CMAKE_CURRENT_SOURCE_DIR}/passthrough/check.cmake" -- $<TARGET_FILE:mediated> ${arg_ARGUMENTS}
  )
  set_tests_properties(unit/examples/mediated/${name} PROPERTIES LABELS unit TIMEOUT 100)
endfunction()

mediated_test(
  rules_hold
  STATUS 0
  OUT "20 rounds\n" "[0-9]+  a guest uses a queue\n" "assign adapter: E" "20  unregister waited for a descriptor\n" "opened with" " 0 of them broken"
  OUT_NOT "NOT SO"
  ARGUMENTS --rounds 20
)
mediated_test(json STATUS 0 OUT "\"broken\": *(null|{})" "\"rounds\": 2" ARGUMENTS --rounds 2 --json)
# Known bad: a descriptor that is forgotten keeps the VM.
mediated_test(
  kept STATUS 1 OUT "3  NOT SO: the last user destroyed the VM\n" "1 of them broken" ARGUMENTS --rounds 3 --keep-a-descriptor
)
# Known bad: an mdev that was refused a queue has it all the same. Whoever comes first, two want the same.
mediated_test(bit STATUS 1 OUT "NOT SO: (a queue is in one mdev at most|what is assigned is not the host's)" ARGUMENTS --rounds 20 --leave-a-bit)
mediated_test(help STATUS 0 OUT "--rounds" "Exit status" ARGUMENTS --help)
mediated_test(no_rounds STATUS 2 ERR "--rounds" ARGUMENTS --rounds 0)
mediated_test(unknown STATUS 2 ERR "--bogus" ARGUMENTS --bogus)

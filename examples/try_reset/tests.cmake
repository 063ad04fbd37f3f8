# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# The tool on machines made of files (machine.sh), as tests unit/examples/try_reset/... What it does with a kernel that answers
# EAGAIN is in tests/unit/examples.

# try_reset_test(NAME STATUS n [ON variant...] [OUT regex...] [OUT_NOT regex...] [ERR regex...] ARGUMENTS ...)
function(try_reset_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "STATUS" "ON;OUT;OUT_NOT;ERR;ARGUMENTS")
  add_test(
    NAME unit/examples/try_reset/${name}
    COMMAND
      "${CMAKE_COMMAND}" -D "STATUS=${arg_STATUS}" -D "OUT=${arg_OUT}" -D "OUT_NOT=${arg_OUT_NOT}" -D "ERR=${arg_ERR}"
      -P "${CMAKE_CURRENT_SOURCE_DIR}/passthrough/check.cmake" -- sh
      "${CMAKE_CURRENT_SOURCE_DIR}/try_reset/machine.sh" ${arg_ON} -- $<TARGET_FILE:try_reset> ${arg_ARGUMENTS}
  )
  set_tests_properties(unit/examples/try_reset/${name} PROPERTIES LABELS unit TIMEOUT 60)
endfunction()

set(first 0000:01:00.0)
set(untouched "\nreset: \"\"\nreset_subordinate: \"\"\n")

# What it does.
try_reset_test(
  function STATUS 0 OUT "^function reset of 0000:01:00\\.0\n +affected[^\n]*\n +0000:01:00\\.0 +vfio-pci +7\nreset in [0-9.]+ s\n"
                        "\nreset: \"1\"\nreset_subordinate: \"\"\n" ARGUMENTS ${first}
)
try_reset_test(
  bus STATUS 0
  OUT "^bus reset of 0000:01:00\\.0, the bus below 0000:00:01\\.0\n.*0000:01:00\\.0 +vfio-pci +7\n +0000:01:00\\.1 +- +7\n"
                   "\nreset: \"\"\nreset_subordinate: \"1\"\n" ARGUMENTS ${first} --scope bus --deadline 60s
)
try_reset_test(slot STATUS 0 OUT "\nreset_subordinate: \"1\"\n" ARGUMENTS ${first} --scope slot --deadline 1min)
try_reset_test(
  dry-run STATUS 0 OUT "nothing speaks against it" "${untouched}" ARGUMENTS ${first} --scope bus --dry-run
)
try_reset_test(
  virtual ON virtual STATUS 0 OUT "\n +0000:01:10\\.0 " OUT_NOT "0000:01:00\\.1" ARGUMENTS ${first} --dry-run
)
try_reset_test(
  elsewhere ON elsewhere STATUS 0 OUT_NOT "4715" "held" ARGUMENTS ${first} --dry-run
)

# Somebody uses it: who, with what, and what to do; nothing is touched.
try_reset_test(
  busy ON qemu STATUS 6
  OUT "held by process 4711 \\(qemu-system-x86\\), descriptor 27: /dev/vfio/7\n" "descriptor 28: a VFIO device\n" "${untouched}"
  OUT_NOT "descriptor 26"
  ERR "^try_reset: reset bus 0000:01:00\\.0 and 0000:01:00\\.1: held \\(EBUSY\\): process 4711 \\(qemu-system-x86\\) has /dev/vfio/7"
      "shut down the virtual machine" "nothing was touched\n$"
  ARGUMENTS ${first} --scope bus
)
try_reset_test(
  busy-forced ON qemu host-driver STATUS 0
  OUT "despite: .*process 4711" "despite: 0000:01:00\\.1: it is bound to e1000e" "\nreset_subordinate: \"1\"\n"
  ARGUMENTS ${first} --scope bus --force --deadline 60s
)
try_reset_test(
  busy-node ON node STATUS 6
  OUT "process 4712 \\(evil\\?.2J\\?name\\), descriptor 5: /dev/vfio/devices/vfio3\n" "${untouched}" OUT_NOT "vfio4"
  ERR "0000:01:00\\.0: held" ARGUMENTS ${first}
)
try_reset_test(
  busy-uncertain ON device STATUS 6 OUT "4713.*, perhaps\n" "${untouched}" ERR "may be one of these" ARGUMENTS ${first}
)
try_reset_test(
  busy-unbinding ON device unbinding STATUS 6
  OUT "0000:01:00\\.0 +- +7\n" "4713.*, perhaps\n" "note: process 99 \\(sh\\) waits in an unbind" "${untouched}"
  ERR "may be one of these" ARGUMENTS ${first}
)
try_reset_test(named-function ON named STATUS 0 OUT_NOT "4714" "held" ARGUMENTS ${first} --dry-run)
try_reset_test(
  named-bus ON named STATUS 6 OUT "process 4714 \\(crosvm\\)" "${untouched}" ERR "reset bus 0000:01:00\\.1: held"
  ARGUMENTS ${first} --scope bus --dry-run
)
try_reset_test(
  host-driver ON host-driver STATUS 6 OUT "${untouched}"
  ERR "reset slot 0000:01:00\\.1: held \\(EBUSY\\): it is bound to e1000e.*echo 0000:01:00\\.1 > /sys/bus/pci/drivers/e1000e/unbind"
  ARGUMENTS ${first} --scope slot
)
try_reset_test(host-driver-elsewhere ON host-driver STATUS 0 OUT "\nreset: \"1\"" ARGUMENTS ${first} --deadline 60s)

# The device, the right, the IOMMU, the kernel's lock.
try_reset_test(
  no-device STATUS 3 OUT "${untouched}"
  ERR "^try_reset: enumerate 0000:09:00\\.0: gone \\(ENOENT\\): there is no such function. see lspci -D" ARGUMENTS 0000:09:00.0
)
try_reset_test(
  not-root ON user STATUS 4 OUT "${untouched}"
  ERR "reset function 0000:01:00\\.0: permission \\(EACCES\\): this process may not write .*/reset. run it as root"
  ARGUMENTS ${first}
)
try_reset_test(
  not-root-bus ON user STATUS 4 OUT "${untouched}" ERR "reset bus 0000:00:01\\.0: permission \\(EACCES\\).*/reset_subordinate"
  ARGUMENTS ${first} --scope bus --dry-run
)
try_reset_test(
  no-iommu ON no-iommu STATUS 0 OUT "note: 0000:01:00\\.0 is in no IOMMU group.*intel_iommu=on" "\nreset: \"1\"\n"
  ARGUMENTS ${first} --deadline 60s
)
try_reset_test(no-proc ON no-proc STATUS 0 OUT "note: procfs is not there.*--proc" ARGUMENTS ${first} --dry-run)
try_reset_test(
  stuck ON stuck STATUS 8 OUT "\nreset later: 1\n$"
  ERR "^try_reset: reset function 0000:01:00\\.0: not done within 0\\.1 s.*Process [0-9]+ is left behind, and resets it once"
      "Process 99 \\(sh\\) waits in an unbind"
  ARGUMENTS ${first} --deadline 100ms
)
try_reset_test(
  no-function-reset STATUS 5 OUT "${untouched}"
  ERR "0000:01:00\\.1: unsupported \\(ENOTTY\\): it has no function reset. try --scope"
  ARGUMENTS 0000:01:00.1
)
try_reset_test(
  no-bus-reset ON no-reset STATUS 5 ERR "0000:00:01\\.0: unsupported.*newer kernel" ARGUMENTS ${first} --scope bus
)
try_reset_test(root-bus STATUS 5 OUT "${untouched}" ERR "root bus" ARGUMENTS 0000:00:01.0 --scope bus)
try_reset_test(
  other-slot ON other-slot STATUS 5 OUT "${untouched}" ERR "its bus has other slots: 0000:01:02\\.0. --scope bus"
  ARGUMENTS ${first} --scope slot
)
try_reset_test(
  no-sysfs ON no-sysfs STATUS 3 OUT "${untouched}"
  ERR "enumerate PCI functions: gone \\(ENOENT\\): sysfs does not list them. mount sysfs"
  ARGUMENTS ${first}
)

# One document.
add_test(
  NAME unit/examples/try_reset/json
  COMMAND
    "${CMAKE_COMMAND}" -D STATUS=3 -D
    "JSON=device=ffffffff:ff:1f.7;outcome=refused;exit_status=3;error.errno=ENOENT;error.class=gone" -P
    "${CMAKE_CURRENT_SOURCE_DIR}/passthrough/check.cmake" -- $<TARGET_FILE:try_reset> ffffffff:ff:1f.7 --json
)
set_tests_properties(unit/examples/try_reset/json PROPERTIES LABELS unit TIMEOUT 60)
try_reset_test(
  json-busy ON qemu STATUS 6
  OUT "\"outcome\": \"refused\"" "\"holders\": .\n +{\n +\"pid\": 4711,\n +\"process\": \"qemu-system-x86\",\n +\"descriptor\": 27"
      "\"refusals\": .\n +{\n +\"operation\": \"reset function\"" "\"affected\": .\n +{\n +\"address\": \"0000:01:00\\.0\"" "${untouched}"
  ARGUMENTS ${first} --json
)
try_reset_test(json-stuck ON stuck STATUS 8 OUT "\"outcome\": \"abandoned\"" "\"left_behind\""
ARGUMENTS ${first} --json --deadline 0)

# Wrong usage.
try_reset_test(malformed STATUS 2 OUT "${untouched}" ERR "1:2: this is no PCI address. write DOMAIN" ARGUMENTS 1:2)
try_reset_test(no-argument STATUS 2 OUT "${untouched}" ERR "BDF is required.*--help")
try_reset_test(bad-deadline STATUS 2 OUT "${untouched}" ERR "--deadline" ARGUMENTS ${first} --deadline -1s)
try_reset_test(bad-scope STATUS 2 OUT "${untouched}" ERR "--scope" ARGUMENTS ${first} --scope world)
try_reset_test(help STATUS 0 OUT "Exit status:\n +0 " "\n +8 " ARGUMENTS --help)
try_reset_test(version STATUS 0 OUT "^try_reset ${PROJECT_VERSION}\n" ARGUMENTS --version)

# For a rescue system: the same objects, without shared libraries.
include(CheckCXXSourceCompiles)
set(CMAKE_REQUIRED_LINK_OPTIONS -static)
check_cxx_source_compiles("#include <string>\nint main() { return static_cast<int>(std::string().size()); }" DEVLOCK_LINKS_STATIC)
unset(CMAKE_REQUIRED_LINK_OPTIONS)
if(DEVLOCK_LINKS_STATIC AND NOT DEVLOCK_SANITIZE)
  add_executable(try_reset_static $<TARGET_OBJECTS:try_reset>)
  target_link_options(try_reset_static PRIVATE -static)
  target_link_libraries(try_reset_static PRIVATE ${needed})
  set_target_properties(try_reset_static PROPERTIES LINKER_LANGUAGE CXX)
  add_test(
    NAME unit/examples/try_reset/static
    COMMAND
      "${CMAKE_COMMAND}" -D STATUS=0 -D "OUT=reset: \"1\"" -P "${CMAKE_CURRENT_SOURCE_DIR}/passthrough/check.cmake" -- sh
      "${CMAKE_CURRENT_SOURCE_DIR}/try_reset/machine.sh" -- $<TARGET_FILE:try_reset_static> ${first} --deadline 60s
  )
  set_tests_properties(unit/examples/try_reset/static PROPERTIES LABELS unit TIMEOUT 60)
endif()

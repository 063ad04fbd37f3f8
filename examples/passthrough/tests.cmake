# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# The program on the simulator, as tests unit/examples/passthrough/... On a real kernel tests/kernel runs it.

# passthrough_test(NAME STATUS n [OUT regex...] [OUT_NOT regex...] [ERR regex...] [JSON path=value...] ARGUMENTS ...)
function(passthrough_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "STATUS" "OUT;OUT_NOT;ERR;JSON;ARGUMENTS")
  add_test(
    NAME unit/examples/passthrough/${name}
    COMMAND
      "${CMAKE_COMMAND}" -D "STATUS=${arg_STATUS}" -D "OUT=${arg_OUT}" -D "OUT_NOT=${arg_OUT_NOT}" -D "ERR=${arg_ERR}"
      -D "JSON=${arg_JSON}" -P "${CMAKE_CURRENT_SOURCE_DIR}/passthrough/check.cmake" -- $<TARGET_FILE:passthrough>
      ${arg_ARGUMENTS}
  )
  set_tests_properties(unit/examples/passthrough/${name} PROPERTIES LABELS unit TIMEOUT 60)
endfunction()

passthrough_test(
  demo
  STATUS 0
  OUT "^0000:03:00\\.0 in IOMMU group [0-9]+ on the simulator, 3 reset threads\n"
      "reset 1 +VFIO_DEVICE_RESET +(ok|contended)"
      "VFIO_DEVICE_RESET +ok.*device_lock"
      "unbind +ok"
      "VFIO_DEVICE_RESET +contended \\(EAGAIN\\) +vfio_group\\.group_lock, device_lock"
      "revoke +ok.*try_reset +gone \\(ENODEV\\).*close device +ok"
      "give back to e1000e +ok"
      "done: [0-9]+ resets, 3 answered contended while the unbind waited, 3 refused after the unplug request\\."
      "Given back to e1000e with no driver_override\\.\n$"
  OUT_NOT "FAILED" "\\[[0-9]+m"
)
passthrough_test(
  json
  STATUS 0
  JSON "backend=sim" "device=0000:03:00.0" "exit_status=0" "error=" "summary.contended=2" "summary.refused=2"
       "summary.driver=e1000e" "steps.0.operation=enumerate" "steps.3.held.0=pci_rescan_remove_lock"
  ARGUMENTS --json --threads 2 --resets 100
)
passthrough_test(one-thread STATUS 0 OUT "1 reset thread\n" "1 answered contended" ARGUMENTS --threads 1 --resets 1)
passthrough_test(many-threads STATUS 0 OUT "16 answered contended" ARGUMENTS --threads 16)
passthrough_test(driverless STATUS 0 OUT "Given back to no driver" ARGUMENTS --device 06:00.0)
passthrough_test(
  whole-group
  STATUS 0
  OUT "bind vfio-pci 0000:05:00\\.1 +ok" "VFIO_GROUP_UNSET_CONTAINER +ok" "give back to e1000e 0000:05:00\\.1 +ok"
  ARGUMENTS --device 0000:05:00.0 --whole-group
)
passthrough_test(list STATUS 0 OUT "\n +0000:03:00\\.0 +[0-9]+ +e1000e +yes" ARGUMENTS --list)
passthrough_test(
  list-json STATUS 0 JSON "devices.0.address=0000:00:01.0" "devices.0.bridge=ON" "devices.0.driver=pcieport"
  ARGUMENTS --list --json
)
string(ASCII 27 escape)
passthrough_test(color STATUS 0 OUT "${escape}.32mok${escape}.0m" ARGUMENTS --color always)
passthrough_test(version STATUS 0 OUT "^passthrough ${PROJECT_VERSION}\n$" ARGUMENTS --version)
passthrough_test(help STATUS 0 OUT "--whole-group" ARGUMENTS --help)

# The other scenes: slot and bus under load, SR-IOV, two VMs that want one group.
passthrough_test(
  bus
  STATUS 0
  OUT "^0000:05:00\\.0 in IOMMU group" "hot reset +VFIO_DEVICE_PCI_HOT_RESET +(ok|contended)"
      "bus reset +reset_subordinate +(ok|contended)" "VFIO_DEVICE_GET_PCI_HOT_RESET_INFO +ok"
      "give back 0000:05:00\\.1 +ok"
      "done: [0-9]+ VFIO_DEVICE_RESETs, [0-9]+ hot resets, [0-9]+ bus resets, [0-9]+ answered contended\\.\n$"
  OUT_NOT "FAILED"
  ARGUMENTS --scene bus --resets 50
)
passthrough_test(
  sriov
  STATUS 0
  OUT "^0000:07:00\\.0 in IOMMU group" "set sriov_numvfs +ok" "list virtual functions +ok" "bind vfio-pci 0000:07:00\\.1 +ok"
      "reset PF +reset function +ok" "see unplug request +ok.*close device 0000:07:00\\.1 +ok.*give back 0000:07:00\\.1 +gone"
      "done: [0-9]+ resets of a virtual function, [0-9]+ of its physical one; 3 answered contended while it was taken away\\.\n$"
  OUT_NOT "FAILED"
  ARGUMENTS --scene sriov
)
passthrough_test(
  two-vms
  STATUS 0
  OUT "open group +held \\(EBUSY\\)" "VM 1 +KVM_DEV_VFIO_FILE_ADD +ok" "VM 2 +KVM_DEV_VFIO_FILE_ADD +ok"
      "done: 8 and 8 turns of two VMs, never both; [1-9][0-9]* times the group was held\\.\n$"
  OUT_NOT "FAILED"
  ARGUMENTS --scene two-vms --resets 8
)
passthrough_test(scene-json STATUS 0 JSON "exit_status=0" "device=0000:03:00.0" ARGUMENTS --scene two-vms --resets 2 --json)
passthrough_test(unknown-scene STATUS 2 ERR "--scene.*--help" ARGUMENTS --scene none)
passthrough_test(scene-help STATUS 0 OUT "--scene life.bus.sriov.two-vms" ARGUMENTS --help)
# Each of them fails, and gives everything back, if an operation of it fails or if it does not come to its end in time.
passthrough_test(
  bus-root STATUS 1 ERR "0000:00:02\\.0: unsupported \\(EOPNOTSUPP\\): .*no bridge is above it" ARGUMENTS --scene bus --device 0000:00:02.0
)
passthrough_test(sriov-none STATUS 1 ERR "0000:05:00\\.0: gone \\(ENOENT\\): it has no SR-IOV" ARGUMENTS --scene sriov --device 0000:05:00.0)
foreach(scene IN ITEMS bus sriov two-vms)
  passthrough_test(
    ${scene}-late STATUS 1 OUT "give back[^\n]* ok" ERR "failed \\(ETIMEDOUT\\): .*--deadline"
    ARGUMENTS --scene ${scene} --resets 1000000000 --deadline 0.3
  )
endforeach()
foreach(
  fault IN
  ITEMS "bus:VFIO_DEVICE_PCI_HOT_RESET" "bus:reset bus" "bus:VFIO_DEVICE_RESET" "bus:VFIO_DEVICE_GET_PCI_HOT_RESET_INFO" "bus:bind"
        "sriov:set sriov_numvfs" "sriov:reset function" "sriov:VFIO_DEVICE_RESET" "sriov:VFIO_DEVICE_SET_IRQS"
        "two-vms:open group" "two-vms:VFIO_GROUP_GET_DEVICE_FD" "two-vms:VFIO_DEVICE_RESET" "two-vms:KVM_DEV_VFIO_FILE_DEL"
)
  string(REGEX MATCH "^([^:]*):(.*)$" fault "${fault}")
  set(scene "${CMAKE_MATCH_1}")
  set(operation "${CMAKE_MATCH_2}")
  string(REPLACE " " "-" name "${operation}")
  passthrough_test(
    fault/${scene}/${name} STATUS 1 OUT "FAILED: failed \\(EIO\\)" ERR "^passthrough: ${operation} .*EIO"
    ARGUMENTS --scene ${scene} --fault "${operation}"
  )
endforeach()

# Bad input: a clear error, and nothing left half-bound.
passthrough_test(malformed-device STATUS 2 ERR "--device 1:2: invalid \\(EINVAL\\).*0000:01:00\\.0" ARGUMENTS --device 1:2)
passthrough_test(unknown-option STATUS 2 ERR "--bogus.*--help" ARGUMENTS --bogus)
passthrough_test(no-threads STATUS 2 ERR "--threads" ARGUMENTS --threads 0)
passthrough_test(no-device STATUS 2 ERR "needs --device" ARGUMENTS --backend linux)
passthrough_test(fault-on-linux STATUS 2 ERR "--fault is for" ARGUMENTS --backend linux --device 0:0.0 --fault bind)
passthrough_test(
  unknown-device STATUS 1 OUT "check device +FAILED: gone" ERR "enumerate 0000:99:00\\.0: gone \\(ENOENT\\): [a-z]+"
  ARGUMENTS --device 0000:99:00.0
)
passthrough_test(
  unknown-device-json STATUS 1 JSON "exit_status=1" "error.errno=ENOENT" "error.object=0000:99:00.0" "error.class=gone"
  ERR "0000:99:00\\.0: gone" ARGUMENTS --device 0000:99:00.0 --json
)
passthrough_test(bridge STATUS 1 ERR "0000:00:01\\.0: unsupported.*--list" ARGUMENTS --device 0000:00:01.0)
passthrough_test(
  not-viable STATUS 1 OUT_NOT "bind vfio-pci"
  ERR "claim group [0-9]+: not owned \\(EPERM\\): 0000:05:00\\.1 is bound to e1000e; --whole-group"
  ARGUMENTS --device 0000:05:00.0
)
passthrough_test(
  late STATUS 1 OUT "check device +ok[^\n]*\n\n$" ERR "failed \\(ETIMEDOUT\\): not enough resets.*--deadline"
  ARGUMENTS --resets 1000000000 --deadline 0.3
)
passthrough_test(
  no-sysfs STATUS 1 ERR "enumerate" ARGUMENTS --backend linux --device 0000:01:00.0 --sysfs-root "${CMAKE_CURRENT_SOURCE_DIR}/nowhere"
)
add_test(
  NAME unit/examples/passthrough/interrupted COMMAND sh "${CMAKE_CURRENT_SOURCE_DIR}/passthrough/interrupted.sh"
                                                     $<TARGET_FILE:passthrough>
)
set_tests_properties(unit/examples/passthrough/interrupted PROPERTIES LABELS unit TIMEOUT 60)

# A fault at each operation: the run fails and the device is as it was.
foreach(operation IN ITEMS driver_override bind unbind VFIO_DEVICE_RESET "open group" "open container" VFIO_GROUP_SET_CONTAINER
                           VFIO_SET_IOMMU VFIO_GROUP_GET_DEVICE_FD VFIO_DEVICE_SET_IRQS "create VM" KVM_DEV_VFIO_FILE_ADD
                           KVM_DEV_VFIO_FILE_DEL VFIO_GROUP_UNSET_CONTAINER
)
  string(REPLACE " " "-" name "${operation}")
  passthrough_test(
    fault/${name} STATUS 1 OUT "FAILED: failed \\(EIO\\).*check device +ok[^\n]*\n\n$" ERR "^passthrough: ${operation} .*EIO"
    ARGUMENTS --device 0000:05:00.0 --whole-group --fault "${operation}"
  )
endforeach()

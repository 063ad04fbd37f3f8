# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# What the guest runs: devlock_guest_case(NAME SECONDS COMMAND [how result.sh judges it]). COMMAND is for sh inside the guest;
# $DEVLOCK_EDU and the like are the devices of boot.sh. The guest checks after each that drivers and driver_override are
# as before.

# The backend's tests, one for each tag. The rounds of races are the longest.
foreach(tag IN LISTS guest_tags)
  set(limit 20)
  if(tag MATCHES "^race_")
    set(limit 60)
  endif()
  devlock_guest_case(${tag} ${limit} "guest_test [${tag}] ${guest_arguments}")
endforeach()
foreach(tag IN LISTS guest_mdev_tags)
  devlock_guest_case(
    ${tag} 20 "modprobe mtty || exit 99; guest_test [${tag}] ${guest_arguments}; s=$?; rmmod mtty || s=98; exit $s"
  )
endforeach()

# The example, as on any machine. Two of these devices have a driver that must be given back, one has a sibling in its group.
set(passthrough "passthrough --backend linux")
devlock_guest_case(
  passthrough-edu 20 "${passthrough} --device $DEVLOCK_EDU --color never"
  --out "[1-9][0-9]* answered contended while the unbind waited"
)
devlock_guest_case(
  passthrough-nic 20 "${passthrough} --device $DEVLOCK_SWITCH_NIC --json" --json --out "\"class\": \"contended\""
)
devlock_guest_case(
  passthrough-whole-group 20 "${passthrough} --device $DEVLOCK_PAIR_0 --whole-group --json"
  --json --out "\"class\": \"contended\""
)
devlock_guest_case(passthrough-list 5 "${passthrough} --list --json" --json)

# What must be refused: a clear error, a status that is not 0, and nothing left behind.
devlock_guest_case(
  passthrough-not-viable 10 "${passthrough} --device $DEVLOCK_PAIR_0" --status 1 --err "not owned.*0000:05:00\\.1.*e1000e"
)
devlock_guest_case(
  passthrough-unknown-device 5 "${passthrough} --device 0000:99:00.0" --status 1 --err "0000:99:00\\.0: gone"
)
devlock_guest_case(passthrough-malformed-device 5 "${passthrough} --device nonsense" --status 2 --err "nonsense: invalid")
devlock_guest_case(passthrough-no-device 5 "${passthrough}" --status 2 --err "needs --device")
devlock_guest_case(passthrough-bridge 5 "${passthrough} --device 0000:00:06.0" --status 1 --err "0000:00:06\\.0")
devlock_guest_case(
  passthrough-no-permission
  5
  "start-stop-daemon -S -c nobody:nogroup -x /bin/passthrough -- --backend linux --device $DEVLOCK_EDU"
  --status
  1
  --err
  "permission"
)
devlock_guest_case(
  passthrough-missing-module
  10
  "modprobe -r vfio-pci; ${passthrough} --device $DEVLOCK_EDU; s=$?; modprobe vfio-pci; exit $s"
  --status
  1
  --err
  "vfio-pci"
)
set(edu "/sys/bus/pci/devices/$DEVLOCK_EDU")
devlock_guest_case(
  passthrough-vanished
  10
  "echo 1 >${edu}/remove; ${passthrough} --device $DEVLOCK_EDU; s=$?; echo 1 >/sys/bus/pci/rescan; exit $s"
  --status
  1
  --err
  "gone"
)
# Ended by a signal while its device is open: it gives everything back.
string(
  CONCAT command
         "${passthrough} --device $DEVLOCK_SWITCH_NIC --resets 1000000 & "
         "until ls -l /proc/$!/fd | grep -q vfio-device; do kill -0 $! || exit 99; done; "
         "kill -TERM $!; wait $!"
)
devlock_guest_case(passthrough-ended 10 "${command}" --status 1 --err "SIGTERM")
# Another process has the group open.
string(
  CONCAT command
         "echo vfio-pci >${edu}/driver_override; echo $DEVLOCK_EDU >/sys/bus/pci/drivers_probe; "
         "exec 9<>/dev/vfio/$(basename $(readlink ${edu}/iommu_group)); "
         "${passthrough} --device $DEVLOCK_EDU 9>&-; s=$?; exec 9>&-; "
         "echo $DEVLOCK_EDU >/sys/bus/pci/drivers/vfio-pci/unbind; echo >${edu}/driver_override; exit $s"
)
devlock_guest_case(passthrough-held 10 "${command}" --status 1 --err "held")

# The other example: it resets what nobody uses, and names who uses the rest.
devlock_guest_case(try_reset-function 20 "try_reset $DEVLOCK_EDU" --status 0 --out "reset in ")
devlock_guest_case(try_reset-slot 20 "try_reset $DEVLOCK_EDU --scope slot" --status 0 --out "reset in ")
devlock_guest_case(
  try_reset-forced 20 "try_reset $DEVLOCK_PAIR_0 --scope bus --force" --status 0 --out "despite: 0000:05:00\\.1"
)
devlock_guest_case(
  try_reset-refused 10 "try_reset $DEVLOCK_PAIR_0 --scope bus" --status 6 --err "0000:05:00\\.1: held.*e1000e"
)
devlock_guest_case(try_reset-gone 5 "try_reset 0000:99:00.0" --status 3 --err "0000:99:00\\.0: gone")
devlock_guest_case(
  try_reset-no-permission
  5
  "start-stop-daemon -S -c nobody:nogroup -x /bin/try_reset -- $DEVLOCK_EDU"
  --status
  4
  --err
  "permission.*run it as root"
)
string(
  CONCAT command
         "echo vfio-pci >${edu}/driver_override; echo $DEVLOCK_EDU >/sys/bus/pci/drivers_probe; "
         "exec 9<>/dev/vfio/$(basename $(readlink ${edu}/iommu_group)); try_reset $DEVLOCK_EDU 9>&-; s=$?; exec 9>&-; "
         "echo $DEVLOCK_EDU >/sys/bus/pci/drivers/vfio-pci/unbind; echo >${edu}/driver_override; exit $s"
)
devlock_guest_case(try_reset-held 10 "${command}" --status 6 --out "held by process [0-9]+ .*descriptor [0-9]+: /dev/vfio/")

# Known-bad commands; kernel/self/guest requires that each is found.
devlock_guest_command(bad-status 5 "echo said before it failed; exit 3")
devlock_guest_command(bad-signal 5 "kill -SEGV $$")
devlock_guest_command(bad-limit 1 "sleep 100")
devlock_guest_command(bad-left 5 "echo vfio-pci >${edu}/driver_override")
devlock_guest_command(take-back 5 "echo >${edu}/driver_override")
devlock_guest_command(no-newline 5 "printf 'the end'")
foreach(tag IN LISTS guest_bad_tags)
  devlock_guest_command(${tag} 20 "guest_test [${tag}]")
endforeach()
# Each test that has a lock held, with a module that is told nothing: all of them fail, and this succeeds if they do.
string(
  CONCAT command
         "export DEVLOCK_HOLD_NOTHING=1; s=0; "
         "for t in held_memory held_sibling_memory held_config held_bridge held_sibling held_dev_set held_rounds held_rescan; "
         "do if guest_test [$t]; then echo $t passes; s=1; fi; done; echo 1 >/sys/bus/pci/rescan; exit $s"
)
devlock_guest_command(bad-hold 30 "${command}")

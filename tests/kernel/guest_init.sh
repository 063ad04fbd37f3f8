#!/bin/busybox sh
# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# The first program of the guest. It runs the commands of /cases one after the other and reports on the second serial
# port, so that the kernel's own lines on the first one never mix with results:
#
#   begin NAME
#   out| LINE          each line of standard output, and err| LINE of standard error
#   left| LINE         what differs from before: each binding of a driver, each driver_override
#   end NAME STATUS MS exit status, or `timeout`: the command was killed at its limit
#   log| LINE          each line of the kernel log, once, after the last command
#   done COUNT         nothing follows
#
# A line of /cases is "NAME LIMIT COMMAND...", LIMIT in seconds, COMMAND for sh with the device names set below.
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t tmpfs tmpfs /run
stty -F /dev/ttyS1 raw -echo 2>/dev/null
exec 3>/dev/ttyS1

# The kernel names a blocked task after 20 s instead of 120 s: within the time limit of a boot.
echo 20 >/proc/sys/kernel/hung_task_timeout_secs

while read -r module; do
    modprobe "$module" || echo "guest: modprobe $module failed" >/dev/kmsg
done </modules

# The functions with address $2 (00.0, or 00.? for all) below the bridge $1. Bus numbers are the firmware's; the ports' addresses are ours.
below() {
    # shellcheck disable=SC2231 # the address may be a pattern
    for device in "/sys/bus/pci/devices/$1"/0000:*:$2; do
        [ ! -d "$device" ] || echo "${device##*/}"
    done
}
switch=$(below 0000:00:04.0 00.0)
DEVLOCK_SWITCH_EDU=$(below "$(below "$switch" 00.0)" 00.0)
DEVLOCK_SWITCH_NIC=$(below "$(below "$switch" 01.0)" 00.0)
DEVLOCK_PAIR_0=$(below 0000:00:05.0 00.0)
DEVLOCK_PAIR_1=$(below 0000:00:05.0 00.1)
DEVLOCK_EDU=$(below 0000:00:06.0 00.0)
DEVLOCK_NVME=$(below 0000:00:07.0 00.0)
# As words for a command: "--lane FUNCTION,FUNCTION --lane FUNCTION"; empty in most boots.
# DEVLOCK_EDU_LANES: those of edu functions alone.
DEVLOCK_LANES='' DEVLOCK_EDU_LANES=''
for lane in 0 1 2 3 4 5 6 7; do
    functions=$(below "0000:00:1$lane.0" '00.?' | tr '\n' ,)
    [ -n "$functions" ] || continue
    DEVLOCK_LANES="$DEVLOCK_LANES --lane ${functions%,}"
    [ "$(cat "/sys/bus/pci/devices/${functions%%,*}/vendor")" != 0x1234 ] ||
        DEVLOCK_EDU_LANES="$DEVLOCK_EDU_LANES --lane ${functions%,}"
done
export DEVLOCK_SWITCH_EDU DEVLOCK_SWITCH_NIC DEVLOCK_PAIR_0 DEVLOCK_PAIR_1 DEVLOCK_EDU DEVLOCK_NVME
export DEVLOCK_LANES DEVLOCK_EDU_LANES

# Milliseconds since boot.
now() {
    read -r up rest </proc/uptime
    up=${up%.*}${up#*.}0
    while [ "${up#0}" != "$up" ]; do up=${up#0}; done
    echo "${up:-0}"
}

# Where every thread of session $1 waits: what to read when a command did not end.
stacks() {
    for task in /proc/[0-9]*; do
        read -r stat <"$task/stat" || continue
        # shellcheck disable=SC2086 # the fields after the name, which may hold spaces itself
        set -- "$1" ${stat##*) }
        [ "$5" = "$1" ] || continue
        for thread in "$task"/task/*; do
            echo "thread ${thread##*/} ($(cat "$thread/comm")) waits in $(cat "$thread/wchan")"
            cat "$thread/stack"
        done
    done 2>/dev/null
}

# awk, not sed: the last line may lack its newline.
send() {
    awk '{ print "out| " $0 }' /run/out >&3
    awk '{ print "err| " $0 }' /run/err >&3
}

# Ends the guest at once: an ordinary reboot waits for the lock of each device, which a hung command may hold. Changing the
# port's mode waits until all that was written is out.
finish() {
    stty -F /dev/ttyS1 raw
    echo b >/proc/sysrq-trigger
}

# What a command must leave as it was, without a process for each device.
state() {
    for binding in /sys/bus/pci/drivers/*/0000:*; do
        echo "${binding#/sys/bus/pci/drivers/}"
    done
    for device in /sys/bus/pci/devices/*; do
        override=
        read -r override <"$device/driver_override"
        echo "${device##*/} driver_override $override"
    done
}

count=0
state >/run/before
while read -r name limit command; do
    [ -n "$name" ] || continue
    echo "begin $name" >&3
    echo "guest: begin $name" >/dev/kmsg
    start=$(now)
    setsid sh -c "$command" >/run/out 2>/run/err </dev/null 3>&- &
    pid=$!
    rm -f /run/late
    (
        sleep "$limit"
        : >/run/late
        stacks $pid >>/run/err
        echo "guest: $name exceeds its $limit s" >/dev/kmsg
        kill -9 -$pid
        # What a kill does not end, nothing ends: say so and end the guest instead.
        sleep 2
        echo "not ended by a kill:" >>/run/err
        stacks $pid >>/run/err
        send
        echo "end $name timeout $limit"000 >&3
        echo "guest: $name cannot be killed" >/dev/kmsg
        finish
    ) 3>&3 &
    watchdog=$!
    wait $pid
    status=$?
    if [ -e /run/late ]; then status=timeout; fi
    kill -9 $watchdog 2>/dev/null
    wait $watchdog 2>/dev/null
    # Whatever it started and left running would disturb the next one.
    kill -9 -$pid 2>/dev/null
    send
    state >/run/after
    if ! cmp -s /run/before /run/after; then
        diff /run/before /run/after | awk '/^[-+][^-+]/ { print "left| " $0 }' >&3
        mv /run/after /run/before
    fi
    echo "end $name $status $(($(now) - start))" >&3
    count=$((count + 1))
done </cases

dmesg | sed 's/^/log| /' >&3
echo "done $count" >&3
finish

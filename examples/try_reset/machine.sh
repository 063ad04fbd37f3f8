#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# Runs try_reset on a sysfs and a procfs made of files: a root port with a device of two functions below it, both in IOMMU group 7,
# the first bound to vfio-pci, the second to nothing. Afterwards it says what was written to the reset attributes.
#
# Usage: machine.sh VARIANT... -- PROGRAM ARGUMENT...
# Variants:
#   qemu          process 4711 has the group open, and a device of it
#   node          process 4712 has the device open by its own node
#   device        process 4713 has a VFIO device open and nothing that says which
#   named         process 4714 has one open and fdinfo says which: the second function
#   elsewhere     process 4715 has another group and a device of it open
#   host-driver   the second function is bound to e1000e
#   other-slot    a second device on the bus
#   virtual       the first function has a virtual one
#   no-iommu      nothing is in an IOMMU group
#   no-reset      no reset attributes
#   no-proc       no procfs
#   no-sysfs      no sysfs
#   unbinding     process 99 waits in an unbind, and the first function shows no driver
#   stuck         the same, and a write to `reset` waits, as for the kernel's lock
#   user          no right to write
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
sys=$work/sys
proc=$work/proc
root=$sys/devices/pci0000:00
mkdir -p "$sys/bus/pci/devices" "$sys/kernel/iommu_groups/7/devices" "$proc/1/fd"
echo init >"$proc/1/comm"

# function PLACE CLASS
function_at() {
    mkdir -p "$root/$1"
    echo "$2" >"$root/$1/class"
    echo 0x8086 >"$root/$1/vendor"
    echo 0x10d3 >"$root/$1/device"
    ln -s "../../../devices/pci0000:00/$1" "$sys/bus/pci/devices/${1##*/}"
}
in_group() {
    ln -s ../../../../kernel/iommu_groups/7 "$root/$1/iommu_group"
    ln -s "../../../../devices/pci0000:00/$1" "$sys/kernel/iommu_groups/7/devices/${1##*/}"
}
bound_to() {
    ln -s "../../../../bus/pci/drivers/$2" "$root/$1/driver"
}
# process PID NAME
process() {
    mkdir -p "$proc/$1/fd" "$proc/$1/fdinfo"
    printf '%s\n' "$2" >"$proc/$1/comm"
}

port=0000:00:01.0
first=$port/0000:01:00.0
second=$port/0000:01:00.1
function_at $port 0x060400
function_at $first 0x020000
function_at $second 0x020000
bound_to $port pcieport
bound_to $first vfio-pci
in_group $first
in_group $second
: >"$root/$port/reset_subordinate"
: >"$root/$first/reset"
stuck=
user=
while [ "$1" != -- ]; do
    case $1 in
    qemu)
        process 4711 qemu-system-x86
        ln -s /dev/vfio/7 "$proc/4711/fd/27"
        ln -s 'anon_inode:[vfio-device]' "$proc/4711/fd/28"
        ln -s /dev/vfio/vfio "$proc/4711/fd/26"
        ;;
    node)
        process 4712 "$(printf 'evil\033[2J\nname')"
        mkdir -p "$root/$first/vfio-dev/vfio3"
        ln -s /dev/vfio/devices/vfio3 "$proc/4712/fd/5"
        ln -s /dev/vfio/devices/vfio4 "$proc/4712/fd/6"
        ;;
    device)
        process 4713 spdk_tgt
        ln -s 'anon_inode:[vfio-device]' "$proc/4713/fd/9"
        ;;
    named)
        process 4714 crosvm
        ln -s 'anon_inode:[vfio-device]' "$proc/4714/fd/9"
        printf 'pos:\t0\nvfio-device-syspath: /sys/devices/pci0000:00/0000:00:01.0/0000:01:00.1\n' >"$proc/4714/fdinfo/9"
        bound_to $second vfio-pci
        ;;
    elsewhere)
        process 4715 qemu
        ln -s /dev/vfio/8 "$proc/4715/fd/3"
        ln -s 'anon_inode:[vfio-device]' "$proc/4715/fd/4"
        ;;
    host-driver) bound_to $second e1000e ;;
    other-slot) function_at $port/0000:01:02.0 0x010000 ;;
    virtual)
        function_at $port/0000:01:10.0 0x020000
        ln -s ../0000:01:00.0 "$root/$port/0000:01:10.0/physfn"
        ;;
    no-iommu) rm "$root/$first/iommu_group" "$root/$second/iommu_group" ;;
    no-reset) rm "$root/$port/reset_subordinate" "$root/$first/reset" ;;
    no-proc) rm -r "$proc" ;;
    no-sysfs) rm -r "$sys/bus" ;;
    stuck | unbinding)
        process 99 sh
        mkdir -p "$proc/99/task/99"
        printf vfio_unregister_group_dev >"$proc/99/task/99/wchan"
        rm "$root/$first/driver"
        if [ "$1" = stuck ]; then
            rm "$root/$first/reset"
            mkfifo "$root/$first/reset"
            stuck=yes
        fi
        ;;
    user)
        chmod 0444 "$root/$first/reset" "$root/$port/reset_subordinate"
        user=yes
        ;;
    *)
        echo "machine.sh: no variant $1" >&2
        exit 99
        ;;
    esac
    shift
done
shift
program=$1
shift
set -- "$@" --sysfs "$sys" --proc "$proc"

status=0
if [ -n "$user" ] && [ "$(id -u)" = 0 ]; then
    cp "$program" "$work/program" # where any user may run it
    setpriv --reuid=65534 --regid=65534 --clear-groups "$work/program" "$@" || status=$?
else
    # Whoever waits for the output waits for everybody who has it open: nobody who is left behind has.
    answer=$("$program" "$@" 2>"$work/err") || status=$?
    printf '%s\n' "$answer"
    cat "$work/err" >&2
fi
if [ -n "$stuck" ]; then
    printf 'reset later: %s\n' "$(cat "$root/$first/reset")" # the lock is free
else
    for attribute in "$root/$first/reset" "$root/$port/reset_subordinate"; do
        if [ -e "$attribute" ]; then
            printf '%s: "%s"\n' "${attribute##*/}" "$(cat "$attribute")"
        fi
    done
fi
exit $status

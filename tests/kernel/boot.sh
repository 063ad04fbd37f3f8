#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# Boots a kernel in QEMU without hardware virtualisation, lets the guest run a list of commands, and keeps what it reports.
#
# Usage: boot.sh --root DIR --initramfs FILE --cases FILE --results DIR [--limit SECONDS] [--repeats N]
#                [--native-hotplug] [--functions] [--lane [KIND:]N]...
#   --root DIR        an unpacked kernel package, see fetch.sh
#   --initramfs FILE  what initramfs.sh packed
#   --cases FILE      lines "NAME LIMIT COMMAND...", see guest_init.sh
#   --results DIR     emptied; gets the console, and the results as judge.sh lays them out
#   --limit SECONDS   a boot that takes longer is ended (default 60)
#   --repeats N       how often a boot that was ended is repeated (default 1); each repeat is counted and printed
#   --native-hotplug  slots are of the ports (pciehp), not of the firmware
#   --functions       the nvme function, $DEVLOCK_NVME of the guest, can have four virtual ones
#   --lane [KIND:]N   a root port more, with N functions below it (1 to 8) of KIND edu, the default, e1000e or nvme; at most 8
#                     lanes, $DEVLOCK_LANES of the guest
#
# Succeeds when the guest ran all commands, whatever their exit status was: result.sh reports each of them. A hung guest
# is ended, and its console is the message. Set DEVLOCK_QEMU to use another qemu-system-x86_64.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"

root='' initramfs='' cases='' results='' limit=60 repeats=1 lanes='' virtual='' extra='' nvme=''
while [ $# -gt 0 ]; do
    case $1 in
    --help) usage; exit 0 ;;
    --root) argument "$1" $#; root=$2; shift 2 ;;
    --initramfs) argument "$1" $#; initramfs=$2; shift 2 ;;
    --cases) argument "$1" $#; cases=$2; shift 2 ;;
    --results) argument "$1" $#; results=$2; shift 2 ;;
    --limit) argument "$1" $#; limit=$2; shift 2 ;;
    --repeats) argument "$1" $#; repeats=$2; shift 2 ;;
    --native-hotplug) extra="$extra -global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"; shift ;;
    --functions) virtual=yes; shift ;;
    --lane) argument "$1" $#; lanes="$lanes $2"; shift 2 ;;
    *) fail 'read option' "$1" unknown 'see boot.sh --help' ;;
    esac
done
for option in root initramfs cases results; do
    eval "[ -n \"\$$option\" ]" || fail 'read option' "--$option" missing 'see boot.sh --help'
done
case $limit$repeats in *[!0-9]*) fail 'read option' '--limit or --repeats' 'not a number' 'see boot.sh --help' ;; esac
# Lane K is the port 1K.0, which guest_init.sh knows; its chassis follow those of the ports that every boot has.
lane_devices=''
lane=0
for words in $lanes; do
    functions=${words##*:} kind=edu
    [ "$words" = "$functions" ] || kind=${words%:*}
    case $functions$lane in [1-8][0-7]) ;; *) fail 'read option' --lane 'at most 8 lanes of 1 to 8 functions' 'see boot.sh --help' ;; esac
    case $kind in
    edu) device=edu ;;
    e1000e) device=e1000e,romfile= ;;
    nvme) device=nvme,serial=lane_$lane ;;
    *) fail 'read option' "--lane $words" 'no kind of device' 'see boot.sh --help' ;;
    esac
    lane_devices="$lane_devices -device pcie-root-port,id=lane_$lane,addr=1$lane.0,chassis=$((10 + lane)),slot=1,x-speed=5"
    function=0
    while [ "$function" -lt "$functions" ]; do
        lane_devices="$lane_devices -device $device,bus=lane_$lane,addr=0.$function,multifunction=on"
        function=$((function + 1))
    done
    lane=$((lane + 1))
done
# QEMU wants a subsystem for an nvme with virtual functions, and resources for them to be set apart.
if [ -n "$virtual" ]; then
    extra="$extra -device nvme-subsys,id=nvme_subsystem"
    nvme=,subsys=nvme_subsystem,sriov_max_vfs=4,sriov_vq_flexible=8,sriov_vi_flexible=4,max_ioqpairs=10,msix_qsize=10
fi
qemu=${DEVLOCK_QEMU:-$(need qemu-system-x86_64 qemu-system-x86)}
cpio=$(need cpio cpio)
setpriv=$(need setpriv util-linux)
[ -s "$initramfs" ] || fail read "$initramfs" 'no such archive' 'run initramfs.sh first'
[ -s "$cases" ] || fail read "$cases" 'no test is listed there' 'pass --cases FILE'
kernel=$(find "$root/boot" -name 'vmlinuz-*' 2>/dev/null || :)
[ -f "$kernel" ] || fail find "$root/boot/vmlinuz-*" 'not one kernel is unpacked there' 'run fetch.sh first'

rm -rf "$results"
mkdir -p "$results/files"
cp "$cases" "$results/files/cases"
cp "$initramfs" "$results/initramfs"
# The kernel unpacks archives that follow one another.
(cd "$results/files" && echo cases | "$cpio" --quiet --create --format=newc --owner=0:0) >>"$results/initramfs"
rm -r "$results/files"

# Ports have addresses that guest_init.sh knows. romfile= spares the boot ROMs. At its default speed the kernel waits for
# a link-active bit of the port that is not emulated, and a hot reset fails with ENOTTY; at 5 GT/s it does not.
# thread=single: with one host thread per virtual CPU, guests that use nested virtualisation oops or hang.
# no_timer_check: the kernel counts interrupts for a moment and panics if there are too few, as on a busy machine.
# mitigations=off: every return of the kernel's would cost a detour that an emulated processor does not need.
# setpriv: QEMU goes when this script goes, whatever ended it.
# shellcheck disable=SC2086 # extra and lane_devices are lists
boot() {
    "$setpriv" --pdeathsig TERM timeout --kill-after=5 "$limit" "$setpriv" --pdeathsig KILL "$qemu" \
        -M q35,kernel-irqchip=split -accel tcg,thread=single -cpu EPYC,+svm -smp 2 -m 1024 \
        -nodefaults -no-user-config -no-reboot -display none -monitor none \
        -serial "file:$results/console" -serial "file:$results/report" \
        -device intel-iommu,intremap=on,caching-mode=on \
        -device pcie-root-port,id=switch_port,addr=4.0,chassis=1,slot=1 \
        -device x3130-upstream,id=switch,bus=switch_port \
        -device xio3130-downstream,id=switch_0,bus=switch,addr=0.0,chassis=2,slot=0 \
        -device edu,bus=switch_0 \
        -device xio3130-downstream,id=switch_1,bus=switch,addr=1.0,chassis=2,slot=1 \
        -device e1000e,bus=switch_1,romfile= \
        -device pcie-root-port,id=pair_port,addr=5.0,chassis=3,slot=1,x-speed=5 \
        -device e1000e,bus=pair_port,addr=0.0,multifunction=on,romfile= \
        -device e1000e,bus=pair_port,addr=0.1,romfile= \
        -device pcie-root-port,id=edu_port,addr=6.0,chassis=4,slot=1,x-speed=5 \
        -device edu,bus=edu_port $extra \
        -device pcie-root-port,id=nvme_port,addr=7.0,chassis=5,slot=1,x-speed=5 \
        -device "nvme,bus=nvme_port,serial=devlock$nvme" $lane_devices \
        -kernel "$kernel" -initrd "$results/initramfs" \
        -append 'console=ttyS0 intel_iommu=on iommu=pt loglevel=5 panic=-1 no_timer_check mitigations=off' \
        </dev/null >"$results/qemu" 2>&1
}

repeated=0
while :; do
    : >"$results/console"
    : >"$results/report"
    start=$(date +%s%N)
    ended=0
    boot || ended=$?
    time=$((($(date +%s%N) - start) / 1000000))
    if [ "$ended" != 124 ] && [ "$ended" != 137 ]; then break; fi
    [ "$repeated" -lt "$repeats" ] || break
    repeated=$((repeated + 1))
    cp "$results/console" "$results/console.ended.$repeated"
    printf 'boot %s did not end within %s s and is repeated\n' "$repeated" "$limit"
done
rm -f "$results/initramfs"
printf '%s: one boot of %s ms, %s repeated\n' "${kernel##*/}" "$time" "$repeated"

# EPYC has features that emulation lacks, and no network is behind the cards: both are as wanted.
grep -vE "TCG doesn't support requested feature|nic e1000e.* has no peer" "$results/qemu" || :
case $ended in
0) exec sh "$here/judge.sh" --results "$results" ;;
124 | 137) exec sh "$here/judge.sh" --results "$results" --ended "was ended, no end within $limit s" ;;
*) fail run "$qemu" "exit status $ended" "read $results/qemu" ;;
esac

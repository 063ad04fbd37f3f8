#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# Shows that the program conformance says no: to an order that is wrong on purpose, to a kernel that does otherwise,
# to damaged texts.
#
# Usage: selftest.sh --program FILE --work DIR
#   --program FILE   conformance
#   --work DIR       emptied
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../common.sh"

program='' work=''
while [ $# -gt 0 ]; do
    case $1 in
    --help) usage; exit 0 ;;
    --program) argument "$1" $#; program=$2; shift 2 ;;
    --work) argument "$1" $#; work=$2; shift 2 ;;
    *) fail 'read option' "$1" unknown 'see selftest.sh --help' ;;
    esac
done
for option in program work; do
    eval "[ -n \"\$$option\" ]" || fail 'read option' "--$option" missing 'see selftest.sh --help'
done
rm -rf "$work"
mkdir -p "$work/damaged" "$work/empty" "$work/results"

# answers STATUS PATTERN ARGUMENT...: what the program exits with, and a line that it says.
answers() {
    status=$1 pattern=$2
    shift 2
    got=0
    "$@" >"$work/said" 2>&1 || got=$?
    [ "$got" = "$status" ] || { cat "$work/said"; fail require "$*" "status $got instead of $status" ''; }
    grep -qE -- "$pattern" "$work/said" || { cat "$work/said"; fail require "$pattern" 'no line of the above matches' ''; }
}
agrees=$here/excerpts/agrees
answers 1 '[1-9][0-9]* seen, [0-9]+ not reachable, [1-9][0-9]* not exercised' "$program" judge --boot "a=$agrees"
answers 1 'DISAGREES: the kernel waits for vfio_device_set.lock \(&new_dev_set->lock\) while it holds vfio_group.group_lock \(&group->group_lock\), seen in boot a; declared: nothing relates' \
    "$program" judge --boot "a=$agrees" --without 'vfio_group.group_lock>vfio_device_set.lock'
answers 1 'DISAGREES: .*the other way round, by vfio_group.kvm_ref_lock -> kvm.lock' \
    "$program" judge --boot "a=$agrees" --reverse 'kvm.lock>vfio_group.kvm_ref_lock'
answers 1 'DISAGREES: the kernel waits for vfio_group.group_lock .* while it holds kvm.lock' \
    "$program" judge --boot "a=$here/excerpts/differs"
answers 2 'is not declared' "$program" judge --boot "a=$agrees" --without 'kvm.lock>device_lock'
answers 2 'not of the form OUTER>INNER' "$program" judge --boot "a=$agrees" --without kvm.lock
answers 2 'not of the form NAME=DIR' "$program" judge --boot "$agrees"
answers 2 'holds no \*.lockdep' "$program" judge --boot "a=$work/empty"
answers 2 'holds no \*.lockdep' "$program" judge --boot "a=$work/nowhere"
head -c 3000 "$agrees/look.chains" | sed '5s/.*/broken/' >"$work/damaged/look.chains"
answers 2 "damaged/look.chains, line 5: 'broken'" "$program" judge --boot "a=$work/damaged"
answers 2 '' "$program"
answers 0 'Usage:' "$program" --help

table=$here/CONFORMANCE.md
answers 0 'edges, as declared' "$program" table "$table"
answers 1 'is not declared' "$program" table "$table" --without 'kvm.lock>kvm_vcpu.mutex'
answers 2 'cannot read' "$program" table "$work/nowhere"
sed '/^| kvm.lock | kvm_vcpu.mutex/d' "$table" >"$work/table"
answers 1 'stands there 0 times' "$program" table "$work/table"

# Looks that are missing or cut off on their way out of the guest.
answers 1 'no look at lockdep' sh "$here/conformance.sh" --program "$program" --looks "$work/looks" --boot "a=$work/results"
for kind in lockdep chains; do gzip -c "$agrees/look.$kind" | base64 >"$work/results/a.$kind.out"; done
answers 1 'not exercised' sh "$here/conformance.sh" --program "$program" --looks "$work/looks" --boot "a=$work/results"
head -c 400 "$work/results/a.chains.out" >"$work/cut"
mv "$work/cut" "$work/results/a.chains.out"
answers 1 'damaged' sh "$here/conformance.sh" --program "$program" --looks "$work/looks" --boot "a=$work/results"
answers 1 'missing' sh "$here/conformance.sh"
printf 'a wrong order, another kernel and damaged texts are refused\n'

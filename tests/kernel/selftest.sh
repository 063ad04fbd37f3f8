#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# Shows that the harness sees what it has to see: each test hands it a known-bad guest and requires the right complaint.
#
# Usage: selftest.sh TEST [--work DIR] [--root DIR] [--initramfs FILE] [--results DIR]
#   TEST               one of the functions named test_* below
#   --work DIR         emptied
#   --root, --initramfs   a kernel and an archive, for the tests that boot (crash, hang)
#   --results          of the boot of all tests, for the tests that read it (guest)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"

test=${1-}
case $test in
--help) usage; exit 0 ;;
'') fail 'read option' TEST missing 'see selftest.sh --help' ;;
esac
shift
work=$(pwd)/selftest root='' initramfs='' results=''
while [ $# -gt 0 ]; do
    case $1 in
    --work) argument "$1" $#; work=$2; shift 2 ;;
    --root) argument "$1" $#; root=$2; shift 2 ;;
    --initramfs) argument "$1" $#; initramfs=$2; shift 2 ;;
    --results) argument "$1" $#; results=$2; shift 2 ;;
    *) fail 'read option' "$1" unknown 'see selftest.sh --help' ;;
    esac
done
rm -rf "$work"
mkdir -p "$work"

# good COMMAND...: it must succeed. bad PATTERN COMMAND...: it must fail, and a line of what it says must match.
good() {
    "$@" >"$work/said" 2>&1 || { cat "$work/said"; fail require "$*" 'it fails and should succeed' ''; }
}
bad() {
    pattern=$1
    shift
    ! "$@" >"$work/said" 2>&1 || { cat "$work/said"; fail require "$*" 'it succeeds and should fail' ''; }
    said "$pattern"
}
said() {
    grep -qE -- "$1" "$work/said" || { cat "$work/said"; fail require "$1" 'no line of the above matches' ''; }
}

# report LINE...: a guest that wrote these lines.
report() {
    printf 'the console\n' >"$work/console"
    : >"$work/report"
    [ $# = 0 ] || printf '%s\n' "$@" >"$work/report"
}
judge() { sh "$here/judge.sh" --results "$work" "$@"; }
result() { sh "$here/result.sh" --results "$work" "$@"; }
trouble() { sh "$here/trouble.sh" "$work/log"; }
boot() { sh "$here/boot.sh" --results "$work/boot" "$@"; }

test_complete_report() {
    report 'begin a' 'out| one' 'out| begin b' 'err| two' 'end a 0 12' 'begin b' 'end b 3 1' 'log| line' 'done 2'
    good judge
    [ "$(cat "$work/a.out")" = 'one
begin b' ] || fail require a.out 'not the lines that the command wrote' ''
    [ "$(cat "$work/a.err")" = two ] || fail require a.err 'not the lines that the command wrote' ''
    [ "$(cat "$work/log")" = line ] || fail require log 'not the lines that the kernel wrote' ''
    good result --case a --out '^one$' --err '^two$'
    bad 'no line of its output' result --case a --out '^two$'
    bad 'no line of its standard error' result --case a --err '^one$'
    bad 'not a JSON value' result --case a --json
}

test_no_report() {
    report
    bad 'it never says that it is done' judge
    said 'the console'
    report 'begin a' 'out| one' 'end a 0 1'
    bad 'it never says that it is done' judge
    report 'begin a' 'out| one'
    bad 'it reports the start of a and not its end' judge
    report 'begin a' 'end a 0 1' 'done 2'
    bad 'it says that it ran 2 commands and reports 1' judge
    report 'begin a' 'end a 0 1' 'noise' 'done 1'
    bad 'makes no sense here: noise' judge
    report 'begin a' 'end a 0 1' 'begin a' 'end a 0 1' 'done 2'
    bad 'it reports a twice' judge
    report 'begin a' 'end a 0 1' 'done 1'
    bad 'it was ended' judge --ended 'was ended'
    bad 'the guest reported none' result --case b
}

test_left_behind() {
    report 'begin a' 'left| +vfio-pci/0000:06:00.0' 'end a 0 1' 'begin b' 'end b 0 1' 'done 2'
    good judge
    bad 'what is left behind by a' result --case a
    said '\+vfio-pci/0000:06:00.0'
    good result --case b
}

test_wrong_status() {
    report 'begin a' 'end a 3 1' 'begin b' 'end b timeout 1' 'begin c' 'end c 139 1' 'begin d' 'end d 0 1' \
        'begin j' 'out| {"a": 1}' 'end j 0 1' 'done 5'
    good judge
    bad 'status 3 instead of 0' result --case a
    good result --case a --status 3
    good result --case a --status failure
    bad 'killed at its time limit' result --case b
    bad 'killed at its time limit' result --case b --status failure
    bad 'status 139 where an error' result --case c --status failure
    bad 'status 0 where an error' result --case d --status failure
    good result --case j --json
}

test_trouble() {
    fine='[    0.241388] Speculative Return Stack Overflow: WARNING: See https://kernel.org/doc/html/latest/'
    printf '%s\n' "$fine" >"$work/log"
    good trouble
    : >"$work/log"
    bad 'it is empty' trouble
    for line in 'WARNING: CPU: 1 PID: 9 at kernel/rcu' 'WARNING: possible circular locking dependency detected' \
        'WARNING: lock held when returning to user space!' 'BUG: kernel NULL pointer dereference' \
        'Oops: 0000 [#1]' 'Call Trace:' 'INFO: task sh:9 blocked for more than 20 seconds.' 'rcu: INFO: rcu_preempt self-detected stall on CPU' \
        'Kernel panic - not syncing: VFS'; do
        printf '%s\n[    1.000000] %s\n%s\n' "$fine" "$line" "$fine" >"$work/log"
        bad 'the kernel reports trouble' trouble
        said "$(printf '%s' "$line" | cut -c 1-11)"
    done
}

# A program in the place of QEMU: its first $1 boots hang, the others report.
imitation() {
    mkdir -p "$work/root/boot"
    : >"$work/root/boot/vmlinuz-imitation"
    printf 'archive' >"$work/archive"
    printf 'a 1 true\n' >"$work/cases"
    printf '%s\n' '#!/bin/sh' "echo \$\$ >>$work/boots" "echo 'a console that tells' >$work/boot/console" \
        "[ \$(wc -l <$work/boots) -gt $1 ] || exec sleep 1000" \
        "printf 'begin a\\nend a 0 1\\ndone 1\\n' >$work/boot/report" >"$work/qemu"
    chmod 755 "$work/qemu"
    : >"$work/boots"
    export DEVLOCK_QEMU="$work/qemu"
}
boots() {
    [ "$(wc -l <"$work/boots")" = "$1" ] || fail count "$work/boots" "not $1 boots" ''
    while read -r pid; do
        ! kill -0 "$pid" 2>/dev/null || fail end "process $pid" 'it still runs' "kill $pid"
    done <"$work/boots"
}

test_repeat() {
    imitation 0
    good boot --root "$work/root" --initramfs "$work/archive" --cases "$work/cases" --limit 20
    said '0 repeated'
    boots 1
    imitation 1
    good boot --root "$work/root" --initramfs "$work/archive" --cases "$work/cases" --limit 1
    said 'boot 1 did not end within 1 s and is repeated'
    said '1 repeated'
    boots 2
    imitation 2
    bad 'it was ended, no end within 1 s' boot --root "$work/root" --initramfs "$work/archive" --cases "$work/cases" --limit 1
    said 'a console that tells'
    boots 2
}

# What ends boot.sh ends its QEMU.
test_killed() {
    imitation 1
    sh "$here/boot.sh" --results "$work/boot" --root "$work/root" --initramfs "$work/archive" --cases "$work/cases" \
        >"$work/said" 2>&1 &
    until [ -s "$work/boots" ]; do sleep 0.05; done
    kill -9 $!
    while kill -0 "$(cat "$work/boots")" 2>/dev/null; do sleep 0.05; done
    boots 1
}

# Imitations of apt that know one kernel and cannot download it.
test_no_download() {
    mkdir -p "$work/bin" "$work/cache/meta/root"
    printf '%s\n' '#!/bin/sh' 'case "$*" in' '"depends meta") echo "  Depends: linux-image-1.0" ;;' \
        '"policy linux-image-1.0") echo "  Candidate: 1.0-1" ;;' 'esac' >"$work/bin/apt-cache"
    printf '%s\n' '#!/bin/sh' 'echo "E: nobody there" >&2' 'exit 100' >"$work/bin/apt-get"
    chmod 755 "$work/bin/apt-cache" "$work/bin/apt-get"
    PATH=$work/bin:$PATH
    bad 'resolve other: apt knows no kernel image' sh "$here/fetch.sh" --meta other --cache "$work/cache"
    bad 'download linux-image-1.0=1.0-1: E: nobody there' sh "$here/fetch.sh" --meta meta --cache "$work/cache"
    # What was fetched before stays, and is used while it is the newest.
    [ -d "$work/cache/meta/root" ] || fail require "$work/cache/meta/root" 'it is gone' ''
    echo 'linux-image-1.0 1.0-1' >"$work/cache/meta/installed"
    good sh "$here/fetch.sh" --meta meta --cache "$work/cache"
    said 'linux-image-1.0 1.0-1 \(cached\)'
}

test_bad_input() {
    bad 'read .*nowhere.*: no such archive' boot --root "$work" --initramfs "$work/nowhere" --cases "$work/nowhere"
    bad 'find .*/boot/vmlinuz' boot --root "$work" --initramfs "$0" --cases "$0"
    bad 'its value is missing' sh "$here/fetch.sh" --meta
    bad 'no kernel is unpacked there' sh "$here/initramfs.sh" --root "$work" --output "$work/archive"
    mkdir -p "$work/root/lib/modules/1.0"
    printf 'kernel/a-b.ko: kernel/c.ko\n' >"$work/root/lib/modules/1.0/modules.dep"
    bad 'resolve no_such: not a module of 1.0' \
        sh "$here/initramfs.sh" --root "$work/root" --output "$work/archive" --module no_such
    bad 'pack .*/nowhere: not built' \
        sh "$here/initramfs.sh" --root "$work/root" --output "$work/archive" --binary "$work/nowhere"
    bad 'pack .*: not statically linked' \
        sh "$here/initramfs.sh" --root "$work/root" --output "$work/archive" --binary "$(command -v cmake)"
    printf 'not a module\n' >"$work/extra.ko"
    bad 'pack .*/nowhere.ko: not built' \
        sh "$here/initramfs.sh" --root "$work/root" --output "$work/archive" --extra "$work/nowhere.ko"
    bad 'pack .*/extra.ko: no kernel module' \
        sh "$here/initramfs.sh" --root "$work/root" --output "$work/archive" --extra "$work/extra.ko"
    bad 'no headers of a kernel are unpacked there' \
        sh "$here/module.sh" --headers "$work" --source "$here/module/devlock_hold.c" --output "$work"
    bad 'read .*nowhere.c: no such file' sh "$here/module.sh" --headers "$work" --source "$work/nowhere.c" --output "$work"
    bad 'no kernel is unpacked there' sh "$here/source.sh" --meta meta --cache "$work" --file samples/vfio-mdev/mtty.c
    for script in fetch module source initramfs boot judge result trouble selftest; do
        good sh "$here/$script.sh" --help
        said "^Usage: $script.sh"
    done
}

# A real guest that writes a line of trouble and then crashes before its report is complete.
test_crash() {
    printf '%s\n' 'fake 5 echo "BUG: not a real one" >/dev/kmsg' 'crash 5 echo c >/proc/sysrq-trigger' >"$work/cases"
    bad 'it reports the start of crash and not its end' \
        boot --root "$root" --initramfs "$initramfs" --cases "$work/cases"
    said 'BUG: not a real one'
    cp "$work/boot/console" "$work/log"
    bad 'the kernel reports trouble' trouble
    said 'sysrq triggered crash'
}

# A real guest that never ends.
test_hang() {
    printf '%s\n' 'hang 1000 sleep 1000' >"$work/cases"
    printf '%s\n' '#!/bin/sh' "echo \$\$ >$work/boots" "exec $(need qemu-system-x86_64 qemu-system-x86) \"\$@\"" >"$work/qemu"
    chmod 755 "$work/qemu"
    export DEVLOCK_QEMU="$work/qemu"
    bad 'it was ended, no end within 6 s' \
        boot --root "$root" --initramfs "$initramfs" --cases "$work/cases" --limit 6 --repeats 0
    said 'console of the guest'
    boots 1
}

# The known-bad commands of the boot of all tests.
test_guest() {
    bad_result() { pattern=$1; shift; bad "$pattern" sh "$here/result.sh" --results "$results" "$@"; }
    bad_result 'status 3 instead of 0' --case bad-status
    said 'said before it failed'
    bad_result 'status 139 where an error' --case bad-signal --status failure
    bad_result 'killed at its time limit' --case bad-limit
    said 'waits in (hrtimer|do_nanosleep)'
    bad_result 'what is left behind by bad-left' --case bad-left
    said '^\+0000:06:00.0 driver_override vfio-pci'
    good sh "$here/result.sh" --results "$results" --case no-newline --out '^the end$'
    bad_result 'status 1 instead of 0' --case bad_leak
    said 'CHECK\( open_descriptors\(\) == before_ \)'
    bad_result 'status 1 instead of 0' --case bad_answer
    said 'VFIO_DEVICE_RESET 0000:06:00.0: invalid \(EINVAL\)|reset: VFIO_DEVICE_RESET'
    bad_result 'status 1 instead of 0' --case bad_wait
    said 'the operation waits in futex'
    good sh "$here/result.sh" --results "$results" --case bad-hold
    # Each fails where somebody else has the lock: at an error that is missing, or a wait that is.
    missed=
    for line in 'FAILED:$' 'REQUIRE_FALSE( result )' 'ended and never waited in'; do
        missed="$missed $(grep -c "$line" "$results/bad-hold.out")"
    done
    [ "$missed" = ' 8 5 3' ] ||
        fail read "$results/bad-hold.out" "of 8 tests not 5 miss an error and 3 a wait when nothing is held:$missed" ''
}

command -v "test_$test" >/dev/null || fail run "$test" 'no such test' 'see selftest.sh --help'
"test_$test"
printf '%s: as wanted\n' "$test"

#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# Looks for lines of trouble in kernel logs.
#
# Usage: trouble.sh FILE...
#
# Fails if a file is missing, if all of them are empty, or if one has a line that tells of a bug, a warning with a back
# trace, locks out of order, a blocked task or a stalled CPU; prints each such line with what surrounds it.
set -eu
. "$(dirname "$0")/common.sh"

case ${1-} in
--help) usage; exit 0 ;;
'' | -*) fail 'read option' "${1-FILE}" 'missing or unknown' 'see trouble.sh --help' ;;
esac
# Every boot prints "Speculative Return Stack Overflow: WARNING", which tells of a missing microcode and not of a bug.
# Lockdep's reports: possible circular locking, inconsistent lock state, lock held when returning to user space, and so on.
lines='WARNING: (CPU|possible|inconsistent|lock held|suspicious|bad unlock|held lock freed)|BUG:|Oops|Call Trace|blocked for more than|rcu:.*stall|Kernel panic'
size=0
found=0
for log; do
    [ -r "$log" ] || fail read "$log" 'no such file' 'run boot.sh first'
    size=$((size + $(wc -c <"$log")))
    if grep -nE -B 2 -A 25 "$lines" "$log"; then
        printf 'in %s\n' "$log"
        found=$((found + 1))
    fi
done
[ "$size" -gt 0 ] || fail 'search log' "$*" 'it is empty' 'look at the console: did the guest start?'
[ "$found" = 0 ] || fail 'search log' "$*" 'the kernel reports trouble' 'read the lines above'
printf 'no trouble in %s bytes of kernel log\n' "$size"

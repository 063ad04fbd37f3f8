#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# Ends a run by a signal in the middle of its resets: it gives its device back and says so.
#
# Usage: interrupted.sh PROGRAM
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$1" --resets 1000000000 --deadline 3600 >"$work/out" 2>"$work/err" &
pid=$!
# SIGTERM is blocked, which means that the program waits for it instead of dying of it.
until grep -q '^SigBlk:.*[4567cdef]...$' "/proc/$pid/status"; do
    kill -0 $pid
done
kill -TERM $pid
status=0
wait $pid || status=$?

fail() {
    echo "interrupted.sh: $1" >&2
    cat "$work/out" "$work/err" >&2
    exit 1
}
[ $status = 1 ] || fail "status $status instead of 1"
grep -q 'SIGTERM ended this run' "$work/err" || fail 'the error does not name the signal'
grep -q 'check device *ok' "$work/out" || fail 'the device was not given back'

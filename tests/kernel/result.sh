#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# Prints what one command of the guest wrote, and exits with its status.
#
# Usage: result.sh --results DIR --case NAME [--status N] [--out REGEX] [--err REGEX] [--json] [--left]
#   --status N     the exit status to expect, or `failure` for any but 0 (default 0); with it, success means as expected
#   --out REGEX    standard output must have a line that matches (grep -E); --err the same for standard error
#   --json         standard output must be one JSON value
#   --left         it is meant to leave something behind
#
# A command that the guest killed at its time limit or never reported is a failure; so is one that leaves a driver or a
# driver_override other than it found it, unless told.
set -eu
. "$(dirname "$0")/common.sh"

results='' case='' expected=0 out='' err='' json='' left=''
while [ $# -gt 0 ]; do
    case $1 in
    --help) usage; exit 0 ;;
    --results) argument "$1" $#; results=$2; shift 2 ;;
    --case) argument "$1" $#; case=$2; shift 2 ;;
    --status) argument "$1" $#; expected=$2; shift 2 ;;
    --out) argument "$1" $#; out=$2; shift 2 ;;
    --err) argument "$1" $#; err=$2; shift 2 ;;
    --json) json=yes; shift ;;
    --left) left=yes; shift ;;
    *) fail 'read option' "$1" unknown 'see result.sh --help' ;;
    esac
done
[ -n "$results" ] || fail 'read option' --results missing 'see result.sh --help'
[ -n "$case" ] || fail 'read option' --case missing 'see result.sh --help'
base=$results/$case
[ -s "$base.status" ] || fail 'read result of' "$case" "the guest reported none in $results" 'look at the output of kernel/boot'

status=$(cat "$base.status")
cat "$base.out"
cat "$base.err" >&2
printf '%s: status %s after %s ms in the guest\n' "$case" "$status" "$(cat "$base.time")" >&2

[ "$status" != timeout ] || fail run "$case" 'killed at its time limit' 'read above where its threads waited'
# 128 and more: a signal ended the command, which no test may expect as a plain failure.
if [ "$expected" = failure ]; then
    if [ "$status" = 0 ] || [ "$status" -ge 126 ]; then
        fail run "$case" "status $status where an error was to be reported" 'read its output above'
    fi
elif [ "$status" != "$expected" ]; then
    fail run "$case" "status $status instead of $expected" 'read its output above'
fi
if [ -s "$base.left" ] && [ -z "$left" ]; then
    cat "$base.left" >&2
    fail 'look for what is left behind by' "$case" 'the lines above differ (- before, + after)' 'take back what it changes'
fi
[ -z "$out" ] || grep -qE -- "$out" "$base.out" || fail match "$case" "no line of its output matches '$out'" ''
[ -z "$err" ] || grep -qE -- "$err" "$base.err" || fail match "$case" "no line of its standard error matches '$err'" ''
[ -z "$json" ] || cmake -DFILE="$base.out" -P "$(dirname "$0")/json.cmake" ||
    fail parse "$base.out" 'not a JSON value' 'read its output above'

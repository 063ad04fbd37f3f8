#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# Takes the report of a guest apart, one set of files for each command, and says whether the guest ran all of them.
#
# Usage: judge.sh --results DIR [--ended REASON]
#   --results DIR    has console and report; gets NAME.out, NAME.err, NAME.left, NAME.status, NAME.time
#                    for each command, and log
#   --ended REASON   the guest was ended from outside; that is a failure, whatever it had reported
#
# Fails with the console as the message unless the report is complete. What the commands answered is not judged here
# (result.sh), nor is the kernel log (trouble.sh).
set -eu
. "$(dirname "$0")/common.sh"

results='' ended=''
while [ $# -gt 0 ]; do
    case $1 in
    --help) usage; exit 0 ;;
    --results) argument "$1" $#; results=$2; shift 2 ;;
    --ended) argument "$1" $#; ended=$2; shift 2 ;;
    *) fail 'read option' "$1" unknown 'see judge.sh --help' ;;
    esac
done
[ -n "$results" ] || fail 'read option' --results missing 'see judge.sh --help'
for file in console report; do
    [ -e "$results/$file" ] || fail read "$results/$file" 'no such file' 'run boot.sh first'
done

rm -f "$results"/*.out "$results"/*.err "$results"/*.left "$results"/*.status "$results"/*.time "$results/log"
: >"$results/log"
verdict=$(tr -d '\r' <"$results/report" | awk -v dir="$results" '
    function put(suffix, text) { print text >(dir "/" current suffix) }
    function wrong(text) { if (!said) print text; said = 1 }
    /^begin [A-Za-z0-9_.-]+$/ && current == "" {
        current = $2
        if (current in seen) wrong("reports " current " twice")
        seen[current] = 1
        printf "" >(dir "/" current ".out"); printf "" >(dir "/" current ".err"); printf "" >(dir "/" current ".left")
        next
    }
    /^out\| ?/ && current != "" { sub(/^out\| ?/, ""); put(".out", $0); next }
    /^err\| ?/ && current != "" { sub(/^err\| ?/, ""); put(".err", $0); next }
    /^left\| ?/ && current != "" { sub(/^left\| ?/, ""); put(".left", $0); next }
    /^end [A-Za-z0-9_.-]+ ([0-9]+|timeout) [0-9]+$/ && $2 == current {
        put(".status", $3); put(".time", $4); count++; current = ""; next
    }
    /^log\| ?/ && current == "" { sub(/^log\| ?/, ""); print >(dir "/log"); next }
    /^done [0-9]+$/ && current == "" && !finished {
        finished = 1
        if ($2 != count + 0) wrong("says that it ran " $2 " commands and reports " count + 0)
        next
    }
    { wrong("reports a line that makes no sense here: " $0) }
    END {
        if (current != "") wrong("reports the start of " current " and not its end")
        if (!finished) wrong("never says that it is done")
    }')
[ -z "$ended" ] || verdict="$ended${verdict:+, and $verdict}"
[ -n "$verdict" ] || exit 0

printf -- '---- console of the guest (%s)\n' "$results/console"
tr -d '\r' <"$results/console" | tail -n 200
for part in "$results"/*.err; do
    [ -s "$part" ] || continue
    printf -- '---- standard error of %s\n' "$(basename "$part" .err)"
    tail -n 100 "$part"
done
printf -- '----\n'
fail 'judge' 'the guest' "it $verdict" 'read its console above'

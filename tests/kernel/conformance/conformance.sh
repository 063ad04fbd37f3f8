#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# Takes out of the results of boots what their lockdep said, and has it judged.
#
# Usage: conformance.sh --program FILE --looks DIR [--table FILE] [--kernel DIR] --boot NAME=RESULTS...
#   --program FILE   the program conformance
#   --looks DIR      gets DIR/NAME/*.lockdep and *.chains, what conformance judges
#   --table FILE     the table of declared edges, written anew if a run saw something else than before
#   --kernel DIR     what build.sh keeps: its version stands in the table
#   --boot NAME=DIR  results of boot.sh whose commands NAME.lockdep and NAME.chains printed base64 of gzip
#
# Exit status: that of conformance judge.
set -eu
. "$(dirname "$0")/../common.sh"

program='' looks='' table='' kernel='' boots=''
while [ $# -gt 0 ]; do
    case $1 in
    --help) usage; exit 0 ;;
    --program) argument "$1" $#; program=$2; shift 2 ;;
    --looks) argument "$1" $#; looks=$2; shift 2 ;;
    --table) argument "$1" $#; table=$2; shift 2 ;;
    --kernel) argument "$1" $#; kernel=$2; shift 2 ;;
    --boot) argument "$1" $#; boots="$boots $2"; shift 2 ;;
    *) fail 'read option' "$1" unknown 'see conformance.sh --help' ;;
    esac
done
for option in program looks boots; do
    eval "[ -n \"\$$option\" ]" || fail 'read option' "--$option" missing 'see conformance.sh --help'
done

set --
for boot in $boots; do
    name=${boot%%=*} results=${boot#*=}
    rm -rf "${looks:?}/$name"
    mkdir -p "$looks/$name"
    for look in "$results"/*.lockdep.out "$results"/*.chains.out; do
        [ -s "$look" ] || fail read "$look" 'no look at lockdep' 'look at the output of its boot'
        file=${look##*/}
        base64 -d <"$look" | gzip -d >"$looks/$name/${file%.out}" ||
            fail unpack "$look" 'damaged' 'look at the output of its boot'
    done
    set -- "$@" --boot "$name=$looks/$name"
done
[ -z "$table" ] || set -- "$@" --table "$table"
if [ -n "$kernel" ]; then
    version=$(cat "$kernel/installed") || fail read "$kernel/installed" 'no kernel was built there' 'run build.sh first'
    set -- "$@" --kernel "Linux ${version%% *} of Debian's sources, built for this"
fi
exec "$program" judge "$@"

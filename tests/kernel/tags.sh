#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# Compares the tags of a Catch2 program with a list, so that no test of it is left out of the boot.
#
# Usage: tags.sh PROGRAM TAG...
set -eu
. "$(dirname "$0")/common.sh"

[ "${1-}" != --help ] || { usage; exit 0; }
[ $# -ge 2 ] || fail 'read arguments' "$*" 'a program and its tags are missing' 'see tags.sh --help'
program=$1
shift
has=$("$program" --list-tags | sed -n 's/^ *[0-9][0-9]* *\[\(.*\)\]$/\1/p' | LC_ALL=C sort)
listed=$(printf '%s\n' "$@" | LC_ALL=C sort)
[ "$has" = "$listed" ] ||
    fail compare "$program" "it has the tags
$has
and the list has
$listed" 'change guest_tags in CMakeLists.txt'
printf '%s tags\n' "$#"

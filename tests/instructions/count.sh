#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# Counts the instructions of each path of a program and compares them with recorded bounds, so that a regression shows without noise.
#
#   count.sh PROGRAM BOUNDS
#
# BOUNDS has a line "path instructions" for each path that PROGRAM lists. Prints a table; exit code 0 if no path runs more than
# its bound, 1 if one does or is not in the file, 2 if something is missing. Counted by valgrind, the calls of each path one thousand
# times, less those of an empty one.
set -eu

if [ $# -ne 2 ] || [ ! -x "$1" ] || [ ! -r "$2" ]; then
  echo "usage: $0 PROGRAM BOUNDS" >&2
  exit 2
fi
command -v valgrind > /dev/null || {
  echo "$0: valgrind is not installed" >&2
  exit 2
}
program=$1
bounds=$2
times=1000
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# The instructions of a whole run.
run() {
  valgrind --tool=cachegrind --cache-sim=no --cachegrind-out-file=/dev/null --log-file="$log" "$program" "$1" "$times" || {
    echo "$0: $program $1 $times failed" >&2
    exit 2
  }
  awk '/I *refs:/ { gsub(",", ""); print $NF }' "$log"
}

empty=$(run nothing)
worse=0
printf '%-20s %12s %8s\n' path instructions bound
for path in $("$program" | grep -v '^nothing$'); do
  bound=$(awk -v "path=$path" '$1 == path { print $2 }' "$bounds")
  count=$((($(run "$path") - empty + times / 2) / times))
  printf '%-20s %12s %8s' "$path" "$count" "${bound:-none}"
  if [ -z "$bound" ] || [ "$count" -gt "$bound" ]; then
    worse=1
    printf '  too many'
  fi
  printf '\n'
done
exit "$worse"

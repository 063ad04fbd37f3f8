#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# What the order costs a compiler: one file with 200 lock sites over 8, 64 and 256 classes, against the same file with
# std::lock_guard. Prints medians of user seconds, or billions of instructions, and their ratio, as a Markdown table.
#
#   measure.sh INCLUDE_DIRECTORY [COMPILER...]
#
# Without a compiler: g++-12, clang++-14 and clang++-19, those that are installed, else c++.
#
# RUNS (default 5) compilations of each file, the two kinds in turn so that a busy machine slows both; CLASSES (default
# "8 64 256"); SITES (default 200); FLAGS (default "-O2 -DNDEBUG"). User seconds of the compiler and its children, headers
# included; with UNIT=instructions what valgrind counts instead, which is the same on a busy machine, one compilation of each file,
# some twelve seconds each. Not measured: memory, linking.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
runs=${RUNS:-5}
sites=${SITES:-200}
flags=${FLAGS:--O2 -DNDEBUG}
if [ $# -lt 1 ] || [ ! -f "$1/devlock/devlock.hpp" ]; then
  echo "usage: $0 INCLUDE_DIRECTORY [COMPILER...]; the directory is the one that has devlock/devlock.hpp" >&2
  exit 2
fi
include=$1
shift
unit=${UNIT:-seconds}
case $unit in
  seconds) ;;
  instructions)
    runs=1
    if ! command -v valgrind > /dev/null; then
      echo "$0: UNIT=instructions is counted by valgrind, which is not installed" >&2
      exit 2
    fi
    ;;
  *)
    echo "$0: UNIT is seconds or instructions, not '$unit'" >&2
    exit 2
    ;;
esac
if [ $# -eq 0 ]; then
  for compiler in g++-12 clang++-14 clang++-19; do
    if command -v "$compiler" > /dev/null; then
      set -- "$@" "$compiler"
    fi
  done
  [ $# -ne 0 ] || set -- c++
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# count_UNIT COMPILER FILE prints the cost of one compilation. `times` says what all children took so far, "1m2.345s 0m0.123s" in its
# second line.
# shellcheck disable=SC2086 # flags are several words
count_seconds() {
  times > "$work/before"
  "$1" -std=c++20 $flags -I"$include" -c "$2" -o "$work/object.o"
  times > "$work/after"
  cat "$work/before" "$work/after" |
    awk 'NR == 2 || NR == 4 { split($1, part, /[ms]/); at[NR] = part[1] * 60 + part[2] } END { printf "%.4f\n", at[4] - at[2] }'
}
# The driver and the compiler proper are processes with a log each; -S leaves the assembler out.
# shellcheck disable=SC2086
count_instructions() {
  rm -f "$work"/log.*
  valgrind --tool=cachegrind --cache-sim=no --cachegrind-out-file=/dev/null --trace-children=yes --log-file="$work/log.%p" \
    "$1" -std=c++20 $flags -I"$include" -S "$2" -o "$work/object.s"
  cat "$work"/log.* | awk '/I *refs:/ { gsub(",", ""); sum += $NF } END { printf "%.4f\n", sum / 1e9 }'
}
median() {
  sort -n "$1" | awk '{ value[NR] = $1 } END { printf "%.3f", NR % 2 ? value[(NR + 1) / 2] : (value[NR / 2] + value[NR / 2 + 1]) / 2 }'
}

case $unit in
  seconds) what="medians of $runs runs, user seconds" ;;
  instructions) what="billions of instructions" ;;
esac
echo "Flags: \`-std=c++20 $flags\`, $sites lock sites, $what."
echo
echo "| compiler | classes | edges | std::lock_guard | devlock | ratio |"
echo "|---|---:|---:|---:|---:|---:|"
for compiler in "$@"; do
  for classes in ${CLASSES:-8 64 256}; do
    for kind in standard devlock edges; do
      awk -v "classes=$classes" -v "sites=$sites" -v "kind=$kind" -f "$here/generate.awk" > "$work/$kind.cpp"
      : > "$work/$kind.costs"
    done
    run=0
    while [ "$run" -lt "$runs" ]; do
      "count_$unit" "$compiler" "$work/standard.cpp" >> "$work/standard.costs"
      "count_$unit" "$compiler" "$work/devlock.cpp" >> "$work/devlock.costs"
      run=$((run + 1))
    done
    standard=$(median "$work/standard.costs")
    devlock=$(median "$work/devlock.costs")
    ratio=$(awk -v "d=$devlock" -v "s=$standard" 'BEGIN { printf "%.2f", d / s }')
    echo "| ${compiler##*/} | $classes | $(cat "$work/edges.cpp") | $standard | $devlock | $ratio |"
  done
done

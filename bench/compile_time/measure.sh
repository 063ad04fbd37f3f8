#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# What the order costs a compiler: one file with 200 lock sites over 8, 64 and 256 classes, against the same file with
# std::lock_guard. Prints medians of user seconds and their ratio, as a Markdown table.
#
#   measure.sh INCLUDE_DIRECTORY [COMPILER...]
#
# Without a compiler: g++-12, clang++-14 and clang++-19, those that are installed, else c++.
#
# RUNS (default 5) compilations of each file, the two kinds in turn so that a busy machine slows both; CLASSES (default
# "8 64 256"); SITES (default 200); FLAGS (default "-O2 -DNDEBUG"). User seconds of the compiler and its children, headers
# included. Not measured: memory, linking.
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

# compile COMPILER FILE RESULTS. `times` says what all children took so far, "1m2.345s 0m0.123s" in its second line; it must run in
# this shell, not in a substitution.
compile() {
  times > "$work/before"
  # shellcheck disable=SC2086 # flags are several words
  "$1" -std=c++20 $flags -I"$include" -c "$2" -o "$work/object.o"
  times > "$work/after"
  cat "$work/before" "$work/after" |
    awk 'NR == 2 || NR == 4 { split($1, part, /[ms]/); at[NR] = part[1] * 60 + part[2] } END { printf "%.4f\n", at[4] - at[2] }' >> "$3"
}
median() {
  sort -n "$1" | awk '{ value[NR] = $1 } END { printf "%.3f", NR % 2 ? value[(NR + 1) / 2] : (value[NR / 2] + value[NR / 2 + 1]) / 2 }'
}

echo "Flags: \`-std=c++20 $flags\`, $sites lock sites, medians of $runs runs, user seconds."
echo
echo "| compiler | classes | edges | std::lock_guard | devlock | ratio |"
echo "|---|---:|---:|---:|---:|---:|"
for compiler in "$@"; do
  for classes in ${CLASSES:-8 64 256}; do
    for kind in standard devlock edges; do
      awk -v "classes=$classes" -v "sites=$sites" -v "kind=$kind" -f "$here/generate.awk" > "$work/$kind.cpp"
      : > "$work/$kind.seconds"
    done
    run=0
    while [ "$run" -lt "$runs" ]; do
      compile "$compiler" "$work/standard.cpp" "$work/standard.seconds"
      compile "$compiler" "$work/devlock.cpp" "$work/devlock.seconds"
      run=$((run + 1))
    done
    standard=$(median "$work/standard.seconds")
    devlock=$(median "$work/devlock.seconds")
    ratio=$(awk -v "d=$devlock" -v "s=$standard" 'BEGIN { printf "%.2f", d / s }')
    echo "| ${compiler##*/} | $classes | $(cat "$work/edges.cpp") | $standard | $devlock | $ratio |"
  done
done

#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# Draws what the benchmarks measure, as SVG:
#
#   plot.sh BENCH_PROGRAM FOLDER
#
# FOLDER/subtree.svg: a bus of 8 to 4,096 devices, by intention and by walks. FOLDER/pair.svg: one lock, tried and given back.
# FOLDER/mixed.svg: two threads that operate on 256 devices and reset their bus. Needs gnuplot. Figures are those of this machine now.
set -eu

if [ $# -ne 2 ] || [ ! -x "$1" ]; then
  echo "usage: $0 BENCH_PROGRAM FOLDER" >&2
  exit 2
fi
if ! command -v gnuplot > /dev/null; then
  echo "$0: gnuplot is not installed (Debian: gnuplot-nox)" >&2
  exit 2
fi
bench=$1
folder=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$folder"

echo "measuring; a minute" >&2
"$bench" "--benchmark_filter=^(intention/subtree|walk/(devlock:TryWord|by_hand:(cas|mutex)|boost)|pair/|mixed/.*/2/)" > "$work/table"

# series NAME: "size nanoseconds" of the medians NAME/size.
series() {
  awk -v "name=$1/" 'index($0, name) == 1 && $3 ~ /%$/ { print substr($1, length(name) + 1), $2 }' "$work/table" |
    sort -n > "$work/$2"
}
series "intention/subtree" subtree
series "walk/devlock:TryWord" word
series "walk/by_hand:mutex" mutex
series "walk/by_hand:cas" cas
for name in "mixed/intention" "mixed/walk" "mixed/std::scoped_lock"; do
  awk -v "name=$name/2/" 'index($0, name) == 1 && $3 ~ /%$/ { split($1, part, "/"); print part[4] / 10, $2 }' "$work/table" |
    sort -n > "$work/$(echo "$name" | tr -c 'a-z\n' _)"
done
# The names of single locks have blanks in them.
awk '/^pair\// && NF >= 3 { ns = $(NF - 1); sub(/ +[0-9.]+ +[0-9]+%$/, ""); sub(/^pair\//, ""); printf "\"%s\" %s\n", $0, ns }' "$work/table" |
  awk -F'"' '!seen[$2]++' | sort -t'"' -k3 -n > "$work/pair"

for file in subtree word mutex cas pair mixed_intention mixed_walk mixed_std__scoped_lock; do
  if [ ! -s "$work/$file" ]; then
    echo "$0: nothing was measured for $file" >&2
    exit 1
  fi
done

gnuplot << PLOT
set terminal svg noenhanced size 760,440 font "sans-serif,13" background "white"
set key left top
set grid
set style line 1 lw 2 pt 7 lc rgb "#1b6ca8"
set style line 2 lw 2 pt 5 lc rgb "#c0392b"
set style line 3 lw 2 pt 9 lc rgb "#7f8c8d"
set style line 4 lw 2 pt 11 lc rgb "#27ae60"

set output "$folder/subtree.svg"
set title "Taking a bus and giving it back"
set logscale xy
set xlabel "devices on the bus"
set ylabel "ns"
set xtics (8, 64, 256, 1024, 4096)
plot "$work/subtree" using 1:2 with linespoints ls 1 title "intention locks", \\
     "$work/word" using 1:2 with linespoints ls 4 title "walk over TryWord", \\
     "$work/cas" using 1:2 with linespoints ls 3 title "bare CAS loop", \\
     "$work/mutex" using 1:2 with linespoints ls 2 title "std::mutex loop"

set output "$folder/mixed.svg"
set title "Two threads, 256 devices: one operation, bus resets mixed in"
unset logscale
set logscale xy
set xlabel "resets of the whole bus, % of operations"
set ylabel "ns per operation"
set xtics (0.1, 1, 10)
plot "$work/mixed_intention" using 1:2 with linespoints ls 1 title "intention locks", \\
     "$work/mixed_walk" using 1:2 with linespoints ls 4 title "walk over WordMutex", \\
     "$work/mixed_std__scoped_lock" using 1:2 with linespoints ls 2 title "std::scoped_lock over all"

set output "$folder/pair.svg"
set title "One lock: try, give back, nobody else about"
unset logscale
unset key
set xlabel ""
set ylabel "ns"
set yrange [0:*]
set style fill solid 0.7
set boxwidth 0.6
set xtics rotate by -30 autofreq
plot "$work/pair" using 0:2:xtic(1) with boxes lc rgb "#1b6ca8"
PLOT
echo "$folder/subtree.svg, mixed.svg, pair.svg" >&2

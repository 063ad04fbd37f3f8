#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# Builds a kernel module of one file for a kernel that fetch.sh unpacked.
#
# Usage: module.sh --headers DIR --source FILE --output DIR
#   --headers DIR   the unpacked headers of the kernel, see fetch.sh --headers
#   --source FILE   NAME.c
#   --output DIR    gets NAME.ko; a module that is newer than its source and its kernel is left alone
set -eu
. "$(dirname "$0")/common.sh"

headers='' source='' output=''
while [ $# -gt 0 ]; do
    case $1 in
    --help) usage; exit 0 ;;
    --headers) argument "$1" $#; headers=$2; shift 2 ;;
    --source) argument "$1" $#; source=$2; shift 2 ;;
    --output) argument "$1" $#; output=$2; shift 2 ;;
    *) fail 'read option' "$1" unknown 'see module.sh --help' ;;
    esac
done
for option in headers source output; do
    eval "[ -n \"\$$option\" ]" || fail 'read option' "--$option" missing 'see module.sh --help'
done
make=$(need make make)
[ -r "$source" ] || fail read "$source" 'no such file' 'pass --source FILE'
tree=''
for candidate in "$headers"/usr/src/linux-headers-*; do
    [ ! -e "$candidate/.config" ] || tree=$candidate
done
[ -n "$tree" ] || fail find "$headers/usr/src" 'no headers of a kernel are unpacked there' 'run fetch.sh --headers first'

name=$(basename "$source" .c)
module=$output/$name.ko
# The directory of the headers is made anew with each kernel.
if [ -e "$module" ] && [ -z "$(find "$source" "$headers" -maxdepth 0 -newer "$module")" ] &&
    [ "$(cat "$output/$name.kernel" 2>/dev/null)" = "${tree##*/}" ]; then
    printf '%s for %s (built before)\n' "$name" "${tree##*/linux-headers-}"
    exit 0
fi
mkdir -p "$output"
work=$(cd "$output" && pwd)/$name.tree
rm -rf "$work" "$module"
mkdir "$work"
trap 'rm -rf "$work"' EXIT
cp "$source" "$work/$name.c"
printf 'obj-m := %s.o\nccflags-y := -Werror\n' "$name" >"$work/Makefile"
MAKEFLAGS='' "$make" -C "$tree" M="$work" modules >"$work/log" 2>&1 || {
    cat "$work/log" >&2
    fail build "$source" "it does not compile for ${tree##*/linux-headers-}" 'read above what the compiler says'
}
mv "$work/$name.ko" "$module"
printf '%s\n' "${tree##*/}" >"$output/$name.kernel"
printf '%s for %s\n' "$name" "${tree##*/linux-headers-}"

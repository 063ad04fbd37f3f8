#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# Packs what a guest needs to run the tests: busybox, the modules with what they depend on, the binaries and /init.
#
# Usage: initramfs.sh --root DIR --output FILE [--extra FILE]... [--module NAME]... [--binary PATH]... [--init FILE]
#   --root DIR       an unpacked kernel package, see fetch.sh
#   --output FILE    the archive, in the format that the kernel unpacks at boot
#   --extra FILE     a module built elsewhere, NAME.ko: modprobe finds it; the kernel's modules that it needs come along
#   --module NAME    a module, the kernel's or an extra one, that the guest loads at boot; its dependencies come along
#   --binary PATH    a statically linked program; it becomes /bin/NAME without its debug information
#   --init FILE      the first program, instead of guest_init.sh
#
# The archive holds no list of tests: boot.sh appends that one.
set -eu
. "$(dirname "$0")/common.sh"

root='' output='' modules='' extras='' binaries='' init=$(dirname "$0")/guest_init.sh
while [ $# -gt 0 ]; do
    case $1 in
    --help) usage; exit 0 ;;
    --root) argument "$1" $#; root=$2; shift 2 ;;
    --output) argument "$1" $#; output=$2; shift 2 ;;
    --extra) argument "$1" $#; extras="$extras
$2"; shift 2 ;;
    --module) argument "$1" $#; modules="$modules $2"; shift 2 ;;
    --binary) argument "$1" $#; binaries="$binaries
$2"; shift 2 ;;
    --init) argument "$1" $#; init=$2; shift 2 ;;
    *) fail 'read option' "$1" unknown 'see initramfs.sh --help' ;;
    esac
done
[ -n "$root" ] || fail 'read option' --root missing 'see initramfs.sh --help'
[ -n "$output" ] || fail 'read option' --output missing 'see initramfs.sh --help'
busybox=$(need busybox busybox-static)
cpio=$(need cpio cpio)
depmod=$(need depmod kmod)
modinfo=$(need modinfo kmod)

set -- "$root"/lib/modules/*
[ -d "$1" ] || set -- "$root"/usr/lib/modules/*
[ -d "$1" ] || fail find "$root/lib/modules" 'no kernel is unpacked there' 'run fetch.sh first'
source=$1
release=${source##*/}

# Whether an ELF program wants a dynamic loader is in its program headers: readelf prints INTERP.
is_static() {
    ! LC_ALL=C "$(need readelf binutils)" -lW "$1" | grep -q '^ *INTERP'
}

work=$output.tree
rm -rf "$work" "$output"
mkdir -p "$work/bin" "$work/dev" "$work/etc" "$work/proc" "$work/sys" "$work/run" "$work/lib/modules/$release"
trap 'rm -rf "$work"' EXIT

is_static "$busybox" || fail use "$busybox" 'not statically linked' 'apt-get install busybox-static'
cp "$busybox" "$work/bin/busybox"
[ -r "$init" ] || fail read "$init" 'no such file' 'pass --init FILE'
cp "$init" "$work/init"
chmod 755 "$work/init"

# Somebody who is not root, for tests of missing permissions.
printf 'root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n' >"$work/etc/passwd"
printf 'root:x:0:\nnogroup:x:65534:\n' >"$work/etc/group"

printf '%s\n' "$binaries" | while read -r binary; do
    [ -n "$binary" ] || continue
    [ -x "$binary" ] || fail pack "$binary" 'not built' 'build the project first'
    is_static "$binary" || fail pack "$binary" 'not statically linked' 'link it with -static'
    strip -o "$work/bin/${binary##*/}" "$binary"
done

# A line of modules.dep is "FILE: DEPENDENCY...", with all dependencies of dependencies; names treat - and _ alike.
copy_module() {
    mkdir -p "$work/lib/modules/$release/${1%/*}"
    case $1 in
    *.ko.xz) xz -dc "$source/$1" >"$work/lib/modules/$release/${1%.xz}" ;;
    *.ko) cp "$source/$1" "$work/lib/modules/$release/$1" ;;
    *) fail unpack "$1" 'unknown compression' 'teach initramfs.sh about it' ;;
    esac
}
# The module NAME of the kernel, and what it depends on.
copy_with_dependencies() {
    files=$(awk -v wanted="$1" '
        function name(path) { sub(/.*\//, "", path); sub(/\.ko.*/, "", path); gsub(/-/, "_", path); return path }
        BEGIN { gsub(/-/, "_", wanted) }
        { file = $1; sub(/:$/, "", file) }
        name(file) == wanted { $1 = file; print; exit }' "$source/modules.dep")
    [ -n "$files" ] || fail resolve "$1" "not a module of $release" "compare with $source/modules.dep"
    for file in $files; do copy_module "$file"; done
}
mkdir "$work/lib/modules/$release/extra"
printf '%s\n' "$extras" | while read -r extra; do
    [ -n "$extra" ] || continue
    [ -r "$extra" ] || fail pack "$extra" 'not built' 'run module.sh first'
    made_for=$("$modinfo" -F vermagic "$extra" 2>/dev/null) || fail pack "$extra" 'no kernel module' 'build it with module.sh'
    [ "${made_for%% *}" = "$release" ] || fail pack "$extra" "made for ${made_for%% *}" "build it for $release"
    cp "$extra" "$work/lib/modules/$release/extra"
    for needed in $("$modinfo" -F depends "$extra" | tr , ' '); do copy_with_dependencies "$needed"; done
done
for module in $modules; do
    [ -e "$work/lib/modules/$release/extra/$module.ko" ] || copy_with_dependencies "$module"
done
: >"$work/modules"
for module in $modules; do echo "$module" >>"$work/modules"; done
cp "$source/modules.order" "$source/modules.builtin" "$source/modules.builtin.modinfo" "$work/lib/modules/$release/"
"$depmod" -b "$work" "$release" || fail index "$work/lib/modules/$release" 'depmod failed' ''

(cd "$work" && find . | LC_ALL=C sort | "$cpio" --quiet --create --format=newc --owner=0:0) >"$output.new"
mv "$output.new" "$output"
printf '%s: %s KiB\n' "${output##*/}" "$(($(wc -c <"$output") / 1024))"

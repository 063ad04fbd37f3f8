#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# Builds a kernel of our own from Debian's sources: tinyconfig and what a file adds to it.
#
# Usage: build.sh --package NAME --config FILE --cache DIR [--jobs N]
#   --package NAME   of the source, e.g. linux-source-6.12; its newest version is taken
#   --config FILE    lines CONFIG_X=y, m or n
#   --cache DIR      keeps DIR/NAME/{source,build,root,headers} from one run to the next; the last two are laid out as
#                    fetch.sh does, and module.sh builds modules with them
#   --jobs N         how many compilers run at a time (default: one for each processor)
#
# A kernel of the same version and the same config is left alone; else it takes six minutes on two processors, 150 MB
# to download and 4 GB of disk. Prints the version last. apt verifies the download.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"

package='' config='' cache='' jobs=$(nproc 2>/dev/null || echo 2)
while [ $# -gt 0 ]; do
    case $1 in
    --help) usage; exit 0 ;;
    --package) argument "$1" $#; package=$2; shift 2 ;;
    --config) argument "$1" $#; config=$2; shift 2 ;;
    --cache) argument "$1" $#; cache=$2; shift 2 ;;
    --jobs) argument "$1" $#; jobs=$2; shift 2 ;;
    *) fail 'read option' "$1" unknown 'see build.sh --help' ;;
    esac
done
for option in package config cache; do
    eval "[ -n \"\$$option\" ]" || fail 'read option' "--$option" missing 'see build.sh --help'
done
case $jobs in '' | 0 | *[!0-9]*) fail 'read option' --jobs 'not a number' 'see build.sh --help' ;; esac
grep -q '^CONFIG_' "$config" 2>/dev/null || fail read "$config" 'not one CONFIG_ line' 'pass --config FILE'
config=$(cd "$(dirname "$config")" && pwd)/${config##*/}
need apt-get apt >/dev/null
need dpkg-deb dpkg >/dev/null
for tool in make=make gcc=gcc flex=flex bison=bison bc=bc perl=perl xz=xz-utils depmod=kmod; do
    need "${tool%=*}" "${tool#*=}" >/dev/null
done

started=$(date +%s)
say() { printf '%4s s  %s\n' "$(($(date +%s) - started))" "$*"; }
# Only root may refresh the lists; everybody may read them.
refresh() { [ "$(id -u)" = 0 ] && apt-get -qq update >&2; }
resolve() {
    version=$(apt-cache policy "$package" 2>/dev/null | awk '/Candidate:/ { print $2 }')
    [ -n "$version" ] && [ "$version" != '(none)' ]
}
download() {
    if [ "$(id -u)" = 0 ]; then
        apt-get -q download -o APT::Sandbox::User=root "$package=$version"
    else
        apt-get -q download "$package=$version"
    fi
}
resolve || { refresh && resolve; } ||
    fail resolve "$package" "no package source of this system has it" \
        'run apt-get update as root; Debian 12 has it in its security archive (main), Debian 13 in its main archive'

mkdir -p "$cache/$package"
cd "$cache/$package"
compiler=$(gcc -dumpfullversion)
key="$version gcc-$compiler $(grep '^CONFIG_' "$config" | sha256sum | cut -c 1-16)"
if [ "$(cat installed 2>/dev/null)" = "$key" ]; then
    printf '%s (cached)\n' "$key"
    exit 0
fi
rm -rf installed root headers

if [ "$(cat source/devlock-version 2>/dev/null)" != "$version" ]; then
    rm -rf source build download
    mkdir download
    say "download $package $version, 150 MB"
    (
        cd download
        # A list that is older than the archive names a version that is no longer there.
        download >log 2>&1 || { refresh && resolve && download >log 2>&1; } ||
            fail download "$package=$version" "$(tail -n 3 log)" 'check the network, run apt-get update as root'
    )
    resolve
    say 'unpack it, 1.5 GB'
    dpkg-deb -x download/*.deb download/package || fail unpack "$package" 'dpkg-deb failed' "look for free space in $cache"
    mkdir download/source
    tar -xf download/package/usr/src/linux-source-*.tar.* -C download/source --strip-components=1 ||
        fail unpack "$package" 'tar failed' "look for free space in $cache"
    printf '%s\n' "$version" >download/source/devlock-version
    mv download/source source
    rm -rf download
fi

mkdir -p build
# run WHAT TARGET...: make, its output kept, and a line now and then that says how far it is.
run() {
    what=$1
    shift
    nice make -C source O="$PWD/build" -j "$jobs" "$@" >"build/$what.log" 2>&1 &
    making=$!
    trap 'kill $making 2>/dev/null' EXIT
    beat=0
    while kill -0 $making 2>/dev/null; do
        sleep 1
        beat=$((beat + 1))
        [ $((beat % 20)) != 0 ] || say "$what: $(wc -l <"build/$what.log") steps, now $(tail -n 1 "build/$what.log" | sed 's/^ *//')"
    done
    trap - EXIT
    wait $making || {
        grep -nE 'error|Error|No such file' "build/$what.log" | head -n 20 >&2
        fail make "$what" "see $PWD/build/$what.log" \
            'apt-get install build-essential flex bison bc libelf-dev libssl-dev'
    }
}
say "configure"
run configure tinyconfig
source/scripts/kconfig/merge_config.sh -m -O build build/.config "$config" >>build/configure.log 2>&1 ||
    fail merge "$config" "see $PWD/build/configure.log" ''
run defaults olddefconfig
# What the kernel's own rules dropped would be missed much later.
grep '^CONFIG_' "$config" | while IFS== read -r name value; do
    case $value in
    n) ! grep -q "^$name=" build/.config ;;
    *) grep -qx "$name=$value" build/.config ;;
    esac || fail configure "$name=$value" "$package $version makes of it: $(grep "$name[ =]" build/.config || echo nothing)" \
        "see what it depends on, in $PWD/source"
done || exit 1
say "build $package $version"
run build bzImage modules
rm -rf install
mkdir -p install/boot
run install INSTALL_MOD_PATH="$PWD/install" modules_install
release=$(make -s -C source O="$PWD/build" kernelrelease)
cp build/arch/x86/boot/bzImage "install/boot/vmlinuz-$release"
rm -f "install/lib/modules/$release/build" "install/lib/modules/$release/source"
mkdir -p headers/usr/src
ln -s ../../../build "headers/usr/src/linux-headers-$release"
mv install root
printf '%s\n' "$key" >installed
say "built $release"
printf '%s (new)\n' "$key"

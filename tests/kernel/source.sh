#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# Takes single files out of Debian's source package of a kernel that fetch.sh unpacked.
#
# Usage: source.sh --meta PACKAGE --cache DIR --file PATH...
#   --meta PACKAGE   as for fetch.sh, which ran before with the same --cache
#   --cache DIR      keeps DIR/PACKAGE/source/PATH from one run to the next; a package DIR/linux-source-*.deb of that version is
#                    taken instead of downloaded (140 MB, which are not kept)
#   --file PATH      in the source tree, such as samples/vfio-mdev/mtty.c
#
# Prints the source package and its version. What is there for this version is left alone. apt verifies the download.
set -eu
. "$(dirname "$0")/common.sh"

meta='' cache='' files=''
while [ $# -gt 0 ]; do
    case $1 in
    --help) usage; exit 0 ;;
    --meta) argument "$1" $#; meta=$2; shift 2 ;;
    --cache) argument "$1" $#; cache=$2; shift 2 ;;
    --file) argument "$1" $#; files="$files $2"; shift 2 ;;
    *) fail 'read option' "$1" unknown 'see source.sh --help' ;;
    esac
done
for option in meta cache files; do
    eval "[ -n \"\$$option\" ]" || fail 'read option' "--${option%s}" missing 'see source.sh --help'
done
need apt-get apt >/dev/null
need dpkg-deb dpkg >/dev/null
need xz xz-utils >/dev/null

[ -s "$cache/$meta/installed" ] || fail read "$cache/$meta/installed" 'no kernel is unpacked there' 'run fetch.sh first'
read -r image version <"$cache/$meta/installed"
series=$(printf '%s\n' "$version" | sed -n 's/^\([0-9]*\.[0-9]*\)[.~-].*/\1/p')
[ -n "$series" ] || fail read "$cache/$meta/installed" "no version of a kernel: $version" "remove $cache/$meta and fetch again"
package=linux-source-$series

cd "$cache/$meta"
complete=yes
for file in $files; do
    [ -s "source/$file" ] || complete=''
done
if [ -n "$complete" ] && [ "$(cat source.version 2>/dev/null)" = "$version" ]; then
    printf '%s %s (cached)\n' "$package" "$version"
    exit 0
fi
rm -rf source source.new source.version
mkdir -p source.new
trap 'rm -rf source.new' EXIT
archive=''
for candidate in ../"${package}_${version}"_*.deb; do
    [ ! -s "$candidate" ] || archive=$candidate
done
if [ -z "$archive" ]; then
    # Only root has a user of apt to drop to.
    [ "$(id -u)" != 0 ] || set -- -o APT::Sandbox::User=root
    (cd source.new && apt-get -q download "$@" "$package=$version" >log 2>&1) ||
        fail download "$package=$version" "$(tail -n 3 source.new/log)" \
            "check the network, run apt-get update as root, then fetch.sh: the kernel may be older than the package sources"
    archive=$(echo source.new/*.deb)
fi
members=''
for file in $files; do members="$members $package/$file"; done
# The package holds one compressed archive. tar stops when it has what it wants, and dpkg-deb says that nobody reads on.
# shellcheck disable=SC2086 # members is a list
dpkg-deb --fsys-tarfile "$archive" 2>source.new/log |
    tar -xO --occurrence=1 "./usr/src/$package.tar.xz" 2>>source.new/log |
    tar -xJ --occurrence=1 -C source.new $members 2>>source.new/log ||
    fail unpack "$package" "$(head -n 3 source.new/log)" "look for free space in $cache"
mv "source.new/$package" source
printf '%s\n' "$version" >source.version
printf '%s %s (new), of %s\n' "$package" "$version" "${image#linux-image-}"

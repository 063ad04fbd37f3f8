#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# Downloads and unpacks, without installing it, the newest Debian kernel that a meta package names.
#
# Usage: fetch.sh --meta PACKAGE --cache DIR [--headers]
#   --meta PACKAGE   meta package that depends on the kernel image, e.g. linux-image-amd64 or linux-image-6.12-amd64
#   --cache DIR      keeps DIR/PACKAGE/root (boot/vmlinuz-*, lib/modules/*) from one run to the next
#   --headers        and DIR/PACKAGE/headers, what module.sh builds modules for this kernel with
#
# Prints the name of the image package and its version. A kernel that is already unpacked and still the newest is
# left alone. apt verifies the download.
set -eu
. "$(dirname "$0")/common.sh"

meta='' cache='' headers=''
while [ $# -gt 0 ]; do
    case $1 in
    --help) usage; exit 0 ;;
    --meta) argument "$1" $#; meta=$2; shift 2 ;;
    --cache) argument "$1" $#; cache=$2; shift 2 ;;
    --headers) headers=yes; shift ;;
    *) fail 'read option' "$1" unknown 'see fetch.sh --help' ;;
    esac
done
[ -n "$meta" ] || fail 'read option' --meta missing 'see fetch.sh --help'
[ -n "$cache" ] || fail 'read option' --cache missing 'see fetch.sh --help'
need apt-get apt >/dev/null
need dpkg-deb dpkg >/dev/null
depmod=$(need depmod kmod)

# Only root may refresh the lists; everybody may read them.
refresh() {
    [ "$(id -u)" = 0 ] && apt-get -qq update >&2
}

resolve() {
    image=$(apt-cache depends "$meta" 2>/dev/null | awk '/^ *Depends: linux-image-/ { print $2; exit }')
    version=''
    [ -z "$image" ] || version=$(apt-cache policy "$image" | awk '/Candidate:/ { print $2 }')
    [ -n "$version" ] && [ "$version" != '(none)' ]
}

# download PACKAGE[=VERSION]...
download() {
    if [ "$(id -u)" = 0 ]; then
        apt-get -q download -o APT::Sandbox::User=root "$@"
    else
        apt-get -q download "$@"
    fi
}

# The headers of this image, those that it shares with other flavours, and the programs that build with them.
header_packages() {
    name=linux-headers-${image#linux-image-}
    printf '%s\n' "${name%-unsigned}"
    apt-cache depends "${name%-unsigned}" | awk '/^ *Depends: linux-(headers-.*-common|kbuild-)/ { print $2 }'
}

resolve || { refresh && resolve; } ||
    fail resolve "$meta" "apt knows no kernel image that it depends on" \
        'run apt-get update as root, with the main and security archives of Debian as sources'

mkdir -p "$cache/$meta"
cd "$cache/$meta"
if [ "$(cat installed 2>/dev/null)" = "$image $version" ] && { [ -z "$headers" ] || [ -d headers ]; }; then
    printf '%s %s (cached)\n' "$image" "$version"
    exit 0
fi

rm -rf download
mkdir -p download/image download/headers
(
    cd download/image
    # A list that is older than the archive names a version that is no longer there.
    download "$image=$version" >log 2>&1 || { refresh && resolve && download "$image=$version" >log 2>&1; } ||
        fail download "$image=$version" "$(tail -n 3 log)" 'check the network, run apt-get update as root'
)
# The lists may have been refreshed on the way.
resolve
mkdir download/root download/built_with
dpkg-deb -x download/image/*.deb download/root || fail unpack "$image" 'dpkg-deb failed' "look for free space in $cache"
# The package brings no modules.dep; its installation scripts would have made it.
for modules in download/root/lib/modules/* download/root/usr/lib/modules/*; do
    [ -d "$modules" ] || continue
    base=${modules%/lib/modules/*}
    "$depmod" -b "$base" "${modules##*/}" || fail index "$modules" 'depmod failed' "remove $cache/$meta and fetch again"
done
if [ -n "$headers" ]; then
    (
        cd download/headers
        # shellcheck disable=SC2046 # a list
        download $(header_packages) >log 2>&1 ||
            fail download "the headers of $image" "$(tail -n 3 log)" 'check the network, run apt-get update as root'
        for package in *.deb; do
            dpkg-deb -x "$package" ../built_with || fail unpack "$package" 'dpkg-deb failed' "look for free space in $cache"
        done
    )
    # They name each other by where they would be installed. Without vmlinux no module gets BTF, which would want pahole.
    for makefile in download/built_with/usr/src/linux-headers-*/Makefile; do
        # shellcheck disable=SC2016 # for make
        sed -i 's,^include /usr/src/,include $(dir $(lastword $(MAKEFILE_LIST)))../,' "$makefile"
    done
    rm -f download/built_with/usr/src/linux-headers-*/vmlinux
    touch download/built_with
fi
rm -rf installed root headers
mv download/root root
[ -z "$headers" ] || mv download/built_with headers
rm -rf download
printf '%s %s\n' "$image" "$version" >installed
printf '%s %s (new)\n' "$image" "$version"

# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# Sourced by the scripts of this folder: how they fail, and how they find their tools.

# fail OPERATION OBJECT REASON REMEDY: one line that says all four, then a non-zero exit.
fail() {
    printf '%s: %s %s: %s\n' "${0##*/}" "$1" "$2" "$3" >&2
    [ -z "$4" ] || printf '%s: remedy: %s\n' "${0##*/}" "$4" >&2
    exit 1
}

# need TOOL PACKAGE: the path of TOOL, also outside a user's PATH (depmod is in /sbin), or a failure that names the package.
need() {
    PATH=$PATH:/usr/sbin:/sbin command -v "$1" ||
        fail find "$1" 'not installed' "apt-get install $2"
}

# usage: the comment at the head of the script is its help text.
usage() {
    sed -n '/^# Usage/,/^[^#]/{/^#/!d;s/^# \{0,1\}//;p;}' "$0"
}

# argument OPTION COUNT: an option that stands last has no value.
argument() {
    [ "$2" -ge 2 ] || fail 'read option' "$1" 'its value is missing' "see ${0##*/} --help"
}

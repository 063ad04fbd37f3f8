#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# usage: quickstart.sh CASE QUICKSTART WORK
#
# Runs cmake/quickstart up to the point where it would build, on a system made of a few tools in WORK: with and without
# apt-get, dpkg-query and sudo, which write down what they are asked for. CASE is help, arguments, no_apt, apt,
# no_candidate, stale, refused or no_root.
set -u

case_name=$1
quickstart=$2
work=$3
rm -rf "$work"
mkdir -p "$work/bin" || exit 1
calls=$work/calls
: >"$calls"

for tool in sh cat date dirname tr sed sort head nproc env grep ln; do
    ln -s "$(command -v "$tool")" "$work/bin/$tool" || exit 1
done
fake() {
    printf '#!/bin/sh\n%s\n' "$2" >"$work/bin/$1"
    chmod +x "$work/bin/$1"
}

# The run, with only these tools; its output in WORK/output, its exit code in $code.
run() {
    PATH=$work/bin "$work/bin/sh" "$quickstart" "$@" >"$work/output" 2>&1
    code=$?
}
trouble() {
    printf '%s\n--- output:\n' "$1"
    cat "$work/output"
    printf -- '--- calls:\n'
    cat "$calls"
    exit 1
}
expect_code() { [ "$code" -eq "$1" ] || trouble "exit code $code, expected $1"; }
expect_output() { grep -qF -- "$1" "$work/output" || trouble "not said: $1"; }
expect_no_output() { ! grep -qF -- "$1" "$work/output" || trouble "said: $1"; }
expect_calls() { [ "$(cat "$calls")" = "$1" ] || trouble "expected the calls
$1"; }

# What a fake installation leaves: packages that count as installed, and an old cmake.
install_done=": >'$work/done' && ln -s old_cmake '$work/bin/cmake'"

# A Debian on which g++ is installed and nothing else; the cmake that it installs is too old, which ends the run.
debian() {
    fake dpkg-query "case \$4 in g++) echo installed ;; *) [ -e '$work/done' ] && echo installed ;; esac"
    fake apt-cache "[ -e '$work/updated' ] && [ \$2 != clang-14 ] && echo 'Candidate: 1' || echo 'Candidate: (none)'"
    fake apt-get "echo \"apt-get \$*\" >>'$calls'
case \$1 in update) : >'$work/updated' ;; install) $install_done ;; esac"
    fake g++ 'exit 1'
    fake old_cmake 'echo cmake version 3.10.2'
    fake id 'echo 0'
}
install='apt-get install -y -q -o Dpkg::Use-Pty=0 --no-install-recommends'
demo_packages='cmake ninja-build libcli11-dev libexpected-dev libfmt-dev nlohmann-json3-dev'


case $case_name in
help)
    run demo --help
    expect_code 0
    expect_output 'usage: sh cmake/quickstart demo|test|bench'
    ;;
arguments)
    run
    expect_code 2
    expect_output 'say what to do'
    run demo test
    expect_code 2
    run everything
    expect_code 2
    expect_output "unknown argument 'everything'"
    ;;
no_apt)
    run test
    expect_code 1
    expect_output 'there is no apt-get'
    expect_output 'g++ (program g++)'
    expect_output 'clang-14 (program clang++-14)'
    expect_output 'qemu-system-x86 (program qemu-system-x86_64)'
    expect_no_output 'Configure'
    run demo
    expect_code 1
    expect_output 'ninja-build (program ninja)'
    expect_no_output 'qemu'
    ;;
apt)
    debian
    run demo
    expect_code 1
    expect_output "missing: $demo_packages"
    expect_output 'cmake 3.10.2 is too old'
    expect_calls "apt-get update -q
$install $demo_packages"
    ;;
no_candidate)
    debian
    run test
    expect_output 'clang-14 is not to be had here'
    expect_output 'cmake 3.10.2 is too old'
    expect_output "apt-get install $demo_packages clang-19 catch2"
    ;;
stale)
    debian
    : >"$work/updated"
    fake apt-get "echo \"apt-get \$*\" >>'$calls'
case \$1 in update) : >'$work/fresh' ;; install) [ -e '$work/fresh' ] && $install_done ;; esac"
    run demo
    expect_code 1
    expect_output 'cmake 3.10.2 is too old'
    expect_calls "$install $demo_packages
apt-get update -q
$install $demo_packages"
    ;;
refused)
    debian
    fake apt-get "echo \"apt-get \$1\" >>'$calls'; exit 100"
    run demo
    expect_code 1
    expect_output 'FAILED: apt-get update'
    expect_calls 'apt-get update'
    ;;
no_root)
    debian
    fake id 'echo 1000'
    run demo
    expect_code 1
    expect_output "not root and no sudo; as root run: apt-get install --no-install-recommends $demo_packages"
    expect_calls ''
    fake sudo "echo \"sudo \$*\" >>'$calls'; exec \"\$@\""
    run demo
    expect_calls "sudo env DEBIAN_FRONTEND=noninteractive apt-get update -q
apt-get update -q
sudo env DEBIAN_FRONTEND=noninteractive $install $demo_packages
$install $demo_packages"
    ;;
*)
    echo "unknown case $case_name"
    exit 2
    ;;
esac

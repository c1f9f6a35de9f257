#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes the Debian packages facemorph, libfm0 and libfm-dev in build/package.
#
# usage: scripts/package.sh [--test [FOLDER]]
#   --test          also installs them, tries them as a user would, and removes them again
#   --test FOLDER   makes none: tries the packages in that folder
# Works as root or with sudo rights, on Debian 12 and 13.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build=$PWD/build/package
sudo=()
[ "$(id -u)" -eq 0 ] || sudo=(sudo)
fail() {
    echo "package.sh: $*" >&2
    exit 1
}

install_packages() { # names or files
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600 \
        -o Dpkg::Use-Pty=0 install --no-install-recommends "$@" >"$log" 2>&1 ||
        { tail -n 20 "$log" && fail "cannot install $*"; }
}

make_packages() {
    scripts/install_deps.sh
    { command -v dpkg-shlibdeps && command -v file; } >/dev/null || install_packages dpkg-dev file
    rm -f "$build"/*.deb
    cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=/usr \
        -DFM_BUILD_TESTS=OFF >"$log" || { cat "$log" && fail "configure failed"; }
    cmake --build "$build" >"$log" 2>&1 || { tail -n 30 "$log" && fail "build failed"; }
    (cd "$build" && cpack) >"$log" 2>&1 || { tail -n 30 "$log" && fail "cpack failed"; }
    ls -l "$build"/*.deb
}

# The installed programs from a folder that holds nothing of the source.
try_tools() {
    fmorph --version | sed -n 1p
    fmorph devices >/dev/null || fail "fmorph devices: no device"
    fmorph sample -o heads --vertices 2000 --texture 256 -q >/dev/null
    fmorph morph heads/head_a.fbx heads/head_b.fbx --full --frames 3 --size 128 -o out 2>morph.log ||
        { cat morph.log && fail "fmorph morph"; }
    ! grep -q unconfined morph.log || fail "fm-import is not found by fmorph"
    for file in animation.mp4 morph.glb run.json png/head_a-0500_head_b-0500.png; do
        [ -s "out/head_a_head_b/$file" ] || fail "no $file"
    done
    grep -qi 'FFmpeg' <<<"$(fmorph --version)" || fail "the video module is not found"
    fmbench verify --op raster -q >/dev/null || fail "fmbench verify"
    fmbench --sweep --op raster --peers --list --db peers.db >/dev/null || fail "fmbench --list"
    for file in libexec/facemorph/fm-import libexec/facemorph/fmbench-llvmpipe \
        share/bash-completion/completions/fmorph share/bash-completion/completions/fmbench \
        share/doc/facemorph/copyright share/doc/libfm0/copyright; do
        dpkg -S "/usr/$file" >/dev/null || fail "no package holds /usr/$file"
    done
    for page in fmorph fmorph-morph fmbench; do
        dpkg -L facemorph | grep -c "/man1/$page\.1" >/dev/null || fail "no manual page $page"
    done
    [ -n "$(find /usr/lib -name fm_blend_clblast.so -print -quit)" ] || fail "no module for blends"
}

# A project of somebody else against libfm-dev, by CMake and by pkg-config.
try_library() { # tests/consumer
    dpkg -S /usr/share/doc/libfm-dev/copyright >/dev/null || fail "libfm-dev has no copyright file"
    { cmake -S "$1" -B cmake && cmake --build cmake; } >consumer.log ||
        { cat consumer.log && fail "the consumer does not build by CMake"; }
    # shellcheck disable=SC2046
    cc "$1/consumer.c" -o by_pc $(pkg-config --cflags --libs fmio) ||
        fail "the consumer does not build by pkg-config"
    for program in cmake/consumer ./by_pc; do
        "$program" heads/head_a.fbx heads/head_b.obj half.png || fail "$program failed"
        [ "$(wc -c <half.png)" -gt 20000 ] || fail "$program: the picture is nearly empty"
        rm half.png
    done
}

try_packages() { # folder with packages
    local consumer=$PWD/tests/consumer before
    before=$(dpkg-query -W -f '${Package}\n' 2>/dev/null | grep -xE 'facemorph|libfm0|libfm-dev') || true
    [ -z "$before" ] || fail "already installed: $before; remove it first"
    "${sudo[@]}" apt-get -q update >"$log" 2>&1 || fail "apt-get update: $(tail -n 1 "$log")"
    trap '"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y purge facemorph libfm0 libfm-dev >/dev/null 2>&1' EXIT
    install_packages "$1"/facemorph_*.deb "$1"/libfm0_*.deb pocl-opencl-icd
    cd "$work"
    try_tools
    install_packages "$1"/libfm-dev_*.deb gcc libc6-dev cmake make pkg-config
    try_library "$consumer"
    for package in facemorph libfm0 libfm-dev; do
        echo "$package: $(dpkg-query -W -f '${Installed-Size}' "$package") kB installed," \
            "depends on $(dpkg-query -W -f '${Depends}' "$package" | tr ',' '\n' | wc -l) packages"
    done
    echo "package.sh: the packages work"
}

mkdir -p "$build"
log=$build/package.log
work=$(mktemp -d)
case "${1-}" in
'') make_packages ;;
--test)
    [ $# -gt 1 ] || make_packages
    try_packages "$(cd "${2:-$build}" && pwd)"
    ;;
-h | --help) sed -n '3,8s/^# \{0,1\}//p' "scripts/package.sh" ;;
*)
    echo "package.sh: unknown option '$1'; allowed: --test" >&2
    exit 2
    ;;
esac
rm -rf "$work"

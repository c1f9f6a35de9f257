#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs the Debian packages (12 or 13) that facemorph needs, and nothing else.
#
# usage: scripts/install_deps.sh [--tests | --check]
#   --tests   also what the tests need
#   --check   also what check.sh, coverage.sh and sanitize.sh need (includes --tests)
# Works as root or by sudo, any number of times, from any folder. Packages that are already there
# are left alone; without a missing one no package tool is started.
set -euo pipefail

build=(
    gcc libc6-dev cmake ninja-build pkg-config
    ocl-icd-opencl-dev opencl-headers pocl-opencl-icd
    libassimp-dev libpng-dev libjpeg62-turbo-dev libhwloc-dev zlib1g-dev libminizip-dev
    libsqlite3-dev libjansson-dev libxxhash-dev libseccomp-dev
    libopenblas-openmp-dev libosmesa6-dev libavcodec-dev libavformat-dev libavutil-dev libswscale-dev libclblast-dev
    scdoc bash-completion
)
tests=(libcriterion-dev strace locales)
check=(doxygen g++ clang clang-format clang-tidy cppcheck shellcheck codespell git gcovr valgrind)

want=("${build[@]}")
case "${1-}" in
'') ;;
--tests) want+=("${tests[@]}") ;;
--check) want+=("${tests[@]}" "${check[@]}") ;;
-h | --help)
    sed -n '3,9s/^# \{0,1\}//p' "$0"
    exit 0
    ;;
*)
    echo "install_deps.sh: unknown option '$1'; allowed: --tests, --check" >&2
    exit 2
    ;;
esac

missing=()
for package in "${want[@]}"; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || state=absent
    [ "$state" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
    echo "install_deps.sh: all ${#want[@]} packages are there"
    exit 0
fi

sudo=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "install_deps.sh: needs root to install: ${missing[*]}; run it as root or install sudo" >&2
        exit 1
    fi
    sudo=(sudo)
fi

# DPkg::Lock::Timeout waits for another package run instead of failing at once.
apt=("${sudo[@]}" env DEBIAN_FRONTEND=noninteractive
    apt-get -q -y -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0)
echo "install_deps.sh: installing ${#missing[@]} packages: ${missing[*]}"
"${apt[@]}" update
"${apt[@]}" install --no-install-recommends "${missing[@]}"

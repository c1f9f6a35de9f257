#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs into a scratch folder and builds a project against it, by CMake and by pkg-config; the
# results run, and the libraries export what the headers declare and nothing else.
set -euo pipefail

work=${FM_TEST_TMP:?}
source=${FM_SOURCE_DIR:?}/tests/consumer
rm -rf "${work:?}"/*
fail() {
    echo "install: $*" >&2
    exit 1
}

cmake --install "${FM_BUILD_DIR:?}" --prefix "$work/usr" >"$work/install.log"
lib=$(dirname "$(find "$work/usr" -name 'libfm.so.*.*.*' | head -1)")
[ -n "$lib" ] || fail "no libfm.so"
export LD_LIBRARY_PATH=$lib
export PKG_CONFIG_PATH=$lib/pkgconfig

# By CMake.
cmake -G Ninja -S "$source" -B "$work/cmake" -DCMAKE_PREFIX_PATH="$work/usr" >"$work/cmake.log"
cmake --build "$work/cmake" >>"$work/cmake.log"
[ "$("$work/cmake/engine_only")" = "$("$work/usr/bin/fmorph" --version | sed -n '1s/.* \([0-9][0-9.]*\).*/\1/p')" ] ||
    fail "the library and fmorph differ in version"

# By pkg-config. The .pc files name the prefix of the configure run, so it is set here.
pc() { pkg-config --define-variable=prefix="$work/usr" --define-variable=libdir="$lib" \
    --define-variable=includedir="$work/usr/include" "$@"; }
pkg-config --validate "$lib/pkgconfig/fm.pc" "$lib/pkgconfig/fmio.pc"
# shellcheck disable=SC2046
"${CC:-cc}" "$source/consumer.c" -o "$work/by_pc" $(pc --cflags --libs fmio)

# Both render.
"$work/usr/bin/fmorph" sample -o "$work/heads" --vertices 2000 --texture 256 -q
for program in "$work/cmake/consumer" "$work/by_pc"; do
    "$program" "$work/heads/head_a.fbx" "$work/heads/head_b.obj" "$work/half.png"
    [ "$(wc -c <"$work/half.png")" -gt 20000 ] || fail "$program: the picture is nearly empty"
done

# Exports are the public names, all of them.
exported=$(nm -D --defined-only "$lib"/libfm.so "$lib"/libfmio.so | awk 'NF == 3 {print $3}' | sort -u)
foreign=$(grep -vE '^fm_' <<<"$exported" || true)
[ -z "$foreign" ] || fail "exported but not public: $foreign"
declared=$(cat "$work"/usr/include/fm/*.h | tr '\n' ' ' | grep -oE 'FM_API[^;(]*\(' |
    grep -oE 'fm_[a-z0-9_]+\($' | tr -d '(' | sort -u)
[ "$exported" = "$declared" ] || fail "headers and libraries differ: $(diff <(echo "$declared") <(echo "$exported") | tr '\n' ' ')"
if readelf -d "$lib/libfm.so" | grep NEEDED | grep -qE 'assimp|png|jpeg|hwloc|sqlite|avcodec'; then
    fail "libfm needs a file library"
fi
echo "installed: $(du -sh "$work/usr" | cut -f1)"

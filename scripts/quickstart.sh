#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# From a bare Debian 12 or 13 to pictures: installs packages, builds, makes two sample heads, morphs
# them and measures this machine.
#
# usage: scripts/quickstart.sh [FOLDER]      FOLDER: where results go, default ./fmorph-out
# Works as root or with sudo rights, any number of times (earlier results of it are replaced), from
# any folder.
set -euo pipefail

here=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/.."
case "${1-}" in
-h | --help)
    sed -n '3,8s/^# \{0,1\}//p' scripts/quickstart.sh
    exit 0
    ;;
'') out=$here/fmorph-out ;;
/*) out=$1 ;;
*) out=$here/$1 ;;
esac

step() { printf '\n== %s\n' "$*"; }

step "packages"
scripts/install_deps.sh
step "build"
cmake --preset release -DFM_BUILD_TESTS=OFF
cmake --build --preset release
bin=$PWD/build/release/bin

step "two sample heads"
mkdir -p "$out"
"$bin/fmorph" sample -o "$out/heads"
step "41 frames from one to the other, heatmaps, meshes, a video, tables"
"$bin/fmorph" morph "$out/heads/head_a.fbx" "$out/heads/head_b.fbx" --full --contact-sheet on --force \
    -o "$out"
step "how fast this machine is"
status=0
"$bin/fmbench" --sweep --quick --db "$out/fmbench.db" -o "$out/report.html" || status=$?

cat <<END

pictures     $out/head_a_head_b/ (contact_sheet.png shows all frames, animation.mp4 plays them)
report       $out/report.html (open it in a browser)
measurements $out/fmbench.db
programs     $bin/fmorph, $bin/fmbench

Next: $bin/fmorph morph YOUR_A.fbx YOUR_B.fbx -o $out
END
exit "$status"

#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Formats every C, header and kernel file in place; with --check only says which are not formatted.
#
# usage: scripts/format.sh [--check]
# Releases of clang-format differ in detail; 14 (Debian 12) is the one that counts.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

format=clang-format
command -v clang-format-14 >/dev/null && format=clang-format-14
if ! command -v "$format" >/dev/null; then
    echo "format.sh: no clang-format; scripts/install_deps.sh --check installs it" >&2
    exit 1
fi
mapfile -d '' files < <(find cl host engine harness tests -name '*.[ch]' -print0 -o -name '*.cl' -print0)
case "${1-}" in
'') "$format" -i "${files[@]}" ;;
--check) "$format" --dry-run -Werror "${files[@]}" ;;
*)
    echo "format.sh: unknown option '$1'; allowed: --check" >&2
    exit 2
    ;;
esac

#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The pages of the library are made without a warning, from headers that comment all they declare.
set -uo pipefail

settings=${FM_BUILD_DIR:?}/Doxyfile.doxygen
if [ ! -f "$settings" ] || ! command -v doxygen >/dev/null; then
    echo "skipped: no doxygen"
    exit 77
fi
cd "${FM_TEST_TMP:?}" || exit 1
bad=0
complain() {
    echo "FAIL: $*"
    bad=1
}
make_pages() { # more settings
    cp "$settings" own && printf '%s\n' "OUTPUT_DIRECTORY = $PWD" "$@" >>own
    doxygen own >log 2>&1
}

make_pages || complain "doxygen: $(tail -n 5 log)"
grep -E 'warning|error' log && complain "the pages are not clean"
grep -q 'What holds everywhere' html/index.html || complain "no first page"
functions=0
while read -r name; do
    functions=$((functions + 1))
    grep -rq --include='*_8h.html' ">$name<" html || complain "no $name on the pages"
done < <(sed -n 's/^FM_API .*[ *]\(fm_[a-z0-9_]*\)(.*/\1/p' "${FM_SOURCE_DIR:?}"/engine/include/fm/*.h)
[ "$functions" -gt 60 ] || complain "only $functions functions were looked for"

# A comment may be that of several fields or values at once, so those are not asked for.
make_pages EXTRACT_ALL=NO WARN_AS_ERROR=NO
grep 'is not documented' log | grep -v '(variable)\|(enumeration value)\|(enumvalue)' &&
    complain "declared without a comment"
grep -q '(variable)' log || complain "doxygen no longer says what is not documented"
exit $bad

# SPDX-License-Identifier: MIT
# Text of a kernel file with its #include "x" lines resolved the way host/program.c does it: from
# the file's folder, each file once, with #line marks.     awk -f expand.awk cl/file.cl
function expand(path, dir,    line, name, number) {
    if (path in seen)
        return
    seen[path] = 1
    print "#line 1 \"" path "\""
    while ((getline line < path) > 0) {
        number++
        if (line ~ /^[ \t]*#[ \t]*include[ \t]*"/) {
            name = line
            sub(/^[^"]*"/, "", name)
            sub(/".*/, "", name)
            expand(dir name, dir)
            print "#line " (number + 1) " \"" path "\""
        } else
            print line
    }
    if (number == 0)
        print "#error " path " is empty or not there"
    close(path)
}
BEGIN {
    folder = ARGV[1]
    sub(/[^\/]*$/, "", folder)
    expand(ARGV[1], folder)
    exit
}

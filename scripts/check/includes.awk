# SPDX-License-Identifier: MIT
# Includes go one way. Input: a line "F path" per source file, then a line "I path:line:include"
# per #include. Prints one line per include that breaks a rule; exit status 1 when there is one.
#
#   cl/fm_shared.h, engine/include/fm  <-  host  <-  engine  <-  harness  <-  tests
#
# engine/ref sees the first two only, so the oracle cannot share a bug with the code it judges.

BEGIN {
    # layer -> layers whose headers it may include
    may["cl"] = " cl "
    may["fm"] = " fm "
    may["host"] = " host cl fm "
    may["io"] = " io host fm "
    may["ref"] = " ref cl fm "
    may["engine"] = " engine ref host cl fm "
    may["cli"] = " cli engine io host cl fm "
    may["harness"] = " harness engine ref io host cl fm "
    may["tests"] = " tests harness cli engine ref io host cl fm "

    # header of a library -> layers that may know the library
    lib["CL/"] = " host engine harness tests "
    lib["assimp/"] = lib["jpeglib.h"] = lib["libav"] = " io tests "
    lib["png.h"] = lib["hwloc"] = " io harness tests " # a peer of fmbench, its --pin
    lib["libsw"] = " io tests "
    lib["zlib.h"] = lib["xxhash.h"] = " io harness tests "
    lib["sqlite3.h"] = " harness tests "
    lib["jansson.h"] = " cli harness tests "
    lib["criterion/"] = " tests "
    lib["fm_revision.h"] = " engine cli harness tests " # made by the build

    # engine, engine/ref and the public headers are ISO C11: a port touches host/ and the tools only
    iso = " assert complex ctype errno fenv float inttypes limits locale math setjmp signal stdalign "
    iso = iso "stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath time "
    iso = iso "uchar wchar wctype "
    strict = " cl fm ref engine "

    roots = "cl host host/io engine engine/ref engine/cli harness tests"
    root_count = split(roots, root, " ")
    bad = 0
}

function layer_of(path) {
    if (path ~ /^engine\/include\//) return "fm"
    if (path ~ /^engine\/ref\//) return "ref"
    if (path ~ /^engine\/cli\//) return "cli"
    if (path ~ /^host\/io\//) return "io"
    sub(/\/.*/, "", path)
    return path
}

function complain(where, text) {
    print where ": " text
    bad = 1
}

function resolve(from, name,    dir, i) {
    dir = from
    sub(/\/[^\/]*$/, "", dir)
    if ((dir "/" name) in file) return dir "/" name
    for (i = 1; i <= root_count; i++)
        if ((root[i] "/" name) in file) return root[i] "/" name
    return ""
}

function check_own(where, from, name,    target, a, b) {
    target = resolve(from, name)
    if (target == "") {
        complain(where, "\"" name "\" is no header of this tree; use <> for others")
        return
    }
    a = layer_of(from)
    b = layer_of(target)
    if (index(may[a], " " b " ") == 0)
        complain(where, a " may not include " target " (" b ")")
}

function check_system(where, from, name,    a, prefix, base) {
    a = layer_of(from)
    if (name ~ /^fm\//) {
        if (!(("engine/include/" name) in file))
            complain(where, "<" name "> is no public header")
        else if (index(may[a], " fm ") == 0)
            complain(where, a " may not include <" name ">")
        return
    }
    if (from == "engine/include/fm/opencl.h" && name == "CL/cl.h")
        return # the one public header for callers with a context of their own
    for (prefix in lib)
        if (index(name, prefix) == 1) {
            if (index(lib[prefix], " " a " ") == 0)
                complain(where, a " may not know <" name ">")
            return
        }
    base = name
    sub(/\.h$/, "", base)
    if (index(strict, " " a " ") && index(iso, " " base " ") == 0)
        complain(where, a " is ISO C11 only: no <" name ">")
}

$1 == "F" { file[$2] = 1; next }
$1 == "I" {
    line = substr($0, 3)
    split(line, part, ":")
    where = part[1] ":" part[2]
    if (match(line, /"[^"]+"/))
        check_own(where, part[1], substr(line, RSTART + 1, RLENGTH - 2))
    else if (match(line, /<[^>]+>/))
        check_system(where, part[1], substr(line, RSTART + 1, RLENGTH - 2))
}
END { exit bad }

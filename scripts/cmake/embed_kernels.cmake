# SPDX-License-Identifier: MIT
# cmake -DOUT=kernels.c "-DFILES=a.cl;b.cl" -P embed_kernels.cmake
# Writes each file as an array of bytes (unsigned char: UTF-8 bytes do not warn) and one table.
set(text "/* Generated from cl/ by scripts/cmake/embed_kernels.cmake. */\n#include \"program.h\"\n\n")
set(table "")
set(n 0)
foreach(file IN LISTS FILES)
    get_filename_component(name "${file}" NAME)
    file(READ "${file}" hex HEX)
    file(SIZE "${file}" size)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
    string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n    "
           bytes "${bytes}")
    string(APPEND text "static const unsigned char file_${n}[] = {\n    ${bytes}0};\n\n")
    string(APPEND table "    {\"${name}\", file_${n}, ${size}},\n")
    math(EXPR n "${n} + 1")
endforeach()
string(APPEND text "const fmi_kernel_file fmi_kernel_files[] = {\n${table}};\n"
       "const size_t fmi_kernel_file_count = ${n};\n")
file(WRITE "${OUT}.tmp" "${text}")
file(RENAME "${OUT}.tmp" "${OUT}")

# SPDX-License-Identifier: MIT
# cmake -DOUT=page_files.c -DDIR=harness/page -P embed_page.cmake
# Writes report.css and report.js as arrays of bytes.
set(text "/* Generated from harness/page/ by scripts/cmake/embed_page.cmake. */\n#include \"page_files.h\"\n\n")
foreach(kind css js)
    file(READ "${DIR}/report.${kind}" hex HEX)
    file(SIZE "${DIR}/report.${kind}" size)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
    string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n    "
           bytes "${bytes}")
    string(APPEND text "const unsigned char fmi_page_${kind}[] = {\n    ${bytes}0};\n"
           "const size_t fmi_page_${kind}_bytes = ${size};\n\n")
endforeach()
file(WRITE "${OUT}.tmp" "${text}")
file(RENAME "${OUT}.tmp" "${OUT}")

/* SPDX-License-Identifier: MIT */
#include "json_memory.h"

uint64_t fmi_json_memory(const char *text, size_t bytes) {
    uint64_t sum = bytes;
    for (size_t i = 0; i < bytes; ++i)
        sum += text[i] == '{'   ? 256
               : text[i] == '[' ? 160
               : text[i] == ':' ? 144
               : text[i] == ',' ? 96
                                : 0;
    return sum;
}

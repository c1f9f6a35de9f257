/* SPDX-License-Identifier: MIT */
#include "calls.h"

#include <string.h>

const char *const fmf_call_names[FMF_CALL_COUNT] = {
#define FMF_NAME(name, code) #name,
    FMF_CALLS(FMF_NAME)
#undef FMF_NAME
};

const int fmf_call_codes[FMF_CALL_COUNT] = {
#define FMF_CODE(name, code) code,
    FMF_CALLS(FMF_CODE)
#undef FMF_CODE
};

fmf_call fmf_call_find(const char *name, unsigned long bytes) {
    for (int i = 0; i < FMF_CALL_COUNT; i++) {
        if (strlen(fmf_call_names[i]) == bytes && memcmp(fmf_call_names[i], name, bytes) == 0) {
            return (fmf_call)i;
        }
    }
    return FMF_CALL_COUNT;
}

/* SPDX-License-Identifier: MIT */
#include <fm/engine.h>

const char *fm_version(void) {
    return FM_VERSION;
}

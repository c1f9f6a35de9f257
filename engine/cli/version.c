/* SPDX-License-Identifier: MIT */
#include "commands.h"

#include "gemm.h"

#include "io/text.h"
#include "io/video.h"

#include <fm/engine.h>

#include <fm_revision.h>

/* FM_VERSION_... come from the build: the versions that were compiled against. */
static const struct {
    const char *name, *version, *licence;
} libraries[] = {
    {"OpenCL loader", FM_VERSION_OPENCL, "BSD-2-Clause (ocl-icd)"},
    {"Assimp", FM_VERSION_ASSIMP, "BSD-3-Clause"},
    {"libpng", FM_VERSION_PNG, "libpng-2.0"},
    {"libjpeg-turbo", FM_VERSION_JPEG, "IJG AND BSD-3-Clause AND Zlib"},
    {"zlib", FM_VERSION_ZLIB, "Zlib"},
    {"minizip", FM_VERSION_MINIZIP, "Zlib"},
    {"hwloc", FM_VERSION_HWLOC, "BSD-3-Clause"},
    {"xxHash", FM_VERSION_XXHASH, "BSD-2-Clause"},
};

int fmi_print_version(fmi_console *console) {
    fm_error err;
    printf("fmorph %s (%s), MIT licence\n", fm_version(), FM_REVISION);
    printf("OpenCL 1.2 or later; built with:\n");
    for (size_t i = 0; i < sizeof libraries / sizeof libraries[0]; i++)
        printf("  %-14s %-9s %s\n", libraries[i].name, libraries[i].version, libraries[i].licence);
    const char *licence = fmi_video_licence();
    if (licence != NULL)
        printf("Videos: FFmpeg, %s, in a module that is opened for them only;\n"
               "fmorph together with it is under the GPL, version 3 or later\n",
               licence);
    const fmi_gemm *gemm = fmi_gemm_open(NULL);
    if (gemm != NULL)
        printf("Blends: CLBlast %s, Apache-2.0, in a module that is opened for them only\n",
               gemm->version);
    return fmi_text_flush(&err) == FM_OK ? 0 : fmi_console_fail(console, &err);
}

/* SPDX-License-Identifier: MIT */
/* fmbench --version */
#include "commands.h"
#include "console.h"

#include "io/text.h"

#include <fm/engine.h>

#include <stdio.h>

#include <fm_revision.h>
#include <sqlite3.h>
#include <xxhash.h>

int fmi_command_version(void) {
    fm_error err = {0};
    printf("fmbench %s (%s), MIT licence\n", fm_version(), FM_REVISION);
    printf("libraries: SQLite %s (public domain), xxHash %d.%d.%d (BSD-2-Clause), libpng %s "
           "(libpng-2.0), Assimp (BSD-3-Clause), libjpeg-turbo (IJG, BSD-3-Clause), hwloc "
           "(BSD-3-Clause), OpenCL loader (Apache-2.0 or BSD-2-Clause)\n",
           sqlite3_libversion(), XXH_VERSION_MAJOR, XXH_VERSION_MINOR, XXH_VERSION_RELEASE,
           FM_VERSION_PNG);
    return fmi_text_flush(&err) == FM_OK ? 0 : fmi_console_error(&err);
}

/* SPDX-License-Identifier: MIT */
#include "runtime.h"

#include "interrupt.h"

#include "driver_cache.h"
#include "kernel_cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fmi_runtime_prepare(fmi_runtime *runtime, uint32_t threads) {
    memset(runtime, 0, sizeof *runtime);
    fmi_cache_default_dir(runtime->cache_dir, sizeof runtime->cache_dir);
    runtime->damaged = fmi_driver_cache_use(runtime->cache_dir);
    setenv("SVT_LOG", "0", 0); /* an encoder that writes to stderr by itself */
    if (threads > 0) {
        char count[16];
        snprintf(count, sizeof count, "%u", threads);
        setenv("POCL_MAX_PTHREAD_COUNT", count, 0);
    }
}

fm_engine_params fmi_runtime_engine_params(const fmi_runtime *runtime, fmi_console *console) {
    if (runtime->damaged > 0)
        fmi_console_log(console, FM_LOG_WARNING,
                        "%s: %u damaged files in the driver's kernel cache; their programs are "
                        "built again",
                        runtime->cache_dir, runtime->damaged);
    if (fmi_driver_cache_note())
        fmi_console_log(console, FM_LOG_INFO, "%s", fmi_driver_cache_note());
    return (fm_engine_params){
        .struct_size = sizeof(fm_engine_params),
        .log = fmi_console_sink(console),
        .cache_dir = runtime->cache_dir[0] != '\0' ? runtime->cache_dir : NULL,
        .kernel_dir = getenv("FM_CL_DIR"),
        .profile = true, /* a launch per step and batch: the events cost nothing that shows */
        .cancel = fmi_interrupt_flag(),
    };
}

/* SPDX-License-Identifier: MIT */
#include "environment.h"

#include "kernel_cache.h"
#include "timing.h"

#include <stdio.h>
#include <stdlib.h>

static fm_status test_device(const fmi_device *device, fmi_event_clock *clock, fm_error *err) {
    const fmi_queue_params params = {.profile = true};
    fmi_queue *queue = NULL;
    char cache[1024];
    fmi_cache_default_dir(cache, sizeof cache);
    fm_status status = fmi_queue_create(&queue, device, &params, err);
    if (status == FM_OK)
        status =
            fmi_event_clock_test(queue, getenv("FM_CL_DIR"), cache[0] ? cache : NULL, clock, err);
    fmi_queue_destroy(&queue);
    return status;
}

void fmi_environment_clock(const fm_caps *caps, char *verdict, size_t verdict_bytes) {
    fmi_device *list = NULL;
    size_t count = 0;
    fm_error err = {0};
    fmi_event_clock clock = {0};
    fm_status status = fmi_device_list(&list, &count, &err);
    const bool found = status == FM_OK && caps->index < count;
    if (found)
        status = test_device(&list[caps->index], &clock, &err);
    free(list);
    if (!found)
        (void)snprintf(verdict, verdict_bytes, "not trusted: %.120s",
                       status != FM_OK ? err.message : "the device is not there any more");
    else if (status != FM_OK)
        (void)snprintf(verdict, verdict_bytes, "not trusted: %.140s", err.message);
    else if (clock.trusted)
        (void)snprintf(verdict, verdict_bytes, "trusted");
    else
        (void)snprintf(verdict, verdict_bytes, "not trusted: %s", clock.reason);
}

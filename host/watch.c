/* SPDX-License-Identifier: MIT */
#include "watch.h"

#include "clock.h"
#include "queue_impl.h"

#include <stdio.h>
#include <string.h>

void fmi_queue_set_watch(fmi_queue *queue, fmi_watch *watch) {
    queue->watch = watch;
}

static fmi_watch_part *part_of(fmi_watch *watch, const char *name) {
    for (uint32_t i = 0; i < watch->count; i++) {
        if (strncmp(watch->part[i].name, name, sizeof watch->part[i].name - 1) == 0) {
            return &watch->part[i];
        }
    }
    if (watch->count == FMI_WATCH_PARTS) {
        fmi_watch_part *last = &watch->part[FMI_WATCH_PARTS - 1];
        (void)snprintf(last->name, sizeof last->name, "others");
        return last;
    }
    fmi_watch_part *part = &watch->part[watch->count++];
    *part = (fmi_watch_part){0};
    (void)snprintf(part->name, sizeof part->name, "%s", name);
    return part;
}

static fm_status note(fmi_queue *queue, const char *name, bool transfer, uint64_t bytes,
                      uint64_t start_ns, fm_error *err) {
    if (!queue->watch) {
        return FM_OK;
    }
    fm_status status = fmi_queue_finish(queue, err);
    fmi_watch_part *part = part_of(queue->watch, name);
    part->transfer = transfer;
    part->count++;
    part->bytes += bytes;
    part->seconds += 1e-9 * (double)(fmi_clock_ns() - start_ns);
    return status;
}

fm_status fmi_queue_saw_launch(fmi_queue *queue, const char *name, uint64_t start_ns,
                               fm_error *err) {
    return note(queue, name, false, 0, start_ns, err);
}

fm_status fmi_queue_saw_transfer(fmi_queue *queue, const char *name, uint64_t bytes,
                                 uint64_t start_ns, fm_error *err) {
    return note(queue, name, true, bytes, start_ns, err);
}

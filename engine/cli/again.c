/* SPDX-License-Identifier: MIT */
#include "again.h"

#include "driver_folder.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define VARIABLE "FMORPH_LOST"
#define STARTED "FMORPH_STARTED"

static bool is_time(const char *text) {
    static const char form[] = "0000-00-00T00:00:00Z";
    size_t at = 0;
    while (form[at] != '\0' &&
           (form[at] == '0' ? text[at] >= '0' && text[at] <= '9' : text[at] == form[at]))
        at++;
    return form[at] == '\0' && text[at] == '\0';
}

static void read_started(char out[24]) {
    const char *given = getenv(STARTED);
    struct tm utc = {0};
    time_t now = time(NULL);
    (void)gmtime_r(&now, &utc);
    (void)strftime(out, 24, "%Y-%m-%dT%H:%M:%SZ", &utc);
    if (given != NULL && is_time(given))
        memcpy(out, given, strlen(given) + 1);
}

void fmi_again_read(fmi_again *again) {
    const char *at = getenv(VARIABLE);
    *again = (fmi_again){0};
    read_started(again->started);
    while (at && *at && again->count < FMI_AGAIN_MOST) {
        char *end = NULL;
        unsigned long batch = strtoul(at, &end, 10);
        if (end == at || *end != ':' || batch > UINT32_MAX)
            break;
        long code = strtol(end + 1, &end, 10);
        again->batch[again->count] = (uint32_t)batch;
        again->code[again->count++] = (int32_t)code;
        at = *end == ',' ? end + 1 : NULL;
    }
}

void fmi_again_limit(const fmi_again *again, uint32_t *batch) {
    uint32_t last = 0;
    for (uint32_t i = 0; i < again->count; i++)
        last = again->batch[i] > 0 ? again->batch[i] : last;
    uint32_t most = last > 1 ? last / 2 : 1;
    if (last > 0 && (*batch == 0 || *batch > most))
        *batch = most;
}

static bool hand_on(const fmi_again *again, uint32_t batch, int32_t code) {
    char text[FMI_AGAIN_MOST * 24 + 24] = "";
    size_t used = 0;
    for (uint32_t i = 0; i < again->count; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%u:%d,", again->batch[i],
                                 again->code[i]);
    snprintf(text + used, sizeof text - used, "%u:%d", batch, code);
    return setenv(VARIABLE, text, 1) == 0 && setenv(STARTED, again->started, 1) == 0;
}

/* Before there was a plan there is nothing to make smaller: once more is enough. */
static bool is_of_use(const fmi_again *again, uint32_t batch) {
    if (batch == 0)
        return again->count == 0 || again->batch[again->count - 1] != 0;
    return batch > 1;
}

void fmi_again_start(const fmi_again *again, fmi_console *console, char **argv, uint32_t batch,
                     int32_t code) {
    if (!is_of_use(again, batch) || again->count == FMI_AGAIN_MOST || !hand_on(again, batch, code))
        return;
    if (batch == 0)
        fmi_console_log(console, FM_LOG_WARNING,
                        "the device was lost (%d); starting over in a new process", code);
    else
        fmi_console_log(console, FM_LOG_WARNING,
                        "the device was lost with %u frames at once (%d); starting over in a new "
                        "process with %u",
                        batch, code, batch / 2);
    fflush(NULL);
    fmi_driver_folder_end();
    execv("/proc/self/exe", argv - 1); /* argv[-1] is the program */
}

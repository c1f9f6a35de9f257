/* SPDX-License-Identifier: MIT */
/*
 * fm-import MESH [TEXTURE]: reads a mesh file and its texture, confined, and hands them to the
 * program that started it (side_wire.h). Not meant to be started by hand.
 */
#include "confine.h"
#include "side_wire.h"

#include "cores.h"
#include "error.h"
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEAST_SECONDS 4
#define BYTES_A_SECOND (UINT64_C(2) << 20)
#define LEAST_MEMORY (UINT64_C(1) << 30)
#define MEMORY_A_BYTE 40
#define NICENESS 5

static void send_line(void *user, fm_log_level level, const char *line) {
    (void)user;
    dprintf(FMI_WIRE_LOG, "%d%s\n", (int)level, line);
}

/* Time and memory by what there is to read: no honest file needs a tenth of it. */
static uint64_t input_bytes(const char *path, const char *texture) {
    struct stat info;
    uint64_t bytes = stat(path, &info) == 0 ? (uint64_t)info.st_size : 0;
    return bytes + (texture && stat(texture, &info) == 0 ? (uint64_t)info.st_size : 0);
}

static fm_status confine(const char *path, const char *texture, const fm_log *log, fm_error *err) {
    char text[96];
    char line[160];
    char *folder = fmi_file_folder(path);
    if (folder == NULL && errno == ENOMEM) /* its textures and materials could not be read */
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "%s: no memory for its folder's name", path);
    uint64_t bytes = input_bytes(path, texture);
    fmi_confine limits = {.memory_bytes = LEAST_MEMORY + MEMORY_A_BYTE * bytes,
                          .cpu_seconds = (uint32_t)(LEAST_SECONDS + bytes / BYTES_A_SECOND),
                          .readable = {folder, path, texture}};
#if defined(FM_COVERAGE_DIR)
    limits.writable = FM_COVERAGE_DIR;
#endif
    fmi_confine_self(&limits, text);
    snprintf(line, sizeof line, "importer: %s", text);
    log->write(log->user, FM_LOG_DEBUG, line);
    free(folder);
    return FM_OK;
}

/* With fewer cores than two importers and the parent, the parent goes first: it opens the device
 * meanwhile, one thing after another, and everything waits for the end of both. */
static void step_back(void) {
    if (fmi_usable_cores() < 3 && nice(NICENESS) == -1)
        return; /* as before, then */
}

/* Nobody reads on for a parent that is killed. The second look is for one that was gone before: the
 * other end of the log's pipe was open in it alone. */
static void die_with_parent(void) {
    struct pollfd log = {.fd = FMI_WIRE_LOG};
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        return; /* the limit of CPU time is left */
    if (poll(&log, 1, 0) == 1 && (log.revents & POLLERR) != 0)
        _exit(FMI_WIRE_NO_ROOM);
}

int main(int argc, char **argv) {
    const fm_log log = {.write = send_line, .level = FM_LOG_DEBUG};
    fmi_side side = {0};
    fm_error err = {0};
    if (argc < 2 || argc > 3 || fcntl(FMI_WIRE_FILE, F_GETFD) < 0 ||
        fcntl(FMI_WIRE_LOG, F_GETFD) < 0) {
        fprintf(stderr, "fm-import: started by fmorph and fmbench, not by hand\n");
        return 2;
    }
    const char *texture = argc == 3 ? argv[2] : NULL;
    die_with_parent();
    step_back();
    fm_status status = confine(argv[1], texture, &log, &err);
    if (status == FM_OK)
        status = fmi_side_load(&side, argv[1], texture, &log, &err);
    bool written = fmi_wire_write(FMI_WIRE_FILE, &side, status, &err);
    _exit(written ? 0 : FMI_WIRE_NO_ROOM); /* nothing is worth the time of freeing it */
}

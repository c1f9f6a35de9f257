/* SPDX-License-Identifier: MIT */
#include "run_claim.h"

#include "error.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* A name of Linux's abstract namespace, which begins with a zero byte, belongs to one socket. */
fm_status fmi_run_claim(int *claim, const char *store, const char *run, fm_error *err) {
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    struct stat info;
    *claim = -1;
    if (stat(store, &info) != 0)
        return FM_OK;
    const int n = snprintf(name.sun_path + 1, sizeof name.sun_path - 1,
                           "facemorph-%" PRIxMAX "-%" PRIxMAX "-%.40s", (uintmax_t)info.st_dev,
                           (uintmax_t)info.st_ino, run);
    const socklen_t bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return FM_OK;
    if (bind(fd, (const struct sockaddr *)&name, bytes) == 0) {
        *claim = fd;
        return FM_OK;
    }
    const int code = errno;
    (void)close(fd);
    return code == EADDRINUSE
               ? fmi_fail(err, FM_ERROR_IO,
                          "run %.60s of %s is being measured by another process; wait for its end",
                          run, store)
               : FM_OK;
}

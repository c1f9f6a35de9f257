/* SPDX-License-Identifier: MIT */
#include "fd.h"

#include <errno.h>
#include <unistd.h>

bool fmi_fd_write(int fd, const void *bytes, size_t count) {
    const unsigned char *at = bytes;
    while (count > 0) {
        const ssize_t n = write(fd, at, count);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = ENOSPC;
        if (n <= 0)
            return false;
        at += n;
        count -= (size_t)n;
    }
    return true;
}

ssize_t fmi_fd_read(int fd, void *bytes, size_t count) {
    unsigned char *at = bytes;
    size_t got = 0;
    while (got < count) {
        const ssize_t n = read(fd, at + got, count - got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        got += (size_t)n;
    }
    return (ssize_t)got;
}

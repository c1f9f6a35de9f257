/* SPDX-License-Identifier: MIT */
#include "fd.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

/* Whether a failed call is to be made again: after a signal, or, where the other side made the
 * descriptor return at once, when there is something to do. */
static bool goes_on(int fd, short events) {
    struct pollfd wait = {.fd = fd, .events = events};
    if (errno == EAGAIN || errno == EWOULDBLOCK)
        (void)poll(&wait, 1, -1);
    return errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK;
}

bool fmi_fd_write(int fd, const void *bytes, size_t count) {
    const unsigned char *at = bytes;
    while (count > 0) {
        const ssize_t n = write(fd, at, count);
        if (n < 0 && goes_on(fd, POLLOUT))
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
        if (n < 0 && goes_on(fd, POLLIN))
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        got += (size_t)n;
    }
    return (ssize_t)got;
}

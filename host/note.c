/* SPDX-License-Identifier: MIT */
#include "note.h"

#include "fd.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TRIES 100
#define WAIT_NS 10000000 /* between them */

/* Whether we hold the lock, and the file still has its name: its last writer may have moved it. */
static bool is_mine(int fd, const char *path) {
    struct stat open_one, named;
    return flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &open_one) == 0 &&
           stat(path, &named) == 0 && open_one.st_ino == named.st_ino;
}

/* The open temporary file, locked and empty; -1 = none. */
static int open_temporary(const char *path) {
    const struct timespec wait = {.tv_nsec = WAIT_NS};
    for (int i = 0; i < TRIES; i++) {
        int fd = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
        if (fd < 0)
            return -1;
        if (is_mine(fd, path) && ftruncate(fd, 0) == 0)
            return fd;
        close(fd);
        (void)nanosleep(&wait, NULL);
    }
    return -1;
}

bool fmi_note_write(const char *path, const char *text, size_t bytes) {
    char temporary[1240];
    int n = snprintf(temporary, sizeof temporary, "%s.tmp", path);
    int fd = n > 0 && (size_t)n < sizeof temporary ? open_temporary(temporary) : -1;
    if (fd < 0)
        return false;
    bool written = fmi_fd_write(fd, text, bytes) && fsync(fd) == 0 && rename(temporary, path) == 0;
    if (!written)
        (void)unlink(temporary);
    close(fd);
    return written;
}

/* SPDX-License-Identifier: MIT */
/**
 * @file fd.h
 * Whole blocks to and from open files, pipes and sockets: a signal that comes between, a system
 * that takes or gives only a part, or O_NONBLOCK, is nobody else's matter. Any thread, on a
 * descriptor of its own.
 */
#ifndef FMI_FD_H
#define FMI_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/** Writes all count bytes. False, with errno, when it cannot; ENOSPC when no more is taken. */
bool fmi_fd_write(int fd, const void *bytes, size_t count);

/** Reads count bytes: how many there were, fewer only at the end. -1, with errno, on failure. */
ssize_t fmi_fd_read(int fd, void *bytes, size_t count);

#endif

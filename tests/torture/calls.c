/* SPDX-License-Identifier: MIT */
/* The calls that can fail, and with what. */
#include "torture.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define HERE __builtin_return_address(0)

/* The C library's own function of that name. */
#define REAL(name) __typeof__(&name) real = (__typeof__(&name))(uintptr_t)dlsym(RTLD_NEXT, #name)

/* A function that answers FAILED with CODE in errno. */
#define WRAP(kind, type, name, params, args, code, failed) \
    type name params {                                     \
        REAL(name);                                        \
        if (fmt_fails(kind, #name, HERE)) {                \
            errno = code;                                  \
            return failed;                                 \
        }                                                  \
        return real args;                                  \
    }

/* ---- memory: not through dlsym, which may allocate ---- */

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *old, size_t bytes);

#define MEMORY(name, params, args)               \
    void *name params {                          \
        if (fmt_fails(FMT_ALLOC, #name, HERE)) { \
            errno = ENOMEM;                      \
            return NULL;                         \
        }                                        \
        return __libc_##name args;               \
    }

MEMORY(malloc, (size_t bytes), (bytes))
MEMORY(calloc, (size_t count, size_t bytes), (count, bytes))
MEMORY(realloc, (void *old, size_t bytes), (old, bytes))
WRAP(FMT_ALLOC, void *, aligned_alloc, (size_t alignment, size_t bytes), (alignment, bytes), ENOMEM,
     NULL)
WRAP(FMT_ALLOC, char *, strdup, (const char *text), (text), ENOMEM, NULL)
WRAP(FMT_ALLOC, char *, strndup, (const char *text, size_t bytes), (text, bytes), ENOMEM, NULL)
WRAP(FMT_ALLOC, FILE *, open_memstream, (char **text, size_t *bytes), (text, bytes), ENOMEM, NULL)

int posix_memalign(void **out, size_t alignment, size_t bytes) {
    REAL(posix_memalign);
    return fmt_fails(FMT_ALLOC, "posix_memalign", HERE) ? ENOMEM : real(out, alignment, bytes);
}

int asprintf(char **out, const char *format, ...) {
    va_list arguments;
    if (fmt_fails(FMT_ALLOC, "asprintf", HERE)) {
        *out = NULL;
        errno = ENOMEM;
        return -1;
    }
    va_start(arguments, format);
    int n = vasprintf(out, format, arguments);
    va_end(arguments);
    return n;
}

/* ---- files ---- */

/* The mode of open, present when the file may be made. */
#define MODE(flags)                        \
    mode_t mode = 0;                       \
    if ((flags) & (O_CREAT | O_TMPFILE)) { \
        va_list arguments;                 \
        va_start(arguments, flags);        \
        mode = va_arg(arguments, mode_t);  \
        va_end(arguments);                 \
    }

int open(const char *path, int flags, ...) {
    REAL(open);
    MODE(flags)
    if (fmt_fails(FMT_SYSTEM, "open", HERE)) {
        errno = EMFILE;
        return -1;
    }
    return real(path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...) {
    REAL(openat);
    MODE(flags)
    if (fmt_fails(FMT_SYSTEM, "openat", HERE)) {
        errno = EMFILE;
        return -1;
    }
    return real(folder, path, flags, mode);
}

WRAP(FMT_SYSTEM, FILE *, fopen, (const char *path, const char *mode), (path, mode), EMFILE, NULL)
WRAP(FMT_SYSTEM, FILE *, fdopen, (int fd, const char *mode), (fd, mode), ENOMEM, NULL)
WRAP(FMT_SYSTEM, DIR *, opendir, (const char *path), (path), EMFILE, NULL)
WRAP(FMT_SYSTEM, struct dirent *, readdir, (DIR * dir), (dir), EIO, NULL)
WRAP(FMT_SYSTEM, ssize_t, read, (int fd, void *to, size_t bytes), (fd, to, bytes), EIO, -1)
WRAP(FMT_SYSTEM, ssize_t, pread, (int fd, void *to, size_t bytes, off_t at), (fd, to, bytes, at),
     EIO, -1)
WRAP(FMT_SYSTEM, ssize_t, write, (int fd, const void *from, size_t bytes), (fd, from, bytes),
     ENOSPC, -1)
WRAP(FMT_SYSTEM, ssize_t, copy_file_range,
     (int in, off_t *in_at, int out, off_t *out_at, size_t bytes, unsigned flags),
     (in, in_at, out, out_at, bytes, flags), ENOSPC, -1)
WRAP(FMT_SYSTEM, size_t, fread, (void *to, size_t bytes, size_t count, FILE *file),
     (to, bytes, count, file), EIO, 0)
WRAP(FMT_SYSTEM, size_t, fwrite, (const void *from, size_t bytes, size_t count, FILE *file),
     (from, bytes, count, file), ENOSPC, 0)
WRAP(FMT_SYSTEM, char *, fgets, (char *to, int bytes, FILE *file), (to, bytes, file), EIO, NULL)
WRAP(FMT_SYSTEM, int, fsync, (int fd), (fd), EIO, -1)
WRAP(FMT_SYSTEM, int, ftruncate, (int fd, off_t bytes), (fd, bytes), ENOSPC, -1)
WRAP(FMT_SYSTEM, int, fstat, (int fd, struct stat *to), (fd, to), EIO, -1)
WRAP(FMT_SYSTEM, int, stat, (const char *path, struct stat *to), (path, to), EIO, -1)
WRAP(FMT_SYSTEM, int, lstat, (const char *path, struct stat *to), (path, to), EIO, -1)
WRAP(FMT_SYSTEM, int, rename, (const char *from, const char *to), (from, to), EIO, -1)
WRAP(FMT_SYSTEM, int, renameat, (int a, const char *from, int b, const char *to), (a, from, b, to),
     EIO, -1)
WRAP(FMT_SYSTEM, int, renameat2, (int a, const char *from, int b, const char *to, unsigned flags),
     (a, from, b, to, flags), EIO, -1)
WRAP(FMT_SYSTEM, int, mkdir, (const char *path, mode_t mode), (path, mode), ENOSPC, -1)
WRAP(FMT_SYSTEM, char *, mkdtemp, (char *path), (path), ENOSPC, NULL)
WRAP(FMT_SYSTEM, char *, realpath, (const char *path, char *to), (path, to), ENOMEM, NULL)
WRAP(FMT_SYSTEM, ssize_t, readlink, (const char *path, char *to, size_t bytes), (path, to, bytes),
     EIO, -1)
WRAP(FMT_SYSTEM, int, flock, (int fd, int how), (fd, how), ENOLCK, -1)
WRAP(FMT_SYSTEM, int, memfd_create, (const char *name, unsigned flags), (name, flags), EMFILE, -1)
WRAP(FMT_SYSTEM, int, dup2, (int from, int to), (from, to), EMFILE, -1)
WRAP(FMT_SYSTEM, int, socket, (int domain, int type, int protocol), (domain, type, protocol),
     EMFILE, -1)
WRAP(FMT_SYSTEM, int, bind, (int fd, __CONST_SOCKADDR_ARG name, socklen_t bytes), (fd, name, bytes),
     EADDRINUSE, -1)
WRAP(FMT_SYSTEM, int, pipe2, (int ends[2], int flags), (ends, flags), EMFILE, -1)
WRAP(FMT_SYSTEM, void *, mmap,
     (void *at, size_t bytes, int protection, int flags, int fd, off_t from),
     (at, bytes, protection, flags, fd, from), ENOMEM, MAP_FAILED)

int fcntl(int fd, int what, ...) {
    REAL(fcntl);
    va_list arguments;
    va_start(arguments, what);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    /* What else it is asked cannot fail with a descriptor that is there. */
    bool fallible = what == F_DUPFD || what == F_DUPFD_CLOEXEC;
    if (fallible && fmt_fails(FMT_SYSTEM, "fcntl", HERE)) {
        errno = EMFILE;
        return -1;
    }
    return real(fd, what, argument);
}

/* What was to be written is lost, and the FILE is gone all the same. */
int fclose(FILE *file) {
    REAL(fclose);
    bool fails = fmt_fails(FMT_SYSTEM, "fclose", HERE);
    int result = real(file);
    if (!fails)
        return result;
    errno = ENOSPC;
    return EOF;
}

int fflush(FILE *file) {
    REAL(fflush);
    if (file && fmt_fails(FMT_SYSTEM, "fflush", HERE)) {
        errno = ENOSPC;
        return EOF;
    }
    return real(file);
}

/* ---- processes and threads ---- */

int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
                const posix_spawnattr_t *attributes, char *const argv[], char *const envp[]) {
    REAL(posix_spawn);
    if (fmt_fails(FMT_SYSTEM, "posix_spawn", HERE))
        return EAGAIN;
    return real(pid, path, actions, attributes, argv, envp);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                   void *user) {
    REAL(pthread_create);
    if (fmt_fails(FMT_SYSTEM, "pthread_create", HERE))
        return EAGAIN;
    return real(thread, attributes, run, user);
}

WRAP(FMT_SYSTEM, int, poll, (struct pollfd * list, nfds_t count, int ms), (list, count, ms), ENOMEM,
     -1)
WRAP(FMT_SYSTEM, int, execv, (const char *path, char *const argv[]), (path, argv), ENOMEM, -1)

void *dlopen(const char *path, int flags) {
    REAL(dlopen);
    if (fmt_fails(FMT_SYSTEM, "dlopen", HERE))
        return NULL;
    void *library = real(path, flags);
    fmt_find_ours();
    return library;
}

void _exit(int code) {
    __typeof__(&_exit) real = (__typeof__(&_exit))(uintptr_t)dlsym(RTLD_NEXT, "_exit");
    fmt_report();
    real(code);
    __builtin_unreachable();
}

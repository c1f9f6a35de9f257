/* SPDX-License-Identifier: MIT */
#include "starve.h"

#include <dlfcn.h>
#include <pthread.h>
#include <unistd.h>

#include "cl.h"

#define PLACES 4096

static struct {
    pthread_mutex_t mutex;
    bool armed;
    starve_kind kind;
    const void *place[PLACES]; /* that failed already */
    uint32_t places;
    const void *now; /* that failed in this run */
} state = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/* Whether the caller is the first place of this run that has not failed before. */
static bool fails(starve_kind kind, const void *place) {
    pthread_mutex_lock(&state.mutex);
    bool first = state.armed && state.kind == kind && !state.now && state.places < PLACES;
    for (uint32_t i = 0; first && i < state.places; i++)
        first = state.place[i] != place;
    if (first)
        state.now = state.place[state.places++] = place;
    pthread_mutex_unlock(&state.mutex);
    return first;
}

#define HERE __builtin_return_address(0)
#define WRAP(kind, type, name, params, args, code, failed) \
    type __real_##name params;                             \
    type __wrap_##name params;                             \
    type __wrap_##name params {                            \
        if (!fails(kind, HERE))                            \
            return __real_##name args;                     \
        errno = code;                                      \
        return failed;                                     \
    }
#define MEMORY(type, name, params, args) WRAP(STARVE_MEMORY, type, name, params, args, ENOMEM, NULL)
#define SYSTEM(type, name, params, args, code, failed) \
    WRAP(STARVE_SYSTEM, type, name, params, args, code, failed)
/* The result is a code. */
#define OPENCL(name, params, args, code) WRAP(STARVE_OPENCL, cl_int, name, params, args, 0, code)
/* The code goes through a pointer, the last argument. */
#define OBJECT(type, name, params, args, code) \
    type __real_##name params;                 \
    type __wrap_##name params;                 \
    type __wrap_##name params {                \
        if (!fails(STARVE_OPENCL, HERE))       \
            return __real_##name args;         \
        if (failed)                            \
            *failed = code;                    \
        return NULL;                           \
    }

MEMORY(void *, malloc, (size_t bytes), (bytes))
MEMORY(void *, calloc, (size_t count, size_t bytes), (count, bytes))
MEMORY(void *, realloc, (void *old, size_t bytes), (old, bytes))
MEMORY(void *, aligned_alloc, (size_t alignment, size_t bytes), (alignment, bytes))
MEMORY(char *, strdup, (const char *text), (text))
MEMORY(char *, strndup, (const char *text, size_t bytes), (text, bytes))
MEMORY(FILE *, open_memstream, (char **text, size_t *bytes), (text, bytes))

SYSTEM(FILE *, fopen, (const char *path, const char *mode), (path, mode), EMFILE, NULL)
SYSTEM(ssize_t, read, (int fd, void *to, size_t bytes), (fd, to, bytes), EIO, -1)
SYSTEM(ssize_t, pread, (int fd, void *to, size_t bytes, off_t at), (fd, to, bytes, at), EIO, -1)
SYSTEM(ssize_t, write, (int fd, const void *from, size_t bytes), (fd, from, bytes), ENOSPC, -1)
SYSTEM(size_t, fwrite, (const void *from, size_t bytes, size_t count, FILE *file),
       (from, bytes, count, file), ENOSPC, 0)
SYSTEM(int, fsync, (int fd), (fd), EIO, -1)
SYSTEM(int, fstat, (int fd, struct stat *to), (fd, to), EIO, -1)
SYSTEM(int, stat, (const char *path, struct stat *to), (path, to), EIO, -1)
SYSTEM(int, rename, (const char *from, const char *to), (from, to), EIO, -1)
SYSTEM(int, renameat, (int a, const char *from, int b, const char *to), (a, from, b, to), EIO, -1)
SYSTEM(int, mkdir, (const char *path, mode_t mode), (path, mode), ENOSPC, -1)
SYSTEM(int, flock, (int fd, int how), (fd, how), ENOLCK, -1)

OPENCL(clGetPlatformIDs, (cl_uint room, cl_platform_id *ids, cl_uint *n), (room, ids, n), -6)
OPENCL(clGetPlatformInfo,
       (cl_platform_id id, cl_platform_info what, size_t room, void *to, size_t *n),
       (id, what, room, to, n), -6)
OPENCL(clGetDeviceIDs,
       (cl_platform_id id, cl_device_type type, cl_uint room, cl_device_id *ids, cl_uint *n),
       (id, type, room, ids, n), -6)
OPENCL(clGetDeviceInfo, (cl_device_id id, cl_device_info what, size_t room, void *to, size_t *n),
       (id, what, room, to, n), -6)
OPENCL(clBuildProgram,
       (cl_program p, cl_uint n, const cl_device_id *ids, const char *options,
        void(CL_CALLBACK *done)(cl_program, void *), void *user),
       (p, n, ids, options, done, user), -11)
OPENCL(clGetProgramInfo, (cl_program p, cl_program_info what, size_t room, void *to, size_t *n),
       (p, what, room, to, n), -6)
OPENCL(clSetKernelArg, (cl_kernel k, cl_uint i, size_t bytes, const void *value),
       (k, i, bytes, value), -6)
OPENCL(clEnqueueNDRangeKernel,
       (cl_command_queue q, cl_kernel k, cl_uint dims, const size_t *offset, const size_t *global,
        const size_t *local, cl_uint n, const cl_event *list, cl_event *event),
       (q, k, dims, offset, global, local, n, list, event), -4)
OPENCL(clEnqueueReadBuffer,
       (cl_command_queue q, cl_mem m, cl_bool wait, size_t at, size_t bytes, void *to, cl_uint n,
        const cl_event *list, cl_event *event),
       (q, m, wait, at, bytes, to, n, list, event), -4)
OPENCL(clEnqueueWriteBuffer,
       (cl_command_queue q, cl_mem m, cl_bool wait, size_t at, size_t bytes, const void *from,
        cl_uint n, const cl_event *list, cl_event *event),
       (q, m, wait, at, bytes, from, n, list, event), -4)
OBJECT(cl_context, clCreateContext,
       (const cl_context_properties *how, cl_uint n, const cl_device_id *ids,
        void(CL_CALLBACK *notice)(const char *, const void *, size_t, void *), void *user,
        cl_int *failed),
       (how, n, ids, notice, user, failed), -6)
OBJECT(cl_command_queue, clCreateCommandQueue,
       (cl_context c, cl_device_id id, cl_command_queue_properties how, cl_int *failed),
       (c, id, how, failed), -6)
OBJECT(cl_mem, clCreateBuffer,
       (cl_context c, cl_mem_flags how, size_t bytes, void *from, cl_int *failed),
       (c, how, bytes, from, failed), -4)
OBJECT(cl_mem, clCreateSubBuffer,
       (cl_mem m, cl_mem_flags how, cl_buffer_create_type type, const void *what, cl_int *failed),
       (m, how, type, what, failed), -4)
OBJECT(cl_program, clCreateProgramWithSource,
       (cl_context c, cl_uint n, const char **texts, const size_t *bytes, cl_int *failed),
       (c, n, texts, bytes, failed), -6)
OBJECT(cl_program, clCreateProgramWithBinary,
       (cl_context c, cl_uint n, const cl_device_id *ids, const size_t *bytes,
        const unsigned char **from, cl_int *each, cl_int *failed),
       (c, n, ids, bytes, from, each, failed), -6)
OBJECT(cl_kernel, clCreateKernel, (cl_program p, const char *name, cl_int *failed),
       (p, name, failed), -6)

static void arm(bool armed) {
    pthread_mutex_lock(&state.mutex);
    state.armed = armed;
    if (armed)
        state.now = NULL;
    pthread_mutex_unlock(&state.mutex);
}

/* Of a place, for addr2line -e PROGRAM. */
static size_t offset_of(const void *place) {
    Dl_info info;
    return dladdr(place, &info) ? (size_t)((const char *)place - (const char *)info.dli_fbase) : 0;
}

/* What a run may end with that met a fault of this kind. */
static bool is_fit(starve_kind kind, fm_status status) {
    if (status == FM_OK || status == FM_ERROR_HOST_MEMORY)
        return true;
    return kind != STARVE_MEMORY && status != FM_ERROR_INTERNAL &&
           status != FM_ERROR_INVALID_ARGUMENT;
}

uint32_t starve_of(starve_kind kind, starve_fn work, void *user) {
    state.kind = kind;
    for (uint32_t runs = 0;; runs++) {
        fm_error err = {0};
        arm(true);
        const fm_status status = work(user, &err);
        arm(false);
        if (!state.now) {
            fm_assert_ok(status, err);
            return runs;
        }
        const size_t at = offset_of(state.now);
        cr_assert(is_fit(kind, status), "place %#zx: %s: %s", at, fm_status_name(status),
                  err.message);
        cr_assert(status == FM_OK || err.message[0], "place %#zx: without a word", at);
        cr_assert_null(strchr(err.message, '\n'), "place %#zx: %s", at, err.message);
    }
}

uint32_t starve(starve_fn work, void *user) {
    return starve_of(STARVE_MEMORY, work, user);
}

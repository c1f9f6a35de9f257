/* SPDX-License-Identifier: MIT */
#include "program.h"

#include "clock.h"
#include "error.h"
#include "kernel_cache.h"
#include "log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One build: what it is made of. */
typedef struct build {
    fmi_queue *queue;
    const fmi_program_params *params;
    char *text;
    char *options;
    char *device;          /* name and version, for the key */
    const char *cache_dir; /* NULL: no binary of ours */
    const char *lock_dir;  /* NULL: no lock */
    fmi_cache_key key;
} build;

/* A malloc'd "a" + separator + "b". */
static char *join(const char *a, const char *separator, const char *b) {
    size_t bytes = strlen(a) + strlen(separator) + strlen(b) + 1;
    char *out = malloc(bytes);
    if (out) {
        (void)snprintf(out, bytes, "%s%s%s", a, separator, b);
    }
    return out;
}

static void release(build *b) {
    free(b->text);
    free(b->options);
    free(b->device);
    *b = (build){0};
}

/* Whether the driver keeps the compiled program and ours would only cost. */
static bool left_to_driver(const fmi_program_params *params, const fm_caps *caps) {
    return params->large && fmi_quirks_slow_binaries(caps) && fmi_cache_driver_keeps();
}

static fm_status prepare(build *b, fmi_queue *queue, const fmi_program_params *params,
                         fm_error *err) {
    const fm_caps *caps = &fmi_queue_device(queue)->caps;
    uint32_t replaced = 0;
    *b = (build){.queue = queue, .params = params};
    fm_status status = fmi_program_text(params, &b->text, &replaced, err);
    if (status != FM_OK) {
        return status;
    }
    const fmi_replay *replay = fmi_queue_replay(queue);
    const fmi_recipe_program *stored =
        replay ? fmi_replay_program(replay, params->file, params->options) : NULL;
    if (stored) {
        free(b->text);
        b->text = join(stored->text, "", "");
    } else if (replaced) {
        fmi_log(fmi_queue_log(queue), FM_LOG_INFO, "%s: %u kernel files come from %s", params->file,
                replaced, params->kernel_dir);
    }
    const char *options = stored ? stored->options : params->options ? params->options : "";
    b->options = join(FMI_BUILD_OPTIONS, " ", options);
    b->device = join(caps->name, "\n", caps->version);
    if (!b->text || !b->options || !b->device) {
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the text of a kernel");
    }
    if (params->cache_dir && *params->cache_dir && !fmi_quirks_no_binaries(caps)) {
        b->lock_dir = params->cache_dir;
        b->cache_dir = left_to_driver(params, caps) ? NULL : params->cache_dir;
    }
    b->key = (fmi_cache_key){.text = b->text,
                             .options = b->options,
                             .device = b->device,
                             .driver = caps->driver,
                             .platform = caps->platform,
                             .version = FM_VERSION};
    return FM_OK;
}

/* A malloc'd copy of the driver's build log, NULL when there is none. */
static char *build_log(cl_program program, cl_device_id device) {
    size_t bytes = 0;
    if (clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, 0, NULL, &bytes) !=
            CL_SUCCESS ||
        bytes <= 1) {
        return NULL;
    }
    char *text = calloc(bytes + 1, 1);
    if (text && clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, bytes, text, NULL) !=
                    CL_SUCCESS) {
        free(text);
        text = NULL;
    }
    return text;
}

/* The whole build log, a line a call. */
static void log_lines(const fm_log *log, const char *text) {
    while (text && *text) {
        size_t bytes = strcspn(text, "\n");
        if (bytes) {
            fmi_log(log, FM_LOG_DEBUG, "build: %.*s", (int)bytes, text);
        }
        text += bytes + (text[bytes] == '\n');
    }
}

/* The first lines of a log as one line, " | " between them. */
static void first_lines(char *out, size_t out_bytes, const char *text) {
    size_t used = 0;
    out[0] = '\0';
    while (text && *text && used + 4 < out_bytes) {
        size_t bytes = strcspn(text, "\n");
        if (bytes) {
            int n = snprintf(out + used, out_bytes - used, "%s%.*s", used ? " | " : "", (int)bytes,
                             text);
            used += n > 0 ? (size_t)n : 0;
        }
        text += bytes + (text[bytes] == '\n');
    }
}

static fm_status fail_build(const build *b, cl_program program, cl_int code, fm_error *err) {
    const fmi_device *device = fmi_queue_device(b->queue);
    char head[400];
    char *text = build_log(program, device->id);
    log_lines(fmi_queue_log(b->queue), text);
    first_lines(head, sizeof head, text);
    free(text);
    if (fmi_status_from_cl(code) != FM_ERROR_BUILD) {
        return fmi_queue_fail(b->queue, err, code, "clBuildProgram",
                              "%s cannot be built on %.60s; try again or update the driver",
                              b->params->file, device->caps.name);
    }
    return fmi_queue_fail(b->queue, err, code, "clBuildProgram",
                          "%s; %s does not compile on %.60s, see the debug log for more",
                          *head ? head : "no build log", b->params->file, device->caps.name);
}

/* Adds the time to the counters; slow builds raise their own log level. */
static void count_build(const build *b, uint64_t since_ns) {
    double seconds = (double)(fmi_clock_ns() - since_ns) * 1e-9;
    fm_stats *stats = fmi_queue_stats(b->queue);
    stats->builds++;
    stats->build_seconds += seconds;
    fmi_log(fmi_queue_log(b->queue), seconds > 1.0 ? FM_LOG_INFO : FM_LOG_DEBUG,
            "%s: built in %.3f s with %s", b->params->file, seconds, b->options);
}

static fm_status build_from_source(const build *b, cl_program *program, fm_error *err) {
    const fmi_device *device = fmi_queue_device(b->queue);
    const char *text = b->text;
    cl_int code = CL_SUCCESS;
    uint64_t since = fmi_clock_ns();
    *program = clCreateProgramWithSource(fmi_queue_context(b->queue), 1, &text, NULL, &code);
    if (code != CL_SUCCESS) {
        *program = NULL;
        return fmi_queue_fail(b->queue, err, code, "clCreateProgramWithSource",
                              "%s is refused by %.60s; update the driver", b->params->file,
                              device->caps.name);
    }
    code = clBuildProgram(*program, 1, &device->id, b->options, NULL, NULL);
    if (code != CL_SUCCESS) {
        fm_status status = fail_build(b, *program, code, err);
        (void)clReleaseProgram(*program);
        *program = NULL;
        return status;
    }
    count_build(b, since);
    char *log = build_log(*program, device->id);
    log_lines(fmi_queue_log(b->queue), log);
    free(log);
    return FM_OK;
}

/* Makes and builds a program from a binary that verified. NULL when the driver refuses it. */
static cl_program build_from_binary(const build *b, const unsigned char *binary, size_t bytes) {
    cl_device_id id = fmi_queue_device(b->queue)->id;
    cl_int code = CL_SUCCESS;
    cl_int binary_status = CL_SUCCESS;
    cl_program program = clCreateProgramWithBinary(fmi_queue_context(b->queue), 1, &id, &bytes,
                                                   &binary, &binary_status, &code);
    if (code == CL_SUCCESS) {
        code = binary_status;
    }
    if (code == CL_SUCCESS) {
        code = clBuildProgram(program, 1, &id, b->options, NULL, NULL);
    }
    if (code == CL_SUCCESS) {
        return program;
    }
    if (program) {
        (void)clReleaseProgram(program);
    }
    fmi_log(fmi_queue_log(b->queue), FM_LOG_WARNING,
            "%s: the driver refuses its cached binary (%d %s), built again from source",
            b->params->file, code, fmi_cl_name(code));
    return NULL;
}

/* A program from the cache; NULL = not there or refused. */
static cl_program from_cache(const build *b) {
    size_t bytes = 0;
    uint64_t since = fmi_clock_ns();
    unsigned char *binary =
        b->cache_dir ? fmi_cache_load(b->cache_dir, &b->key, &bytes, fmi_queue_log(b->queue))
                     : NULL;
    if (!binary) {
        return NULL;
    }
    cl_program program = build_from_binary(b, binary, bytes);
    free(binary);
    if (!program) {
        fmi_cache_drop(b->cache_dir, &b->key);
        return NULL;
    }
    fm_stats *stats = fmi_queue_stats(b->queue);
    stats->cache_hits++;
    stats->build_seconds += (double)(fmi_clock_ns() - since) * 1e-9;
    return program;
}

/* Takes the binary of a built program and stores it. */
static void to_cache(const build *b, cl_program program) {
    size_t bytes = 0;
    if (!b->cache_dir ||
        clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof bytes, &bytes, NULL) !=
            CL_SUCCESS ||
        bytes == 0) {
        return;
    }
    unsigned char *binary = malloc(bytes);
    if (binary && clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof binary, &binary, NULL) ==
                      CL_SUCCESS) {
        fmi_cache_store(b->cache_dir, &b->key, binary, bytes, fmi_queue_log(b->queue));
    }
    free(binary);
}

/* Builds under the lock. A process that had to wait looks into the cache again. */
static fm_status build_locked(const build *b, cl_program *program, fm_error *err) {
    bool waited = false;
    fm_status status = FM_OK;
    int lock = fmi_cache_lock(b->lock_dir, &waited);
    if (waited && lock < 0)
        fmi_log(fmi_queue_log(b->queue), FM_LOG_WARNING,
                "%s: another process has been building kernels for 30 s; building beside it",
                b->lock_dir);
    *program = waited ? from_cache(b) : NULL;
    if (!*program) {
        status = build_from_source(b, program, err);
        if (status == FM_OK) {
            to_cache(b, *program);
        }
    }
    fmi_cache_unlock(lock);
    return status;
}

fm_status fmi_program_build(cl_program *program, fmi_queue *queue, const fmi_program_params *params,
                            fm_error *err) {
    build b;
    *program = NULL;
    fm_status status = prepare(&b, queue, params, err);
    if (status == FM_OK) {
        *program = from_cache(&b);
        if (!*program) {
            status = build_locked(&b, program, err);
        }
    }
    if (status == FM_OK && fmi_queue_record(queue)) {
        fmi_recipe_add_program(fmi_queue_record(queue), params->file, params->options, b.text,
                               *program);
    }
    release(&b);
    /* A driver's compiler may fail because of the signal that also asked us to stop. */
    if (status == FM_ERROR_BUILD && fmi_queue_check_cancel(queue, NULL) != FM_OK)
        status = fmi_queue_check_cancel(queue, err);
    return status;
}

bool fmi_program_cached(fmi_queue *queue, const fmi_program_params *params) {
    build b;
    bool cached = prepare(&b, queue, params, NULL) == FM_OK && b.cache_dir &&
                  fmi_cache_has(b.cache_dir, &b.key);
    release(&b);
    return cached;
}

fm_status fmi_kernel_create(cl_kernel *kernel, cl_program program, const char *name,
                            fm_error *err) {
    cl_int code = CL_SUCCESS;
    *kernel = clCreateKernel(program, name, &code);
    if (code != CL_SUCCESS) {
        *kernel = NULL;
        return fmi_fail_cl(err, code, "clCreateKernel",
                           "kernel %s cannot be made; check that the kernel folder has it", name);
    }
    return FM_OK;
}

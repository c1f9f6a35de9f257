/* SPDX-License-Identifier: MIT */
#include "program.h"

#include "clock.h"
#include "error.h"
#include "kernel_cache.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_FILES 64
#define MAX_NAME 64
#define MAX_FILE_BYTES (4U << 20)

/* --- text: files and their includes -------------------------------------------------------- */

/* The text as it grows. */
typedef struct source {
    const char *kernel_dir;
    char *text;
    size_t bytes, room;
    uint32_t file_count;
    uint32_t replaced; /* files that came from kernel_dir */
    char names[MAX_FILES][MAX_NAME];
} source;

static bool append(source *s, const char *text, size_t bytes) {
    if (s->bytes + bytes + 1 > s->room) {
        size_t room = 2 * (s->bytes + bytes) + 4096;
        char *grown = realloc(s->text, room);
        if (!grown) {
            return false;
        }
        s->text = grown;
        s->room = room;
    }
    memcpy(s->text + s->bytes, text, bytes);
    s->bytes += bytes;
    s->text[s->bytes] = '\0';
    return true;
}

static bool append_line_mark(source *s, uint32_t line, const char *name) {
    char mark[MAX_NAME + 32];
    int n = snprintf(mark, sizeof mark, "#line %u \"%s\"\n", line, name);
    return append(s, mark, (size_t)n);
}

static fm_status no_memory(fm_error *err) {
    return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the text of a kernel");
}

/* Opens a regular file; a pipe must not stop the program. NULL with errno set. */
static FILE *open_regular(const char *path) {
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return NULL;
    }
    FILE *file = NULL;
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) {
        file = fdopen(fd, "rb");
    } else {
        errno = EINVAL;
    }
    if (!file) {
        (void)close(fd);
    }
    return file;
}

/* Takes all of a file that is text; NULL when it is too long, binary or unreadable. */
static char *read_all(FILE *file) {
    char *text = malloc(MAX_FILE_BYTES + 1);
    size_t bytes = text ? fread(text, 1, MAX_FILE_BYTES + 1, file) : 0;
    if (!text || ferror(file) || bytes > MAX_FILE_BYTES || memchr(text, '\0', bytes)) {
        free(text);
        return NULL;
    }
    text[bytes] = '\0';
    return text;
}

/* Reads a file of kernel_dir. *text is NULL when there is no such file. */
static fm_status read_override(const char *dir, const char *name, char **text, fm_error *err) {
    *text = NULL;
    if (!dir || !*dir) {
        return FM_OK;
    }
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/%s", dir, name);
    errno = ENAMETOOLONG;
    FILE *file = n > 0 && (size_t)n < sizeof path ? open_regular(path) : NULL;
    if (!file) {
        return errno == ENOENT ? FM_OK
                               : fmi_fail(err, FM_ERROR_BUILD,
                                          "%s: %s; make the kernel file readable or remove it",
                                          path, strerror(errno));
    }
    *text = read_all(file);
    (void)fclose(file);
    return *text ? FM_OK
                 : fmi_fail(err, FM_ERROR_BUILD,
                            "%s: not a text file of at most %u bytes; mend or remove it", path,
                            MAX_FILE_BYTES);
}

static const fmi_kernel_file *find_embedded(const char *name) {
    for (size_t i = 0; i < fmi_kernel_file_count; i++) {
        if (strcmp(fmi_kernel_files[i].name, name) == 0) {
            return &fmi_kernel_files[i];
        }
    }
    return NULL;
}

/* Text of a file by name: kernel_dir first, then the embedded table. Free *text. */
static fm_status fetch(source *s, const char *name, const char *from, uint32_t line, char **text,
                       fm_error *err) {
    fm_status status = read_override(s->kernel_dir, name, text, err);
    if (status != FM_OK) {
        return status;
    }
    if (*text) {
        s->replaced++;
        return FM_OK;
    }
    const fmi_kernel_file *file = find_embedded(name);
    if (!file) {
        return fmi_fail(err, FM_ERROR_BUILD,
                        "%s:%u: kernel file \"%s\" is neither in %s nor embedded; check its name",
                        from, line, name, s->kernel_dir ? s->kernel_dir : "a kernel folder");
    }
    *text = malloc(file->bytes + 1);
    if (!*text) {
        return no_memory(err);
    }
    memcpy(*text, file->text, file->bytes);
    (*text)[file->bytes] = '\0';
    return FM_OK;
}

static const char *skip_blanks(const char *s) {
    while (*s == ' ' || *s == '\t') {
        s++;
    }
    return s;
}

/* Length of the name in a line `#include "name"`, 0 for any other line. */
static size_t include_name(const char *line, const char **name) {
    const char *s = skip_blanks(line);
    if (*s != '#') {
        return 0;
    }
    s = skip_blanks(s + 1);
    if (strncmp(s, "include", 7) != 0) {
        return 0;
    }
    s = skip_blanks(s + 7);
    *name = s + 1;
    return *s == '"' ? strcspn(s + 1, "\"\r\n") : 0;
}

/* Notes a name; false when it was there already. */
static bool first_use(source *s, const char *name) {
    for (uint32_t i = 0; i < s->file_count; i++) {
        if (strcmp(s->names[i], name) == 0) {
            return false;
        }
    }
    (void)snprintf(s->names[s->file_count++], MAX_NAME, "%s", name);
    return true;
}

static fm_status add_file(source *s, const char *name, const char *from, uint32_t line,
                          fm_error *err);

/* Puts the included file where the include line was. */
static fm_status add_include(source *s, const char *name, size_t name_bytes, const char *from,
                             uint32_t line, fm_error *err) {
    char copy[MAX_NAME];
    if (name_bytes >= sizeof copy) {
        return fmi_fail(err, FM_ERROR_BUILD,
                        "%s:%u: the name of the include is longer than %d "
                        "bytes; shorten it",
                        from, line, MAX_NAME - 1);
    }
    memcpy(copy, name, name_bytes);
    copy[name_bytes] = '\0';
    fm_status status = add_file(s, copy, from, line, err);
    if (status != FM_OK) {
        return status;
    }
    return append_line_mark(s, line + 1, from) ? FM_OK : no_memory(err);
}

/* Copies text line by line, with its includes in place. */
static fm_status add_text(source *s, const char *text, const char *name, fm_error *err) {
    if (!append_line_mark(s, 1, name)) {
        return no_memory(err);
    }
    uint32_t line = 1;
    while (*text) {
        size_t bytes = strcspn(text, "\n");
        const char *included = NULL;
        size_t included_bytes = include_name(text, &included);
        if (included_bytes) {
            fm_status status = add_include(s, included, included_bytes, name, line, err);
            if (status != FM_OK) {
                return status;
            }
        } else if (!append(s, text, bytes) || !append(s, "\n", 1)) {
            return no_memory(err);
        }
        text += bytes + (text[bytes] == '\n');
        line++;
    }
    return FM_OK;
}

static fm_status add_file(source *s, const char *name, const char *from, uint32_t line,
                          fm_error *err) {
    if (strstr(name, "..") || name[0] == '/' || strlen(name) >= MAX_NAME) {
        return fmi_fail(err, FM_ERROR_BUILD,
                        "%s:%u: kernel file \"%s\" is outside the kernel folder; use a plain name",
                        from, line, name);
    }
    if (s->file_count == MAX_FILES) {
        return fmi_fail(err, FM_ERROR_BUILD, "%s:%u: more than %d kernel files; include fewer",
                        from, line, MAX_FILES);
    }
    if (!first_use(s, name)) {
        return FM_OK;
    }
    char *text = NULL;
    fm_status status = fetch(s, name, from, line, &text, err);
    if (status == FM_OK) {
        status = add_text(s, text, name, err);
    }
    free(text);
    return status;
}

/* *text and the number of files that kernel_dir replaced. */
static fm_status make_text(const fmi_program_params *params, char **text, uint32_t *replaced,
                           fm_error *err) {
    *text = NULL;
    source *s = calloc(1, sizeof *s);
    if (!s) {
        return no_memory(err);
    }
    s->kernel_dir = params->kernel_dir;
    fm_status status = add_file(s, params->file, params->file, 0, err);
    if (status == FM_OK) {
        *text = s->text;
        *replaced = s->replaced;
    } else {
        free(s->text);
    }
    free(s);
    return status;
}

fm_status fmi_program_text(const fmi_program_params *params, char **text, fm_error *err) {
    uint32_t replaced = 0;
    return make_text(params, text, &replaced, err);
}

/* --- building ------------------------------------------------------------------------------ */

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
    fm_status status = make_text(params, &b->text, &replaced, err);
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
        return no_memory(err);
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
    *program = waited ? from_cache(b) : NULL;
    if (!*program) {
        status = build_from_source(b, program, err);
        if (status == FM_OK && !b->params->store_later) {
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

void fmi_program_store(cl_program program, fmi_queue *queue, const fmi_program_params *params) {
    build b;
    fm_error err;
    fm_status status = prepare(&b, queue, params, &err);
    if (status == FM_OK && b.cache_dir && !fmi_cache_has(b.cache_dir, &b.key)) {
        to_cache(&b, program);
    } else if (status != FM_OK) {
        fmi_log(fmi_queue_log(queue), FM_LOG_WARNING, "kernel cache: %s", err.message);
    }
    release(&b);
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

/* SPDX-License-Identifier: MIT */
#include "guard.h"

#include "error.h"
#include "io/file.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool same_file(const struct stat *a, const struct stat *b) {
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Whether path lies below folder, links followed. Neither has to exist. */
static bool lies_below(const char *path, const char *folder) {
    char real_path[PATH_MAX];
    char real_folder[PATH_MAX];
    if (realpath(path, real_path) == NULL || realpath(folder, real_folder) == NULL)
        return false;
    size_t length = strlen(real_folder);
    return strncmp(real_path, real_folder, length) == 0 &&
           (real_path[length] == '/' || real_path[length] == '\0');
}

static fm_status check_input(const fmi_run *run, const char *path, fm_error *err) {
    struct stat input;
    struct stat other;
    const fmi_morph_options *options = run->options;
    if (path == NULL || stat(path, &input) != 0)
        return FM_OK; /* a missing file is the importer's to report */
    if (!options->raw && lies_below(path, run->folder))
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "%s: is in the output folder %s; move it or choose another -o", path,
                        run->folder);
    if (options->raw && S_ISREG(input.st_mode) && fstat(STDOUT_FILENO, &other) == 0 &&
        same_file(&input, &other))
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "%s: is an input and stdout goes there; write to another file", path);
    if (options->trace != NULL && stat(options->trace, &other) == 0 && same_file(&input, &other))
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "%s: is an input and the output of --trace; choose another name", path);
    return FM_OK;
}

/* It is written last: a run is not to be lost for it. */
static fm_status check_trace(const fmi_run *run, const char *trace, fm_error *err) {
    char *folder = fmi_file_folder(trace);
    const int code = folder != NULL && access(folder, W_OK | X_OK) == 0 ? 0 : errno;
    const bool inside = code == 0 && !run->options->raw && lies_below(folder, run->folder);
    free(folder);
    if (code != 0)
        return fmi_fail(err, FM_ERROR_IO, "%s: cannot be created: %s", trace, strerror(code));
    if (inside)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "%s: --trace is in the output folder %s; choose another place", trace,
                        run->folder);
    return FM_OK;
}

fm_status fmi_guard_outputs(const fmi_run *run, fm_error *err) {
    const fmi_morph_options *options = run->options;
    const char *inputs[] = {options->path_a, options->path_b, options->texture_a,
                            options->texture_b, options->background_file};
    struct stat info;
    for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++) {
        fm_status status = check_input(run, inputs[i], err);
        if (status != FM_OK)
            return status;
    }
    for (uint32_t i = 0; i < run->target_count; i++) {
        fm_status status = check_input(run, run->targets[i], err);
        if (status != FM_OK)
            return status;
    }
    if (options->trace != NULL && !options->dry_run) {
        fm_status status = check_trace(run, options->trace, err);
        if (status != FM_OK)
            return status;
    }
    if (options->raw && !options->dry_run && isatty(STDOUT_FILENO) == 1)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "-o -: stdout is a terminal; send the frames to a program or a file");
    if (!options->raw && !options->force && lstat(run->folder, &info) == 0)
        return fmi_fail(err, FM_ERROR_IO,
                        "%s: is there already; choose another -o, or --force to replace it",
                        run->folder);
    return FM_OK;
}

fm_status fmi_guard_files(const char *const *inputs, size_t input_count, const char *const *outputs,
                          size_t output_count, fm_error *err) {
    for (size_t i = 0; i < output_count; i++) {
        for (size_t k = 0; outputs[i] != NULL && k < input_count + i; k++) {
            const char *other = k < input_count ? inputs[k] : outputs[k - input_count];
            if (other != NULL && fmi_file_same(outputs[i], other))
                return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                                "%s: is an output and %s; choose another name", outputs[i],
                                k < input_count ? "an input" : "another output as well");
        }
    }
    return FM_OK;
}
